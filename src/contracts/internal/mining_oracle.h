// SPDX-License-Identifier: Apache-2.0
// The paper's search of the whole history, as the oracle of contracts/mining.h. For tests alone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace contracts::testing {

/// [0, Algorithms 1 and 2] as they are printed: for each block the whole history is searched for
/// who has mined in the running round; the first in order of joining who has not is next, and when
/// all have, a new round begins. Extended in the obvious way: one that joins or comes back stands
/// last; one that ended is not asked; one passed over is asked again after those never passed over
/// in this round, in the order of the last passing, until it was passed over once more than
/// `pass_limit` times. Nothing is kept between two questions but the history itself.
class MiningOracle {
public:
    explicit MiningOracle(std::uint32_t pass_limit) : pass_limit_(pass_limit) {}

    void joined(std::size_t miner) { add(Event::joined, miner); }
    void ended(std::size_t miner) { add(Event::ended, miner); }
    void passed(std::size_t miner) { add(Event::passed, miner); }
    void mined(std::size_t miner) { add(Event::mined, miner); }
    /// All that belongs to a block was added.
    void block_ends() { add(Event::block_end, 0); }

    struct Answer {
        std::size_t miner = 0;
        std::uint64_t round = 0;
        std::vector<std::uint64_t> forfeits;  ///< Of each miner.
    };
    /// Somebody must be active.
    [[nodiscard]] Answer next() const {
        Search search(*this);
        for (std::size_t i = 0; i < history_.size(); ++i) search.look_at(history_[i], i);
        return search.answer();
    }

private:
    enum class Event { joined, ended, passed, mined, block_end };
    struct Entry {
        Event event{};
        std::size_t miner = 0;
    };
    void add(Event event, std::size_t miner) { history_.push_back({event, miner}); }

    class Search {
    public:
        explicit Search(const MiningOracle& oracle) : pass_limit_(oracle.pass_limit_) {}

        void look_at(const Entry& entry, std::size_t position) {
            if (entry.miner >= miners_.size()) miners_.resize(entry.miner + 1);
            auto& miner = miners_[entry.miner];
            switch (entry.event) {
                case Event::joined:
                    miner.active = true;
                    miner.joined_at = position;
                    return;
                case Event::ended:
                    miner.active = false;
                    miner.passes = 0;
                    return;
                case Event::mined:
                    miner.done = true;
                    return;
                case Event::passed:
                    miner.passed_at = position;
                    if (++miner.passes > pass_limit_) {
                        miner.done = true;
                        ++miner.forfeits;
                    }
                    return end_round_if_done();
                case Event::block_end:
                    return end_round_if_done();
            }
        }
        [[nodiscard]] Answer answer() const {
            Answer out{.miner = miners_.size(), .round = round_, .forfeits = {}};
            for (std::size_t i = 0; i < miners_.size(); ++i) {
                out.forfeits.push_back(miners_[i].forfeits);
                if (!waits(miners_[i])) continue;
                if (out.miner == miners_.size() || before(miners_[i], miners_[out.miner])) {
                    out.miner = i;
                }
            }
            return out;
        }

    private:
        struct Miner {
            bool active = false;
            bool done = false;  ///< Mined or forfeited in this round.
            std::uint32_t passes = 0;
            std::size_t joined_at = 0;
            std::size_t passed_at = 0;
            std::uint64_t forfeits = 0;
        };
        static bool waits(const Miner& miner) { return miner.active && !miner.done; }
        static bool before(const Miner& a, const Miner& b) {
            if ((a.passes == 0) != (b.passes == 0)) return a.passes == 0;
            return a.passes == 0 ? a.joined_at < b.joined_at : a.passed_at < b.passed_at;
        }
        void end_round_if_done() {
            if (std::ranges::any_of(miners_, waits)) return;
            ++round_;
            for (auto& miner : miners_) {
                miner.done = false;
                miner.passes = 0;
            }
        }
        std::uint32_t pass_limit_;
        std::uint64_t round_ = 0;
        std::vector<Miner> miners_;
    };

    std::uint32_t pass_limit_;
    std::vector<Entry> history_;
};

}  // namespace contracts::testing
