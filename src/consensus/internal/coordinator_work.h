// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "consensus/coordinator.h"

namespace consensus {

/// The height that a coordinator is closing.
struct Coordinator::Work {
    wire::Height height = 0;
    Electorate electorate;
    std::shared_ptr<const std::vector<base::Bytes>> transactions;

    std::uint32_t attempt = 0;
    std::uint32_t passed_over = 0;
    std::uint32_t passed_most = 0;  ///< The most that anybody was asked to pass over.
    Phase phase = Phase::proposal;
    base::TimePoint deadline;
    base::TimePoint resend_at;
    base::TimePoint asked_at;  ///< The time that proposals of this turn bear.
    base::TimePoint good_at;   ///< A block time at which something would be accepted.
    /// Nothing is good any more: only a block that was proposed before can close the height.
    bool last_look = false;
    std::set<wire::LedgerId> asked;   ///< For a proposal.
    std::set<wire::LedgerId> faulty;  ///< Miners whose proposal was refused.
    std::map<wire::LedgerId, SharedBlock> proposals;

    SharedBlock block;  ///< On offer; nothing while a proposal is awaited.
    BlockName name;
    std::optional<Certificate> grounds;
    std::map<wire::LedgerId, Vote> votes;
    std::map<wire::LedgerId, wire::Approval> approvals;
    std::set<wire::LedgerId> refused;
    std::set<wire::LedgerId> found_wrong;  ///< Of those: for the block's own sake.

    /// The newest certificate anybody has shown: that block must be offered again.
    std::optional<Locked> newest_lock;
    std::map<wire::LedgerId, std::uint32_t> claims;  ///< The attempts that nodes say they are at.
    std::string last_refusal;
};

}  // namespace consensus
