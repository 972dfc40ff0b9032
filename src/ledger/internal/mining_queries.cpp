// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/mining_queries.h"

#include <algorithm>
#include <string>

#include "chain/mining.h"
#include "contracts/mining.h"
#include "ledger/internal/version_view.h"

namespace ledger {

using base::Bytes;
using base::ErrorCode;
using base::fail;

namespace {

constexpr std::size_t coming_max = 16;

base::Result<std::vector<state::MinerRecord>> all_miners(const state::StateView& view,
                                                         std::uint64_t registered) {
    std::vector<state::MinerRecord> out;
    out.reserve(registered);
    for (std::uint64_t index = 0; index < registered; ++index) {
        auto miner = contracts::miner_at(view, index);
        if (!miner) return base::pass(miner);
        out.push_back(std::move(miner->record));
    }
    return out;
}

/// Whose turns come if nobody is absent: the rest of the list, those kept, and the next rounds.
std::vector<std::uint64_t> coming(const state::MiningRecord& mining,
                                  const std::vector<state::MinerRecord>& miners) {
    std::vector<std::uint64_t> out;
    const auto follow = [&](state::MinerLink from, state::MinerLink state::MinerRecord::* link) {
        while (from && *from < miners.size() && out.size() < coming_max) {
            out.push_back(*from);
            from = miners[*from].*link;
        }
    };
    follow(mining.next, &state::MinerRecord::next);
    follow(mining.kept_head, &state::MinerRecord::kept_next);
    while (mining.head && out.size() < coming_max) follow(mining.head, &state::MinerRecord::next);
    return out;
}

class RoundReport {
public:
    explicit RoundReport(const FairnessSources& sources) : sources_(sources) {}

    base::Result<chain::FairnessView> of(std::optional<std::uint64_t> asked);

private:
    [[nodiscard]] base::Result<std::uint64_t> round_of(wire::Height height) const;
    /// The lowest block of a round that is not below `round`; one above the tip if there is none.
    [[nodiscard]] base::Result<wire::Height> first_of(std::uint64_t round) const;
    [[nodiscard]] base::Result<void> find_heights(std::uint64_t round);
    [[nodiscard]] base::Result<void> count_turns();
    [[nodiscard]] base::Result<void> count_forfeits();

    const FairnessSources& sources_;
    wire::Height lowest_ = 1;
    chain::FairnessView out_;
};

base::Result<std::uint64_t> RoundReport::round_of(wire::Height height) const {
    const auto block = sources_.blocks.block(height);
    if (!block) return base::pass(block);
    return block->seal.round;
}

base::Result<wire::Height> RoundReport::first_of(std::uint64_t round) const {
    // Rounds never fall from block to block.
    wire::Height low = lowest_;
    wire::Height high = sources_.tip.height + 1;
    while (low < high) {
        const auto middle = low + (high - low) / 2;
        const auto found = round_of(middle);
        if (!found) return base::pass(found);
        if (*found < round) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

base::Result<void> RoundReport::find_heights(std::uint64_t round) {
    const auto first = first_of(round);
    if (!first) return base::pass(first);
    const auto none = [round] {
        return fail(ErrorCode::not_found, "no block is of round " + std::to_string(round));
    };
    if (*first > sources_.tip.height) return none();
    const auto found = round_of(*first);
    if (!found) return base::pass(found);
    if (*found != round) return none();
    const auto next = first_of(round + 1);
    if (!next) return base::pass(next);
    out_.round = round;
    out_.first_height = *first;
    out_.last_height = *next - 1;
    return {};
}

base::Result<void> RoundReport::count_turns() {
    const VersionView before(sources_.tree, out_.first_height - 1);
    const VersionView after(sources_.tree, out_.last_height);
    const auto old_record = contracts::mining_record(before);
    if (!old_record) return base::pass(old_record);
    const auto new_record = contracts::mining_record(after);
    if (!new_record) return base::pass(new_record);
    const auto old_miners = all_miners(before, old_record->registered);
    if (!old_miners) return base::pass(old_miners);
    const auto new_miners = all_miners(after, new_record->registered);
    if (!new_miners) return base::pass(new_miners);
    for (std::size_t i = 0; i < new_miners->size(); ++i) {
        const auto& miner = (*new_miners)[i];
        const auto turns_before = i < old_miners->size() ? (*old_miners)[i].turns : 0;
        out_.miners.push_back({.id = miner.id,
                               .standing = miner.standing,
                               .turns = miner.turns - turns_before,
                               .forfeits = 0});
    }
    return {};
}

/// A turn of this round may still be forfeited in the block that begins the next.
base::Result<void> RoundReport::count_forfeits() {
    const auto end = std::min(out_.last_height + 1, sources_.tip.height);
    for (wire::Height height = out_.first_height; height <= end; ++height) {
        const auto block = sources_.blocks.block(height);
        if (!block) return base::pass(block);
        if (block->seal.passed_over == 0) continue;
        const contracts::TurnChoice choice{
            .height = height, .passed_over = block->seal.passed_over, .miner = block->header.miner};
        const auto turn =
            contracts::turn_at(VersionView(sources_.tree, height - 1), sources_.tip.policy, choice);
        if (!turn) return base::pass(turn);
        for (const auto& lost : turn->forfeits) {
            if (lost.round == out_.round && lost.index < out_.miners.size()) {
                ++out_.miners[lost.index].forfeits;
            }
        }
    }
    return {};
}

base::Result<chain::FairnessView> RoundReport::of(std::optional<std::uint64_t> asked) {
    if (sources_.tip.policy.engine == wire::EngineKind::proof_of_work) {
        return fail(ErrorCode::not_found, "proof of work knows no rounds");
    }
    const auto beginning = sources_.blocks.beginning();
    if (!beginning) return base::pass(beginning);
    lowest_ = beginning->lowest;
    const auto now = contracts::mining_record(VersionView(sources_.tree, sources_.tip.height));
    if (!now) return base::pass(now);
    if (!asked && now->round == 0) return fail(ErrorCode::not_found, "no round is complete yet");
    const auto round = asked ? *asked : now->round - 1;
    if (auto found = find_heights(round); !found) return base::pass(found);
    out_.complete = round < now->round;
    if (auto counted = count_turns(); !counted) return base::pass(counted);
    if (auto counted = count_forfeits(); !counted) return base::pass(counted);
    return std::move(out_);
}

}  // namespace

base::Result<Bytes> query_mining(const state::StateView& view,
                                 const wire::ConsensusPolicy& policy) {
    const auto mining = contracts::mining_record(view);
    if (!mining) return base::pass(mining);
    const auto miners = all_miners(view, mining->registered);
    if (!miners) return base::pass(miners);
    chain::MiningView out;
    out.engine = policy.engine;
    out.quorum = policy.quorum;
    out.round = mining->round;
    for (const auto& miner : *miners) {
        out.miners.push_back({.id = miner.id,
                              .standing = miner.standing,
                              .joined_height = miner.joined_height,
                              .turns = miner.turns,
                              .forfeits = miner.forfeits,
                              .passes = miner.passes,
                              .last_round = miner.last_round});
    }
    if (policy.engine == wire::EngineKind::proof_of_work) {
        out.next = mining->head.value_or(0);
    } else {
        out.coming = coming(*mining, *miners);
        if (!out.coming.empty()) out.next = out.coming.front();
    }
    return chain::encoding::encode(out);
}

base::Result<Bytes> query_fairness(base::ByteView data, const FairnessSources& sources) {
    const auto round = chain::encoding::decode_round(data);
    if (!round) return base::pass(round);
    auto view = RoundReport(sources).of(*round);
    if (!view) return base::pass(view);
    return chain::encoding::encode(*view);
}

}  // namespace ledger
