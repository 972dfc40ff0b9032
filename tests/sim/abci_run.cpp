// SPDX-License-Identifier: Apache-2.0
// How a history is drawn.
#include <fmt/format.h>

#include <algorithm>

#include "abci_world.h"
#include "base/check.h"

namespace sim {

using std::chrono::milliseconds;

/// The next write, or one soon after, meets a power failure.
void AbciWorld::arm(Replica& replica) {
    const auto loss = dice_.chance(1, 2) ? Disk::Loss::batch_lost : Disk::Loss::batch_kept;
    const auto after = dice_.below(3);
    replica.disk().fail_power_at(after, loss);
    say(fmt::format("{} will lose its power at write {}, batch {}", replica.name(), after,
                    loss == Disk::Loss::batch_lost ? "lost" : "kept"));
}

/// The replica's next call in the grammar.
void AbciWorld::advance(Replica& replica) {
    if (replica.finalized) {
        if (dice_.chance(1, 12)) {  // full for a while, and once more after room was made
            replica.disk().set_full(true);
            dice_.chance(1, 2) ? commit(replica) : commit_ahead(replica);
            if (!replica.running()) return;
            replica.disk().set_full(false);
            if (!replica.finalized || dice_.chance(1, 2)) finalize(replica);
            if (!replica.finalized) return;
        }
        if (dice_.chance(1, 10)) try_bad_seals(replica);
        dice_.chance(1, 3) ? commit_ahead(replica) : commit(replica);
        if (replica.running() && knows_rules(replica) && dice_.chance(1, 2)) recheck(replica);
        return;
    }
    if (!at_tip(replica)) {
        finalize(replica);
        return;
    }
    if (decided_.size() >= options_.heights || !knows_rules(replica)) return;
    static constexpr std::uint64_t hour_ms = 3'600'000;
    now_ += milliseconds{dice_.chance(1, 25) ? hour_ms : dice_.below(1'500)};
    const auto drafts = workload_.some(model_, now_);
    const auto absent_max = std::min(model_.turns().passed_over_max(), 4U);
    const bool absent = absent_max > 0 && dice_.chance(1, 6);
    decide(replica, drafts,
           {.failing_rounds = dice_.chance(1, 4) ? dice_.between(1, 3) : 0,
            .prepare = dice_.chance(2, 3),
            .absent = absent ? static_cast<std::uint32_t>(dice_.between(1, absent_max)) : 0});
}

/// What may come at any time beside the heights.
void AbciWorld::disturb(Replica& replica) {
    switch (dice_.weighted({8, 8, 12, 6, 6, 3, 2, 2})) {
        case 0:
            crash(replica);
            return;
        case 1:
            arm(replica);
            return;
        case 2:
            if (!knows_rules(replica)) return;
            for (const auto& draft : workload_.some(model_, now_)) check_tx(replica, draft);
            return;
        case 3:
            check_history(replica);
            return;
        case 4:
            check_queries(replica);
            return;
        case 5:
            if (!replica.finalized) take_snapshot(replica);
            return;
        case 6: {
            auto& source = *dice_.pick(replicas_);
            if (!source.running() || &source == &replica || source.finalized) return;
            take_snapshot(source);
            if (!source.running()) return;
            if (restore(replica, source, true) || replica.running()) return;
            crash(replica);
            return;
        }
        default: {
            const auto height = replica.app().info().height;
            if (height > 1 && !replica.finalized) prune(replica, dice_.between(1, height));
            return;
        }
    }
}

void AbciWorld::step() {
    auto& replica = *dice_.pick(replicas_);
    if (!replica.running()) {
        if (dice_.chance(1, 4)) start(replica);
        return;
    }
    if (dice_.chance(4, 5)) {
        advance(replica);
    } else {
        disturb(replica);
    }
}

void AbciWorld::heal() {
    say("no more faults");
    for (const auto& replica : replicas_) {
        const bool old = replica->newest_version < options_.newest_version;
        replica->newest_version = options_.newest_version;
        if (!replica->running() || old || dice_.chance(1, 2)) {
            replica->crash();
            start(*replica);
        } else {
            replica->disk().repair();
        }
        catch_up(*replica);
    }
    now_ += milliseconds{1};
    const auto height = decided_height();
    auto& proposer = *dice_.pick(replicas_);
    decide(proposer, {workload_.fresh(now_)}, {});
    for (const auto& replica : replicas_) catch_up(*replica);
    require(decided_height() == height + 1, "a fresh transaction is not committed");
}

void AbciWorld::run() {
    if (options_.newest_version > 1 && dice_.chance(1, 2)) {
        replicas_.front()->newest_version = 1;  // an old program, until it meets the new rules
    }
    for (const auto& replica : replicas_) {
        if (dice_.chance(1, 10)) arm(*replica);
        start(*replica);
    }
    // Every step is a chance to advance by one call; a history that stalls is cut here and must
    // still heal.
    for (auto left = options_.heights * options_.replicas * 8; left > 0; --left) {
        if (decided_.size() >= options_.heights) break;
        step();
    }
    heal();
    require_agreement();
}

}  // namespace sim
