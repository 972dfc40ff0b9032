// SPDX-License-Identifier: Apache-2.0
// The ballot's bytes, big-endian: height 8, then three parts, each after a byte that says whether
// it is there: attempt 4; block voted for 32; the lock (attempt 4, number of votes 4, each miner 16
// and signature 64, and to the end the block, encoded).
#include "consensus/internal/ballot.h"

#include <utility>

namespace consensus {

using base::Bytes;
using base::ByteView;

namespace {

constexpr std::uint8_t store_prefix = 'N';  // OrphanStore::store_prefix: all that a node notes
constexpr std::size_t vote_bytes = 80;

Bytes ballot_key() {
    return {store_prefix, 'b'};
}
Bytes proposal_key() {
    return {store_prefix, 'p'};
}

std::unexpected<base::Error> corrupted() {
    return base::fail(base::ErrorCode::corrupted, "the miner's stored ballot does not decode");
}

void append_lock(Bytes& out, const Locked& locked) {
    base::append_u32(out, locked.certificate.attempt);
    base::append_u32(out, static_cast<std::uint32_t>(locked.certificate.votes.size()));
    for (const auto& vote : locked.certificate.votes) {
        base::append(out, vote.miner.view());
        base::append(out, vote.signature.view());
    }
    base::append(out, wire::encode(*locked.block));
}

base::Result<Locked> read_lock(ByteView bytes) {
    if (bytes.size() < 8) return corrupted();
    Locked out;
    out.certificate.attempt = base::read_u32(bytes);
    const std::size_t count = base::read_u32(bytes.subspan(4));
    bytes = bytes.subspan(8);
    if (bytes.size() / vote_bytes < count) return corrupted();
    for (std::size_t i = 0; i < count; ++i, bytes = bytes.subspan(vote_bytes)) {
        out.certificate.votes.push_back(
            {.miner = wire::LedgerId::from(bytes.first(16)).value(),
             .signature = wire::SignatureBytes::from(bytes.subspan(16, 64)).value()});
    }
    auto block = wire::decode_block(bytes);
    if (!block) return corrupted();
    out.certificate.block = name_of(*block);
    out.block = std::make_shared<const wire::Block>(std::move(*block));
    return out;
}

}  // namespace

Bytes Ballot::encode(const Marks& marks) {
    Bytes out;
    base::append_u64(out, marks.height);
    out.push_back(marks.attempt ? 1 : 0);
    if (marks.attempt) base::append_u32(out, *marks.attempt);
    out.push_back(marks.voted ? 1 : 0);
    if (marks.voted) base::append(out, marks.voted->view());
    out.push_back(marks.locked ? 1 : 0);
    if (marks.locked) append_lock(out, *marks.locked);
    return out;
}

base::Result<Ballot::Marks> Ballot::decode(ByteView bytes) {
    /// Whether the next part, of so many bytes, is there; nothing if the bytes end before.
    const auto part = [&](std::size_t size) -> std::optional<bool> {
        if (bytes.empty() || bytes[0] > 1) return std::nullopt;
        const bool there = bytes[0] == 1;
        bytes = bytes.subspan(1);
        if (there && bytes.size() < size) return std::nullopt;
        return there;
    };
    if (bytes.size() < 8) return corrupted();
    Marks out{.height = base::read_u64(bytes), .attempt = {}, .voted = {}, .locked = {}};
    bytes = bytes.subspan(8);
    const auto has_attempt = part(4);
    if (!has_attempt) return corrupted();
    if (*has_attempt) {
        out.attempt = base::read_u32(bytes);
        bytes = bytes.subspan(4);
    }
    const auto has_vote = part(BlockName::size_bytes);
    if (!has_vote) return corrupted();
    if (*has_vote) {
        out.voted = BlockName::from(bytes.first(BlockName::size_bytes));
        bytes = bytes.subspan(BlockName::size_bytes);
    }
    const auto has_lock = part(0);
    if (!has_lock || (!*has_lock && !bytes.empty())) return corrupted();
    if (!*has_lock) return out;
    auto lock = read_lock(bytes);
    if (!lock) return base::pass(lock);
    out.locked = std::move(*lock);
    return out;
}

base::Result<Ballot> Ballot::open(storage::KeyValueStore& store) {
    Ballot out(store);
    const auto raw = store.get(ballot_key());
    if (!raw) return base::pass(raw);
    if (*raw) {
        auto marks = decode(**raw);
        if (!marks) return base::pass(marks);
        out.now_ = std::move(*marks);
    }
    const auto proposal = store.get(proposal_key());
    if (!proposal) return base::pass(proposal);
    if (*proposal) {
        auto block = wire::decode_block(**proposal);
        if (!block) return corrupted();
        out.proposal_ = std::make_shared<const wire::Block>(std::move(*block));
    }
    return out;
}

void Ballot::begin(wire::Height height) {
    if (now_.height != height) now_ = {.height = height, .attempt = {}, .voted = {}, .locked = {}};
    if (proposal_ && proposal_->header.height != height) proposal_.reset();
}

base::Result<void> Ballot::write(Marks next) {
    storage::WriteBatch batch;
    batch.put(ballot_key(), encode(next));
    if (auto written = store_->write(batch); !written) return written;
    now_ = std::move(next);
    return {};
}

base::Result<void> Ballot::vote(std::uint32_t attempt, const BlockName& block) {
    Marks next = now_;
    next.attempt = attempt;
    next.voted = block;
    return write(std::move(next));
}

base::Result<void> Ballot::lock(const Locked& locked) {
    Marks next = now_;
    // What was voted for at this attempt stays known, also where the quorum wanted another block.
    if (next.attempt != locked.certificate.attempt) next.voted.reset();
    next.attempt = locked.certificate.attempt;
    next.locked = locked;
    return write(std::move(next));
}

base::Result<void> Ballot::propose(const SharedBlock& block) {
    storage::WriteBatch batch;
    batch.put(proposal_key(), wire::encode(*block));
    if (auto written = store_->write(batch); !written) return written;
    proposal_ = block;
    return {};
}

}  // namespace consensus
