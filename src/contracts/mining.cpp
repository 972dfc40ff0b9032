// SPDX-License-Identifier: Apache-2.0
#include "contracts/mining.h"

#include <string>

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/internal/miner_list.h"

namespace contracts {

using base::ErrorCode;
using base::fail;
using internal::active_list;
using internal::kept_list;
using internal::put;
using state::MiningRecord;
using wire::EngineKind;

namespace {

std::unexpected<base::Error> nobody_is_active() {
    return fail(ErrorCode::not_eligible, "no miner is active; enrol one");
}

/// Nobody waits any more: the next one is the first of the list, in the next round.
void end_round_if_done(MiningRecord& mining) {
    if (mining.next || mining.kept_head) return;
    ++mining.round;
    mining.next = mining.head;
}

/// Equal opportunity: the one whose turn it is, taken out of those who wait.
base::Result<MinerEntry> take_first_waiting(state::Overlay& overlay, MiningRecord& mining) {
    if (!mining.next && !mining.kept_head) return nobody_is_active();
    auto miner = miner_at(overlay, mining.next ? *mining.next : *mining.kept_head);
    if (!miner) return miner;
    if (mining.next) {
        mining.next = miner->record.next;
        return miner;
    }
    if (auto taken = internal::unlink(overlay, mining, *miner, kept_list); !taken) {
        return base::pass(taken);
    }
    return miner;
}

using Forfeits = std::vector<MinerTurn::Forfeit>;

void forfeit(MinerEntry& miner, std::uint64_t round, Forfeits& forfeits) {
    miner.record.passes = 0;
    ++miner.record.forfeits;
    forfeits.push_back({.index = miner.index, .round = round});
}

base::Result<void> pass_over(state::Overlay& overlay, MiningRecord& mining,
                             std::uint32_t pass_limit, Forfeits& forfeits) {
    auto miner = take_first_waiting(overlay, mining);
    if (!miner) return base::pass(miner);
    if (miner->record.passes >= pass_limit) {
        forfeit(*miner, mining.round, forfeits);
    } else {
        ++miner->record.passes;
        if (auto kept = internal::append(overlay, mining, *miner, kept_list); !kept) return kept;
    }
    put(overlay, *miner);
    end_round_if_done(mining);
    return {};
}

struct Passing {
    std::uint32_t times = 0;
    std::uint32_t limit = 0;
};

base::Result<MinerEntry> take_equal_opportunity(state::Overlay& overlay, MiningRecord& mining,
                                                const Passing& passing, Forfeits& forfeits) {
    for (std::uint32_t i = 0; i < passing.times; ++i) {
        auto passed = pass_over(overlay, mining, passing.limit, forfeits);
        if (!passed) return base::pass(passed);
    }
    auto miner = take_first_waiting(overlay, mining);
    if (miner) miner->record.passes = 0;
    return miner;
}

base::Result<MinerEntry> take_authority(state::Overlay& overlay, MiningRecord& mining,
                                        std::uint32_t passed_over, Forfeits& forfeits) {
    if (!mining.next) return nobody_is_active();
    auto miner = miner_at(overlay, *mining.next);
    if (!miner) return miner;
    mining.next = miner->record.next;
    for (std::uint32_t i = 0; i < passed_over; ++i) {
        forfeit(*miner, mining.round, forfeits);
        put(overlay, *miner);
        miner = miner_at(overlay, miner->record.next ? *miner->record.next : *mining.head);
        if (!miner) return miner;
    }
    return miner;
}

base::Result<MinerEntry> take_proof_of_work(state::Overlay& overlay, const MiningRecord& mining,
                                            const TurnChoice& choice) {
    if (!mining.head) return nobody_is_active();
    if (!choice.miner) return miner_at(overlay, *mining.head);
    const auto miner = find_miner(overlay, *choice.miner);
    if (!miner) return base::pass(miner);
    if (!*miner || (*miner)->record.standing != wire::MinerStanding::active) {
        return fail(ErrorCode::not_eligible, "only an active miner may mine");
    }
    return **miner;
}

base::Result<MinerEntry> take(state::Overlay& overlay, MiningRecord& mining,
                              const wire::ConsensusPolicy& policy, const TurnChoice& choice,
                              Forfeits& forfeits) {
    if (choice.passed_over > passed_over_max(policy, mining.active)) {
        return fail(ErrorCode::not_eligible, "more turns are passed over than can be");
    }
    switch (policy.engine) {
        case EngineKind::equal_opportunity:
            return take_equal_opportunity(overlay, mining,
                                          {.times = choice.passed_over, .limit = policy.pass_limit},
                                          forfeits);
        case EngineKind::authority:
            return take_authority(overlay, mining, choice.passed_over, forfeits);
        case EngineKind::proof_of_work:
            return take_proof_of_work(overlay, mining, choice);
    }
    return fail(ErrorCode::corrupted, "the genesis names no engine");
}

/// The last of the list, from the block at `height` on; the caller writes both.
base::Result<void> link_last(state::Overlay& overlay, MiningRecord& mining, MinerEntry& miner,
                             wire::Height height) {
    miner.record.standing = wire::MinerStanding::active;
    miner.record.joined_height = height;
    ++mining.active;
    if (!mining.next) mining.next = miner.index;
    return internal::append(overlay, mining, miner, active_list);
}

}  // namespace

std::uint64_t passed_over_max(const wire::ConsensusPolicy& policy, std::uint64_t active) {
    if (active == 0 || policy.engine == EngineKind::proof_of_work) return 0;
    if (policy.engine == EngineKind::authority) return active - 1;
    // All others are passed over until they forfeit, and once more in the round that begins then.
    return (active - 1) * (std::uint64_t{policy.pass_limit} + 2);
}

base::Result<MinerTurn> take_turn(state::Overlay& overlay, const wire::ConsensusPolicy& policy,
                                  const TurnChoice& choice) {
    auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    // Authority moves on by one; the turn that is taken still belongs to the round before.
    const auto round_before = mining->round;
    Forfeits forfeits;
    auto miner = take(overlay, *mining, policy, choice, forfeits);
    if (!miner) return base::pass(miner);
    const auto round =
        policy.engine == EngineKind::equal_opportunity ? mining->round : round_before;
    ++miner->record.turns;
    miner->record.last_round = round;
    put(overlay, *miner);
    put(overlay, *mining);
    const auto key = key_record_of(overlay, miner->record.id);
    if (!key) return base::pass(key);
    if (!*key || !(*key)->valid_at(choice.height)) {
        return fail(ErrorCode::corrupted, "an active miner has no valid key");
    }
    return MinerTurn{.miner = miner->record.id,
                     .key = **key,
                     .round = round,
                     .index = miner->index,
                     .forfeits = std::move(forfeits)};
}

base::Result<MinerTurn> turn_at(const state::StateView& view, const wire::ConsensusPolicy& policy,
                                const TurnChoice& choice) {
    state::Overlay tried(view);
    return take_turn(tried, policy, choice);
}

base::Result<void> close_turn(state::Overlay& overlay, const wire::ConsensusPolicy& policy) {
    if (policy.engine == EngineKind::proof_of_work) return {};
    auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    end_round_if_done(*mining);
    put(overlay, *mining);
    return {};
}

base::Result<void> register_miner(state::Overlay& overlay, const wire::LedgerId& id,
                                  wire::Height height) {
    auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    MinerEntry miner{.index = mining->registered++, .record = {}};
    miner.record.id = id;
    if (auto linked = link_last(overlay, *mining, miner, height); !linked) return linked;
    put(overlay, miner);
    put(overlay, *mining);
    overlay.put(state::miner_index_of(id), state::encode_miner_index(miner.index));
    return {};
}

base::Result<void> unlink_miner(state::Overlay& overlay, MinerEntry miner,
                                wire::MinerStanding standing) {
    CHECK(miner.record.standing == wire::MinerStanding::active);
    CHECK(standing != wire::MinerStanding::active);
    auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    if (mining->next == miner.index) mining->next = miner.record.next;
    if (auto done = internal::unlink(overlay, *mining, miner, active_list); !done) return done;
    if (miner.record.passes > 0) {
        if (auto done = internal::unlink(overlay, *mining, miner, kept_list); !done) return done;
        miner.record.passes = 0;
    }
    --mining->active;
    miner.record.standing = standing;
    miner.record.ended_round = mining->round;
    put(overlay, miner);
    put(overlay, *mining);
    return {};
}

base::Result<void> relink_miner(state::Overlay& overlay, MinerEntry miner, wire::Height height) {
    CHECK(miner.record.standing != wire::MinerStanding::active);
    auto mining = mining_record(overlay);
    if (!mining) return base::pass(mining);
    if (auto linked = link_last(overlay, *mining, miner, height); !linked) return linked;
    put(overlay, miner);
    put(overlay, *mining);
    return {};
}

base::Result<MiningRecord> mining_record(const state::StateView& view) {
    const auto raw = view.get(state::mining());
    if (!raw) return base::pass(raw);
    if (!*raw) return MiningRecord{};
    auto record = state::decode_mining_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored mining record: " + record.error().detail);
    }
    return record;
}

base::Result<MinerEntry> miner_at(const state::StateView& view, std::uint64_t index) {
    const auto raw = view.get(state::miner_at(index));
    if (!raw) return base::pass(raw);
    if (!*raw) {
        return fail(ErrorCode::corrupted,
                    "the state names no miner at index " + std::to_string(index));
    }
    auto record = state::decode_miner_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored miner's record: " + record.error().detail);
    }
    return MinerEntry{.index = index, .record = *std::move(record)};
}

base::Result<std::optional<MinerEntry>> find_miner(const state::StateView& view,
                                                   const wire::LedgerId& id) {
    const auto raw = view.get(state::miner_index_of(id));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<MinerEntry>{};
    const auto index = state::decode_miner_index(**raw);
    if (!index) return fail(ErrorCode::corrupted, "stored miner's index does not decode");
    auto miner = miner_at(view, *index);
    if (!miner) return base::pass(miner);
    return std::optional{*std::move(miner)};
}

}  // namespace contracts
