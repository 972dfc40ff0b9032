// SPDX-License-Identifier: Apache-2.0
#include "turns.h"

#include <algorithm>

#include "base/check.h"
#include "trace.h"

namespace sim {

std::optional<wire::LedgerId> Turns::Walk::first() const {
    for (const auto& id : active) {
        if (!mined.contains(id) && !forfeited.contains(id) && !passes.contains(id)) return id;
    }
    if (!kept.empty()) return kept.front();
    return std::nullopt;
}

void Turns::Walk::begin_round() {
    mined.clear();
    forfeited.clear();
    kept.clear();
    passes.clear();
    throughout = {active.begin(), active.end()};
}

void Turns::Walk::end_round_if_done() {
    if (first()) return;
    for (const auto& id : throughout) {
        require(mined.contains(id) || forfeited.contains(id),
                "a round ended without the turn of an active miner");
    }
    ++round;
    begin_round();
}

void Turns::Walk::pass_over() {
    const auto absent = first();
    CHECK(absent.has_value());
    std::erase(kept, *absent);
    if (passes[*absent] >= policy.pass_limit) {
        forfeited.insert(*absent);
    } else {
        ++passes[*absent];
        kept.push_back(*absent);
    }
    end_round_if_done();
}

Turns::Turn Turns::Walk::reach(std::uint32_t passed_over) {
    if (policy.engine == wire::EngineKind::proof_of_work) return {.miner = active.front()};
    if (policy.engine == wire::EngineKind::authority) {
        // The rotation moves on by one place a block, whoever fills it.
        const auto place = first();
        CHECK(place.has_value());
        mined.insert(*place);
        const auto at = std::ranges::find(active, *place) - active.begin();
        const auto index = (static_cast<std::size_t>(at) + passed_over) % active.size();
        return {.miner = active[index], .round = round};
    }
    for (std::uint32_t i = 0; i < passed_over; ++i) pass_over();
    const auto miner = first();
    CHECK(miner.has_value());
    require(!mined.contains(*miner), "a miner mines twice in one round");
    mined.insert(*miner);
    std::erase(kept, *miner);
    return {.miner = *miner, .round = round};
}

void Turns::Walk::change(const Change& change) {
    if (change.active) {
        active.push_back(change.miner);
        if (policy.engine == wire::EngineKind::authority) mined.erase(change.miner);
        return;
    }
    std::erase(active, change.miner);
    std::erase(kept, change.miner);
    throughout.erase(change.miner);
}

void Turns::Walk::take(const Block& block) {
    const auto turn = reach(block.passed_over);
    const bool any = policy.engine == wire::EngineKind::proof_of_work;
    require(
        any ? std::ranges::find(active, block.miner) != active.end() : turn.miner == block.miner,
        "a miner mined out of turn");
    for (const auto& one : block.changes) change(one);
    if (!any) end_round_if_done();
}

Turns::Turns(const wire::ConsensusPolicy& policy, std::vector<wire::LedgerId> genesis_miners)
    : policy_(policy), genesis_miners_(std::move(genesis_miners)) {}

Turns::Walk Turns::walk() const {
    Walk walk;
    walk.policy = policy_;
    walk.active = genesis_miners_;
    walk.begin_round();
    for (const auto& block : history_) walk.take(block);
    return walk;
}

std::vector<wire::LedgerId> Turns::active() const {
    return walk().active;
}

void Turns::require_fair() const {
    (void)walk();
}

std::uint32_t Turns::passed_over_max() const {
    const auto others = static_cast<std::uint32_t>(walk().active.size()) - 1;
    switch (policy_.engine) {
        case wire::EngineKind::authority:
            return others;
        case wire::EngineKind::proof_of_work:
            return 0;
        case wire::EngineKind::equal_opportunity:
            break;
    }
    return others * (policy_.pass_limit + 2);
}

std::optional<Turns::Turn> Turns::next(std::uint32_t passed_over) const {
    if (passed_over > passed_over_max()) return std::nullopt;
    return walk().reach(passed_over);
}

}  // namespace sim
