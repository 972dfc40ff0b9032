// SPDX-License-Identifier: Apache-2.0
// A scenario's commands in the committee's world.
#include <fmt/format.h>

#include "committee_world.h"
#include "stage.h"

namespace sim {
namespace {

class CommitteeStage final : public Stage {
public:
    CommitteeStage(const KeyRing& ring, Trace& trace) : ring_(ring), trace_(trace) {
        options_.policy.quorum = wire::Quorum::two_thirds;
    }

    void play(const std::string& command, Words& words) override {
        if (command == "two_faced") {
            require(world_ == nullptr, "two_faced comes first");
            options_.two_faced = true;
            return;
        }
        if (take_setting(command, words, options_)) {
            require(world_ == nullptr, command + " comes first");
            return;
        }
        if (!world_) {
            world_ = std::make_unique<CommitteeWorld>(options_, ring_, trace_);
            cast_ = std::make_unique<Cast>(world_->workload(), world_->model());
        }
        act(command, words);
    }
    void close() const override { require(sent_.empty(), "something was sent and never decided"); }

private:
    void act(const std::string& command, Words& words) {
        if (command == "send") {
            sent_.push_back(cast_->draft(words, world_->now()));
        } else if (command == "close") {
            const auto events = words.number_follows() ? words.number() : 2'000;
            require(world_->close(std::exchange(sent_, {}), events), "the height does not close");
        } else if (command == "stall") {
            require(!world_->close(std::exchange(sent_, {}), words.number()), "the height closes");
        } else if (command == "crash") {
            if (words.skip("coordinator")) return world_->crash_coordinator();
            world_->crash(miner(words));
        } else if (command == "start") {
            if (words.skip("coordinator")) return world_->start_coordinator();
            world_->start(miner(words));
        } else if (command == "cut_off" || command == "reach") {
            world_->cut_off(miner(words), command == "cut_off");
        } else if (command == "other_face") {
            const bool on = words.skip("on");
            require(on || words.skip("off"), "on or off");
            world_->set_two_faced(on);
        } else if (command == "heal") {
            world_->heal();
        } else {
            require(command == "expect", "there is no command '" + command + "'");
            expect(words);
        }
    }

    /// Which of the miners, from its name.
    std::size_t miner(Words& words) const {
        const auto id = cast_->id_of(words.next());
        std::size_t index = 0;
        while (world_->miner(index).signer->id() != id) ++index;
        return index;
    }

    void expect(Words& words) {
        const auto what = words.next();
        if (what == "height") {
            const auto height = world_->height();
            require(height == words.number(), fmt::format("it is at height {}", height));
        } else if (what == "turn") {
            require_turn(words, world_->model(), *cast_);
        } else if (what == "standing") {
            const auto standing = world_->model().miners().at(cast_->id_of(words.next())).standing;
            require(wire::name_of(standing) == words.next(), "it has another standing");
        } else if (what == "orphans") {
            const auto orphans = world_->miner(miner(words)).node->orphans().list();
            require(orphans && orphans->size() >= words.number(),
                    fmt::format("it keeps {} of them", orphans ? orphans->size() : 0));
        } else {
            require(what == "agreement", "nothing is known of '" + what + "'");
            world_->require_agreement();
        }
    }

    const KeyRing& ring_;
    Trace& trace_;
    CommitteeWorld::Options options_;
    std::unique_ptr<CommitteeWorld> world_;
    std::unique_ptr<Cast> cast_;
    std::vector<DraftPtr> sent_;
};

}  // namespace

std::unique_ptr<Stage> make_committee_stage(const KeyRing& ring, Trace& trace) {
    return std::make_unique<CommitteeStage>(ring, trace);
}

}  // namespace sim
