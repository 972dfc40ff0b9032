// SPDX-License-Identifier: Apache-2.0
// How a committee's history is drawn.
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "committee_world.h"

namespace sim {

using std::chrono::milliseconds;

void CommitteeWorld::begin(std::vector<DraftPtr> drafts) {
    CHECK(coordinator_ && coordinator_->idle());
    drafts.insert(drafts.end(), pending_.begin(), pending_.end());  // what nodes sent themselves
    pending_.clear();
    std::vector<base::Bytes> envelopes;
    for (const auto& draft : drafts) {
        envelopes.push_back(draft->envelope);
        drafts_[draft->envelope] = draft;
    }
    const bool known = own_.app->info().height == model_.height();
    const auto begun = coordinator_->begin(std::move(envelopes), now_);
    require(begun.has_value(), "a height does not begin");
    say(fmt::format("coordinator begins {} with {} transactions", model_.height() + 1,
                    drafts.size()));
    flush();
    if (!known || drafts.empty()) return;
    Model trial = model_;
    const auto turn = model_.turns().next();
    trial.begin({.height = model_.height() + 1,
                 .time = std::max(now_, tip_time()),
                 .passed_over = 0,
                 .miner = turn->miner});
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        const auto code = begun->at(i).code;
        if (drafts[i]->damaged) {
            require(code != 0, "a damaged transaction is accepted");
            continue;
        }
        const auto expected = trial.take(*drafts[i]);
        require(code == (expected ? static_cast<std::uint32_t>(*expected) : 0U),
                fmt::format("the coordinator says {} ({}) of {}, expected {}", code,
                            begun->at(i).detail, wire::name_of(drafts[i]->body.action),
                            expected ? base::name_of(*expected) : "accepted"));
    }
}

void CommitteeWorld::begin_some() {
    auto drafts = workload_.some(model_, now_);
    if (drafts.empty()) return;
    begin(std::move(drafts));
}

void CommitteeWorld::some_fault() {
    const auto miner = dice_.below(miners_.size());
    const auto later = now_ + milliseconds{dice_.between(100, 6'000)};
    switch (dice_.weighted({3, 3, 2, 3, 2, 2})) {
        case 0:
            if (!miners_[miner]->node) return;
            crash(miner);
            at(later, [this, miner] { start(miner); });
            return;
        case 1:
            miners_[miner]->disk.fail_power_at(dice_.below(4), dice_.chance(1, 2)
                                                                   ? Disk::Loss::batch_lost
                                                                   : Disk::Loss::batch_kept);
            at(later, [this, miner] { start(miner); });
            return;
        case 2:
            if (!coordinator_) return;
            if (dice_.chance(1, 2)) {
                own_.disk.fail_power_at(
                    0, dice_.chance(1, 2) ? Disk::Loss::batch_lost : Disk::Loss::batch_kept);
            } else {
                crash_coordinator();
            }
            at(later, [this] { start_coordinator(); });
            return;
        case 3:
            cut_off(miner, true);
            at(later, [this, miner] { cut_off(miner, false); });
            return;
        case 4:
            weather_ = {.loss = dice_.below(40),
                        .repeat = dice_.below(30),
                        .tamper = dice_.below(10),
                        .delay_max_ms = dice_.between(1, 1'500)};
            return;
        default:
            weather_ = {};
            return;
    }
}

bool CommitteeWorld::close(const std::vector<DraftPtr>& drafts, std::size_t events) {
    const auto goal = model_.height() + 1;
    begin(drafts);
    for (; events > 0 && model_.height() < goal; --events) pump();
    return model_.height() >= goal;
}

void CommitteeWorld::heal() {
    say("no more faults");
    weather_ = {};
    two_faced_now_ = false;
    lying_now_ = false;
    cut_off_.clear();
    own_.disk.repair();
    start_coordinator();
    for (std::size_t i = 0; i < miners_.size(); ++i) {
        miners_[i]->disk.repair();
        start(i);
    }
    one_more_block();
    // However often evidence was lost, it comes again.
    constexpr int patience = 6;
    for (int left = patience; left > 0 && a_lie_stands(); --left) one_more_block();
    require(!a_lie_stands(), "a miner sealed two blocks, and the chain forgot it");
}

/// What was begun before must end, and then a fresh one within a bounded number of messages.
void CommitteeWorld::one_more_block() {
    const auto events_max = 3'000 * miners_.size();
    DraftPtr fresh;
    wire::Height goal = 0;
    for (std::size_t left = events_max; left > 0; --left) {
        if (coordinator_ && coordinator_->idle() && (!fresh || model_.height() < goal)) {
            fresh = workload_.fresh(now_);
            goal = model_.height() + 1;
            begin({fresh});
        }
        pump();
        if (fresh && model_.height() >= goal && all_at_tip()) return;
    }
    throw Violation(fmt::format("{} messages after the faults: height {}, goal {}, {}", events_max,
                                model_.height(), goal,
                                all_at_tip() ? "all there" : "not all there"));
}

void CommitteeWorld::run() {
    two_faced_now_ = options_.two_faced;
    lying_now_ = options_.liar;
    for (std::size_t left = 400 * options_.heights; left > 0; --left) {
        if (model_.height() >= options_.heights) break;
        if (coordinator_ && coordinator_->idle() && dice_.chance(1, 4)) begin_some();
        if (dice_.chance(1, 60)) some_fault();
        pump();
    }
    events_.clear();  // what waited: messages, and processes that would have started
    tick_waits_ = false;
    heal();
    require_agreement();
}

}  // namespace sim
