// SPDX-License-Identifier: Apache-2.0
#include "chain/mining.h"

#include <algorithm>

#include "chain/internal/reader.h"
#include "chain/queries.h"

namespace chain {

base::Result<MiningView> mining(const BlockSource& source) {
    const auto answer = source.query(path::mining, {});
    if (!answer) return base::pass(answer);
    return encoding::decode_mining_view(*answer);
}

base::Result<FairnessView> fairness(const BlockSource& source, std::optional<std::uint64_t> round) {
    const auto answer = source.query(path::fairness, encoding::encode_round(round));
    if (!answer) return base::pass(answer);
    return encoding::decode_fairness_view(*answer);
}

namespace encoding {

using base::Bytes;
using base::ByteView;
using internal::malformed;
using internal::Reader;

namespace {

/// A clinic has thousands of miners at most. Ours.
constexpr std::uint32_t miners_max = 1'000'000;
constexpr std::size_t miner_view_bytes = wire::LedgerId::size_bytes + 1 + 8 + 8 + 8 + 4 + 8;
constexpr std::size_t miner_round_bytes = wire::LedgerId::size_bytes + 1 + 8 + 8;

void append_count(Bytes& out, std::size_t count) {
    base::append_u32(out, static_cast<std::uint32_t>(count));
}

/// The standing, or nothing and `good` false for a byte that names none.
wire::MinerStanding standing_of(Reader& in, bool& good) {
    const auto raw = in.u8();
    good = good && wire::is_standing(raw);
    return static_cast<wire::MinerStanding>(raw);
}

void append(Bytes& out, const MinerView& miner) {
    base::append(out, miner.id.view());
    out.push_back(static_cast<std::uint8_t>(miner.standing));
    base::append_u64(out, miner.joined_height);
    base::append_u64(out, miner.turns);
    base::append_u64(out, miner.forfeits);
    base::append_u32(out, miner.passes);
    base::append_u64(out, miner.last_round ? *miner.last_round + 1 : 0);
}

MinerView read_miner(Reader& in, bool& good) {
    MinerView miner;
    miner.id = in.fixed<wire::LedgerId>();
    miner.standing = standing_of(in, good);
    miner.joined_height = in.u64();
    miner.turns = in.u64();
    miner.forfeits = in.u64();
    miner.passes = in.u32();
    if (const auto round = in.u64(); round != 0) miner.last_round = round - 1;
    return miner;
}

}  // namespace

Bytes encode(const MiningView& mining) {
    Bytes out;
    out.push_back(static_cast<std::uint8_t>(mining.engine));
    out.push_back(static_cast<std::uint8_t>(mining.quorum));
    base::append_u64(out, mining.round);
    base::append_u64(out, mining.next);
    append_count(out, mining.miners.size());
    for (const auto& miner : mining.miners) append(out, miner);
    append_count(out, mining.coming.size());
    for (const auto index : mining.coming) base::append_u64(out, index);
    return out;
}

base::Result<MiningView> decode_mining_view(ByteView bytes) {
    Reader in(bytes);
    MiningView mining;
    const auto engine = in.u8();
    const auto quorum = in.u8();
    mining.round = in.u64();
    mining.next = in.u64();
    const auto count = in.u32();
    bool good = wire::is_engine(engine) && wire::is_quorum(quorum) && count <= miners_max &&
                in.left() >= std::size_t{count} * miner_view_bytes;
    for (std::uint32_t i = 0; good && i < count; ++i) mining.miners.push_back(read_miner(in, good));
    const auto coming = good ? in.u32() : 0;
    good = good && in.left() == std::size_t{coming} * 8;
    for (std::uint32_t i = 0; good && i < coming; ++i) {
        mining.coming.push_back(in.u64());
        good = mining.coming.back() < count;
    }
    if (!good || !in.finished() || mining.next >= std::max<std::uint64_t>(count, 1)) {
        return malformed("turns of mining");
    }
    mining.engine = static_cast<wire::EngineKind>(engine);
    mining.quorum = static_cast<wire::Quorum>(quorum);
    return mining;
}

Bytes encode(const FairnessView& fairness) {
    Bytes out;
    base::append_u64(out, fairness.round);
    base::append_u64(out, fairness.first_height);
    base::append_u64(out, fairness.last_height);
    out.push_back(fairness.complete ? 1 : 0);
    append_count(out, fairness.miners.size());
    for (const auto& miner : fairness.miners) {
        base::append(out, miner.id.view());
        out.push_back(static_cast<std::uint8_t>(miner.standing));
        base::append_u64(out, miner.turns);
        base::append_u64(out, miner.forfeits);
    }
    return out;
}

base::Result<FairnessView> decode_fairness_view(ByteView bytes) {
    Reader in(bytes);
    FairnessView fairness;
    fairness.round = in.u64();
    fairness.first_height = in.u64();
    fairness.last_height = in.u64();
    const auto complete = in.u8();
    const auto count = in.u32();
    bool good =
        complete <= 1 && count <= miners_max && in.left() == std::size_t{count} * miner_round_bytes;
    for (std::uint32_t i = 0; good && i < count; ++i) {
        MinerRound miner;
        miner.id = in.fixed<wire::LedgerId>();
        miner.standing = standing_of(in, good);
        miner.turns = in.u64();
        miner.forfeits = in.u64();
        fairness.miners.push_back(miner);
    }
    if (!good || !in.finished()) return malformed("fairness of a round");
    fairness.complete = complete == 1;
    return fairness;
}

Bytes encode_round(std::optional<std::uint64_t> round) {
    Bytes out;
    if (round) base::append_u64(out, *round);
    return out;
}

base::Result<std::optional<std::uint64_t>> decode_round(ByteView bytes) {
    if (bytes.empty()) return std::optional<std::uint64_t>{};
    if (bytes.size() != 8) return malformed("question about a round");
    return std::optional{base::read_u64(bytes)};
}

}  // namespace encoding

}  // namespace chain
