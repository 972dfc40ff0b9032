// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "wire/block.h"
#include "wire/ids.h"

namespace sim {

/// Whose turn it is, found as the paper finds it [0, Algorithms 1 and 2]: by searching the history
/// from its begin. Slow and plain on purpose: it is the oracle that the ledger's O(1) state is held
/// against.
class Turns {
public:
    struct Change {
        wire::LedgerId miner;
        bool active = false;  ///< It stands last from now on; or it has no turns any more.
    };
    struct Block {
        wire::LedgerId miner;
        std::uint32_t passed_over = 0;
        std::vector<Change> changes;  ///< By the block's transactions, in their order.
    };
    struct Turn {
        wire::LedgerId miner;
        std::uint64_t round = 0;
    };

    Turns(const wire::ConsensusPolicy& policy, std::vector<wire::LedgerId> genesis_miners);
    [[nodiscard]] const wire::ConsensusPolicy& policy() const { return policy_; }
    void add(Block block) { history_.push_back(std::move(block)); }

    /// Whose turn the next block is after so many were passed over; nothing if so many cannot be.
    /// Under proof of work any active miner may mine: this is the first of them.
    [[nodiscard]] std::optional<Turn> next(std::uint32_t passed_over = 0) const;
    /// In order of joining.
    [[nodiscard]] std::vector<wire::LedgerId> active() const;
    [[nodiscard]] std::uint32_t passed_over_max() const;

    /// Throws Violation unless in every round each miner that was active all through it mined
    /// exactly once, or lost its turn by the rule of absence, and nobody mined twice.
    void require_fair() const;

private:
    struct Walk;
    [[nodiscard]] Walk walk() const;

    wire::ConsensusPolicy policy_;
    std::vector<wire::LedgerId> genesis_miners_;
    std::vector<Block> history_;
};

/// The history from its begin to its end.
struct Turns::Walk {
    wire::ConsensusPolicy policy;
    std::uint64_t round = 0;
    std::vector<wire::LedgerId> active;  ///< In order of joining.
    /// In this round. Under authority: whose place in the rotation has gone by.
    std::set<wire::LedgerId> mined;
    std::set<wire::LedgerId> forfeited;  ///< In this round.
    std::vector<wire::LedgerId> kept;    ///< Absent, in the order they were passed over.
    std::map<wire::LedgerId, std::uint32_t> passes;  ///< In this round.
    std::set<wire::LedgerId> throughout;             ///< Active since this round began.

    /// Who waits in this round and comes first; nothing if nobody waits.
    [[nodiscard]] std::optional<wire::LedgerId> first() const;
    void begin_round();
    void end_round_if_done();
    void pass_over();
    /// Who mines after so many were passed over, and in which round; `this` is as it is then.
    [[nodiscard]] Turn reach(std::uint32_t passed_over);
    void take(const Block& block);
    void change(const Change& change);
};

}  // namespace sim
