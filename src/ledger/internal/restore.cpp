// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/restore.h"

#include <algorithm>
#include <string>

#include "base/check.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "ledger/block_store.h"
#include "ledger/history_log.h"
#include "ledger/quorum.h"
#include "state/keys.h"
#include "state/values.h"
#include "wire/transaction.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

base::Result<std::unique_ptr<Restore>> Restore::begin(storage::KeyValueStore& store,
                                                      crypto::SignatureVerifier& verifier,
                                                      const Snapshot& snapshot,
                                                      const TrustedHeader& trusted) {
    if (snapshot.format != Snapshot::format_1) {
        return fail(ErrorCode::malformed,
                    "snapshot format " + std::to_string(snapshot.format) + " is unknown");
    }
    if (snapshot.hash != wire::Hash256{crypto::sha256(snapshot.metadata)}) {
        return fail(ErrorCode::malformed, "the metadata do not have the snapshot's hash");
    }
    auto metadata = decode_frame_metadata(snapshot.metadata);
    if (!metadata) return base::pass(metadata);
    if (metadata->state.height != snapshot.height || metadata->chunk_count() != snapshot.chunks) {
        return fail(ErrorCode::malformed, "the metadata are of another snapshot");
    }
    if (snapshot.height != trusted.height) {
        return fail(ErrorCode::wrong_root,
                    "the trusted header is of height " + std::to_string(trusted.height) +
                        ", the snapshot of height " + std::to_string(snapshot.height));
    }
    if (auto cleared = state::SnapshotImport::abandon(store); !cleared) return base::pass(cleared);
    std::unique_ptr<Restore> restore(new Restore(store, verifier, *std::move(metadata), trusted));
    auto import = state::SnapshotImport::begin(store, restore->metadata_.state);
    if (!import) return base::pass(import);
    restore->import_ = std::move(*import);
    return restore;
}

std::unexpected<base::Error> Restore::end(const base::Error& error) {
    over_ = true;
    return std::unexpected(error);
}

base::Result<RestoreProgress> Restore::apply(std::uint32_t index, base::ByteView chunk) {
    if (over_) return fail(ErrorCode::conflict, "this attempt is over; offer a snapshot again");
    if (index != next_ || index >= metadata_.chunk_count()) {
        return fail(ErrorCode::conflict,
                    "chunk " + std::to_string(next_) + " comes next, not " + std::to_string(index));
    }
    const auto frame_chunks = static_cast<std::uint32_t>(metadata_.chunks.size());
    auto taken = index < frame_chunks ? take_frame_chunk(index, chunk)
                                      : take_state_chunk(index - frame_chunks, chunk);
    if (!taken) return base::pass(taken);
    ++next_;
    const bool complete = next_ == metadata_.chunk_count();
    if (complete) {
        if (auto finished = finish(); !finished) return end(finished.error());
    }
    return RestoreProgress{.next_chunk = next_, .complete = complete};
}

base::Result<void> Restore::take_frame_chunk(std::uint32_t index, base::ByteView chunk) {
    if (wire::Hash256{crypto::sha256(chunk)} != metadata_.chunks[index]) {
        return fail(ErrorCode::malformed,
                    "chunk " + std::to_string(index) + " is not the one that was offered");
    }
    base::append(frame_bytes_, chunk);
    if (index + 1 < metadata_.chunks.size()) return {};
    // What the offer itself named does not fit: no other chunk can mend that.
    if (auto opened = open_frame(); !opened) return end(opened.error());
    return {};
}

base::Result<void> Restore::open_frame() {
    auto frame = decode_snapshot_frame(frame_bytes_);
    if (!frame) return base::pass(frame);
    const auto wrong = [](const std::string& what) {
        return fail(ErrorCode::wrong_root, "snapshot: " + what);
    };
    const auto& block = frame->block;
    const auto& header = block.header;
    if (header.height != trusted_.height ||
        wire::hash_of_header(block.header_bytes) != trusted_.hash) {
        return wrong("its block is not the one whose header is trusted");
    }
    if (header.state_root != metadata_.state.root) return wrong("the state is another one's");
    std::vector<crypto::Digest32> leaves;
    for (const auto& envelope : block.transactions) leaves.push_back(crypto::merkle_leaf(envelope));
    if (header.transactions_root != wire::Hash256{crypto::merkle_root(leaves)}) {
        return wrong("the block holds other transactions than its header says");
    }
    if (header.history_size != frame->history.size ||
        header.history_root != HistoryLog::root_of(frame->history.peaks)) {
        return wrong("the history log is another one");
    }
    wanted_.emplace(state::genesis_hash(), std::nullopt);
    const auto want_key = [this](const wire::LedgerId& id) {
        wanted_.emplace(state::key_of(id), std::nullopt);
        wanted_.emplace(state::previous_key_of(id), std::nullopt);
    };
    want_key(header.miner);
    for (const auto& approval : block.seal.approvals) want_key(approval.miner);
    frame_ = *std::move(frame);
    frame_bytes_ = {};
    return {};
}

base::Result<void> Restore::take_state_chunk(std::uint32_t index, base::ByteView chunk) {
    if (auto applied = import_->apply(index, chunk); !applied) return applied;
    const auto decoded = state::decode_snapshot_chunk(chunk);
    CHECK(decoded.has_value());  // the import took it
    pick_out_keys(*decoded);
    return {};
}

void Restore::pick_out_keys(const state::SnapshotChunk& chunk) {
    const auto miner_key = state::miner_at(0);
    for (const auto& entry : chunk.entries) {
        if (entry.own) continue;
        if (entry.key.size() == miner_key.size() && entry.key[0] == miner_key[0]) {
            const auto miner = state::decode_miner_record(entry.value);
            if (miner) miners_.insert_or_assign(miner->id, miner->standing);
        }
        const auto found = wanted_.find(base::Bytes(entry.key.begin(), entry.key.end()));
        if (found == wanted_.end()) continue;
        found->second = base::Bytes(entry.value.begin(), entry.value.end());
    }
}

base::Result<wire::PublicKeyBytes> Restore::key_of(const wire::LedgerId& id) const {
    for (const auto& place : {state::key_of(id), state::previous_key_of(id)}) {
        const auto& raw = wanted_.at(place);
        if (!raw) continue;
        const auto record = state::decode_key_record(*raw);
        if (!record) return base::pass(record);
        if (record->role == wire::Role::miner && record->valid_at(trusted_.height)) {
            return record->public_key;
        }
    }
    return fail(ErrorCode::bad_signature, "the block is signed by " + base::to_hex(id.view()) +
                                              ", who is no miner in this state");
}

base::Result<void> Restore::check_state() const {
    const auto& hash = wanted_.at(state::genesis_hash());
    const auto expected = wire::hash_of(frame_->genesis);
    if (!hash || !std::ranges::equal(*hash, expected.bytes)) {
        return fail(ErrorCode::wrong_root, "the genesis is not that of this state");
    }
    return {};
}

base::Result<void> Restore::check_seal() const {
    const auto& block = frame_->block;
    const auto& approvals = block.seal.approvals;
    const auto sealed = wire::sealed_message(block.header_bytes, block.seal);
    const auto approved = wire::approval_message(block.header_bytes, block.seal);
    const auto miner = key_of(block.header.miner);
    if (!miner) return base::pass(miner);
    std::vector<wire::PublicKeyBytes> keys{*miner};
    for (const auto& approval : approvals) {
        const auto key = key_of(approval.miner);
        if (!key) return base::pass(key);
        keys.push_back(*key);
    }
    std::vector<crypto::SignatureCheck> checks;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        checks.push_back(
            {.public_key = keys[i].view(),
             .message = i == 0 ? base::ByteView(sealed) : base::ByteView(approved),
             .signature = (i == 0 ? block.seal.signature : approvals[i - 1].signature).view()});
    }
    for (const bool good : verifier_.verify(checks)) {
        if (!good) return fail(ErrorCode::bad_signature, "a signature of the block's seal");
    }
    return check_quorum();
}

base::Result<std::set<wire::LedgerId>> Restore::touched() const {
    std::set<wire::LedgerId> out;
    for (const auto& envelope : frame_->block.transactions) {
        const auto tx = wire::decode_transaction(envelope);
        if (!tx) return base::pass(tx);
        const auto& action = tx->body.action;
        if (const auto* enrol = std::get_if<wire::Enrol>(&action)) out.insert(enrol->subject);
        if (const auto* revoke = std::get_if<wire::RevokeKey>(&action)) out.insert(revoke->subject);
        if (const auto* change = std::get_if<wire::ChangeMining>(&action)) {
            out.insert(change->subject);
        }
        if (const auto* evidence = std::get_if<wire::Evidence>(&action)) {
            const auto header = wire::decode_header(evidence->header_a);
            if (!header) return base::pass(header);
            out.insert(header->miner);
        }
    }
    return out;
}

base::Result<void> Restore::check_quorum() const {
    const auto may_have_changed = touched();
    if (!may_have_changed) return base::pass(may_have_changed);
    std::uint64_t active = 0;
    for (const auto& [id, standing] : miners_) {
        const bool stands = standing == wire::MinerStanding::active;
        if (stands && !may_have_changed->contains(id)) ++active;
    }
    const auto& approvals = frame_->block.seal.approvals;
    for (const auto& approval : approvals) {
        const auto miner = miners_.find(approval.miner);
        const bool changed = may_have_changed->contains(approval.miner);
        const bool stands = miner != miners_.end() && miner->second == wire::MinerStanding::active;
        if (miner == miners_.end() || (!stands && !changed)) {
            return fail(ErrorCode::not_authorised, "the block is approved by " +
                                                       base::to_hex(approval.miner.view()) +
                                                       ", who is no active miner");
        }
        if (changed) ++active;
    }
    const auto needed = approvals_needed(frame_->genesis.policy.quorum, active);
    if (approvals.size() >= needed) return {};
    return fail(ErrorCode::not_authorised, "the block has " + std::to_string(approvals.size()) +
                                               " of the " + std::to_string(needed) +
                                               " approvals that it needs");
}

base::Result<void> Restore::finish() {
    if (auto fits = check_state(); !fits) return fits;
    if (auto sealed = check_seal(); !sealed) return sealed;
    storage::WriteBatch batch;
    if (auto finished = import_->finish(batch); !finished) return finished;
    const auto& block = frame_->block;
    std::vector<TxNames> names;
    for (const auto& envelope : block.transactions) {
        const auto tx = wire::decode_transaction(envelope);
        if (!tx) return base::pass(tx);
        names.push_back({.id = wire::id_of(*tx),
                         .body_ref = wire::body_ref(tx->body_bytes),
                         .grant = std::holds_alternative<wire::GrantConsent>(tx->body.action)});
    }
    BlockStore::stage_genesis(frame_->genesis, batch);
    BlockStore::stage(block, names, batch);
    BlockStore::stage_beginning({.lowest = trusted_.height, .snapshot = trusted_.height}, batch);
    HistoryLog::stage_frontier(frame_->history.size, frame_->history.peaks, batch);
    batch.set_mark(trusted_.height);
    return store_.write(batch);
}

}  // namespace ledger
