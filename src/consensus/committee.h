// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace consensus {

/// What a coordinator and 4 to 7 miners' nodes say to each other to close one height
/// (docs/adr/0018): a proposal, votes for it, their certificate, approvals, the seal. Every message
/// may be lost, repeated, late or out of order; every answer to a repeated one is the same.
/// A height may take several attempts, numbered from 0 without gaps that matter: votes and
/// approvals count for one attempt each.

/// A block that its miner has sealed. Until it is approved its seal has no approvals.
using SharedBlock = std::shared_ptr<const wire::Block>;

/// Names a block with the seal around it: SHA-512/256 of wire::sealed_message. One header under two
/// nonces has two names.
using BlockName = wire::Hash256;
[[nodiscard]] BlockName name_of(const wire::Block& block);

/// A miner re-executed the block at this attempt and found it right.
struct Vote {
    wire::LedgerId miner;
    wire::SignatureBytes signature;
    friend bool operator==(const Vote&, const Vote&) = default;
};
/// The quorum voted for one block at one attempt, so nobody can show another such quorum.
struct Certificate {
    std::uint32_t attempt = 0;
    BlockName block;
    std::vector<Vote> votes;
    friend bool operator==(const Certificate&, const Certificate&) = default;
};
/// A block and why it must be offered again: a miner may have approved it.
struct Locked {
    SharedBlock block;
    Certificate certificate;
};
/// What a vote signs: "salus-vote-1", then what an approval signs after its name.
[[nodiscard]] base::Bytes vote_message(const wire::Block& block, std::uint32_t attempt);
/// What an approval of `block` at `attempt` signs.
[[nodiscard]] base::Bytes approval_message(const wire::Block& block, std::uint32_t attempt);

// What the coordinator asks of a node.

/// Propose the block at `height`, if it is your turn after `passed_over` others. A node proposes
/// once per height: asked again it answers with the same block.
struct AskProposal {
    wire::Height height = 0;
    std::uint32_t passed_over = 0;
    base::TimePoint time;
    std::shared_ptr<const std::vector<base::Bytes>> transactions;
};
/// Vote for this block. `grounds`: the newest certificate that it has, to free who is locked.
struct Offer {
    std::uint32_t attempt = 0;
    SharedBlock block;
    std::optional<Certificate> grounds;
};
/// The quorum voted for it: lock on it and approve it.
struct AskApproval {
    Locked locked;
};
/// A sealed and approved block: commit it.
struct Deliver {
    SharedBlock block;
};
/// The attempt at this block ended with too few.
struct GiveUp {
    SharedBlock block;
    std::uint32_t approvals = 0;
    std::uint32_t needed = 0;
};
/// Two blocks of one height that one miner sealed: make evidence of them.
struct ShowTwo {
    SharedBlock first;
    SharedBlock second;
};
/// Send up to `blocks_at_once` blocks from here on; with none above the tip: only say where you
/// are.
struct AskBlocks {
    wire::Height from = 0;
};
using Request = std::variant<AskProposal, Offer, AskApproval, Deliver, GiveUp, ShowTwo, AskBlocks>;
inline constexpr std::size_t blocks_at_once = 16;  // chosen by us

// What a node answers.

struct Proposed {
    SharedBlock block;
};
struct Voted {
    std::uint32_t attempt = 0;
    BlockName block;
    Vote vote;
};
/// Not voted for, or not approved. `reason`: `conflict` (another parent; voted or locked
/// otherwise), `not_eligible`, `bad_signature`, or why a transaction of it is refused.
struct Refused {
    std::uint32_t attempt = 0;  ///< That was asked for.
    BlockName block;
    base::Error reason;
    bool wrong = false;                ///< The block itself, at whatever attempt.
    std::uint32_t newest_attempt = 0;  ///< Of this height that the node took part in.
    std::optional<Locked> locked;
};
struct Approved {
    std::uint32_t attempt = 0;
    BlockName block;
    wire::Approval approval;
};
/// The node's tip.
struct AtHeight {
    wire::Height height = 0;
};
/// A transaction of the node's own: evidence.
struct Submitted {
    base::Bytes envelope;
};
/// A block that the coordinator asked for.
struct Delivered {
    SharedBlock block;
};
using Answer = std::variant<Proposed, Voted, Refused, Approved, AtHeight, Submitted, Delivered>;

}  // namespace consensus
