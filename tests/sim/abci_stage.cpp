// SPDX-License-Identifier: Apache-2.0
// A scenario's commands in the abci world.
#include <fmt/format.h>

#include <functional>

#include "abci_world.h"
#include "stage.h"

namespace sim {
namespace {

using std::chrono::seconds;

class AbciStage final : public Stage {
public:
    AbciStage(const KeyRing& ring, Trace& trace) : ring_(ring), trace_(trace) {
        options_.newest_version = 1;
    }

    void play(const std::string& command, Words& words) override {
        if (setting(command, words)) return;
        if (!world_) open();
        using Act = void (AbciStage::*)(Words&);
        static const std::map<std::string, Act> commands{
            {"send", &AbciStage::send},         {"decide", &AbciStage::decide},
            {"finalize", &AbciStage::calls},    {"commit", &AbciStage::calls},
            {"catch_up", &AbciStage::calls},    {"crash", &AbciStage::calls},
            {"start", &AbciStage::calls},       {"power", &AbciStage::power},
            {"full", &AbciStage::full},         {"wait", &AbciStage::wait},
            {"snapshot", &AbciStage::snapshot}, {"restore", &AbciStage::restore},
            {"prune", &AbciStage::prune},       {"version", &AbciStage::version},
            {"expect", &AbciStage::expect}};
        const auto at = commands.find(command);
        require(at != commands.end(), "there is no command '" + command + "'");
        command_ = command;
        (this->*at->second)(words);
    }
    void close() const override { require(sent_.empty(), "something was sent and never decided"); }

private:
    bool setting(const std::string& command, Words& words) {
        if (command == "replicas") {
            options_.replicas = words.number();
        } else if (!take_setting(command, words, options_)) {
            return false;
        }
        require(world_ == nullptr, command + " comes first");
        return true;
    }

    void open() {
        world_ = std::make_unique<AbciWorld>(options_, ring_, trace_);
        cast_ = std::make_unique<Cast>(world_->workload(), world_->model());
        for (std::size_t i = 0; i < world_->replicas(); ++i) world_->start(world_->replica(i));
    }

    Replica& replica(Words& words) {
        const auto index = words.number();
        require(index < world_->replicas(), "there is no such replica");
        return world_->replica(index);
    }
    void each(Words& words, const std::function<void(Replica&)>& act) {
        if (!words.skip("all")) {
            act(replica(words));
            return;
        }
        for (std::size_t i = 0; i < world_->replicas(); ++i) act(world_->replica(i));
    }

    void send(Words& words) {
        sent_.push_back(cast_->draft(words, world_->now()));
        expected_.push_back(words.skip("->") ? words.next() : "accepted");
    }

    void decide(Words& words) {
        auto& proposer = replica(words);
        AbciWorld::Height how{.prepare = false};
        if (words.skip("rounds")) how.failing_rounds = words.number();
        if (words.skip("absent")) how.absent = static_cast<std::uint32_t>(words.number());
        world_->pass_time(seconds{1});
        world_->decide(proposer, sent_, how);
        const auto& verdicts = world_->decided().back().verdicts;
        for (std::size_t i = 0; i < verdicts.size(); ++i) {
            const auto verdict = verdicts[i] ? base::name_of(*verdicts[i]) : "accepted";
            require(verdict == expected_[i], fmt::format("transaction {} of the block: {}, not {}",
                                                         i + 1, verdict, expected_[i]));
        }
        sent_.clear();
        expected_.clear();
    }

    void calls(Words& words) {
        each(words, [this](Replica& replica) {
            if (command_ == "start") return world_->start(replica);
            require(replica.running(), replica.name() + " is down");
            if (command_ == "crash") return world_->crash(replica);
            if (command_ == "catch_up") return world_->catch_up(replica);
            if (command_ == "commit") {
                require(replica.finalized, replica.name() + " has nothing to commit");
                return world_->commit(replica);
            }
            // The proposer has executed its own block already.
            if (!replica.finalized && !world_->at_tip(replica)) world_->finalize(replica);
        });
    }

    void power(Words& words) {
        auto& one = replica(words);
        const auto writes = words.number();
        const bool lost = words.skip("lost");
        require(lost || words.skip("kept"), "lost or kept");
        one.disk().fail_power_at(writes, lost ? Disk::Loss::batch_lost : Disk::Loss::batch_kept);
    }
    void full(Words& words) {
        auto& one = replica(words);
        const bool on = words.skip("on");
        require(on || words.skip("off"), "on or off");
        one.disk().set_full(on);
    }
    void wait(Words& words) {
        world_->pass_time(seconds{static_cast<std::int64_t>(words.number())});
    }
    void snapshot(Words& words) { world_->take_snapshot(replica(words)); }
    void restore(Words& words) {
        auto& fresh = replica(words);
        require(words.skip("from"), "restore R from R");
        require(world_->restore(fresh, replica(words), false), "nothing was restored");
    }
    void prune(Words& words) {
        auto& one = replica(words);
        world_->prune(one, words.number());
    }
    void version(Words& words) {
        auto& one = replica(words);
        one.newest_version = static_cast<std::uint32_t>(words.number());
    }

    void expect(Words& words) {
        const auto what = words.next();
        if (what == "height") {
            auto& one = replica(words);
            const auto height = one.app().info().height;
            require(height == words.number(), fmt::format("it is at height {}", height));
        } else if (what == "down") {
            require(!replica(words).running(), "it is running");
        } else if (what == "turn") {
            require_turn(words, world_->model(), *cast_);
        } else {
            require(what == "agreement", "nothing is known of '" + what + "'");
            world_->require_agreement();
        }
    }

    const KeyRing& ring_;
    Trace& trace_;
    AbciWorld::Options options_;
    std::unique_ptr<AbciWorld> world_;
    std::unique_ptr<Cast> cast_;
    std::string command_;
    std::vector<DraftPtr> sent_;
    std::vector<std::string> expected_;
};

}  // namespace

std::unique_ptr<Stage> make_abci_stage(const KeyRing& ring, Trace& trace) {
    return std::make_unique<AbciStage>(ring, trace);
}

}  // namespace sim
