// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/error.h"
#include "chain/orphans.h"
#include "consensus/committee.h"
#include "consensus/electorate.h"
#include "consensus/internal/accusations.h"
#include "consensus/internal/ballot.h"
#include "consensus/orphans.h"
#include "consensus/proof_of_work.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "storage/key_value_store.h"
#include "wire/signer.h"

namespace consensus {

/// One miner of a committee: its own key, its own ledger, its own notes. No thread, no clock and no
/// I/O but its store: whoever drives it hands it requests, one at a time, and carries its answers
/// to the coordinator.
///
/// It believes nobody. It re-executes what it is offered, checks every certificate and every seal,
/// and writes down what it signs before it answers, so that a crash cannot make it sign twice. Nor
/// does it forgive: evidence is sent again until the chain holds it.
class MinerNode {
public:
    struct Parts {  // all borrowed but the functions
        ledger::Application& application;
        storage::KeyValueStore& notes;  ///< May be the application's own.
        crypto::SignatureVerifier& verifier;
        const wire::Signer& signer;
        /// For the evidence that this miner sends.
        std::function<base::Result<std::uint64_t>()> next_sequence;
        Grind grind;  ///< Used on chains with proof of work alone.
    };

    /// Continues where its store stands. Errors: `conflict` if the application holds no chain,
    /// `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<MinerNode>> open(Parts parts);

    /// Errors: the store's alone (then nothing was answered, and the same request may come again);
    /// a refusal is an answer.
    [[nodiscard]] base::Result<std::vector<Answer>> handle(const Request& request);

    [[nodiscard]] wire::LedgerId id() const { return parts_.signer.id(); }
    [[nodiscard]] const ledger::Application& application() const { return parts_.application; }
    [[nodiscard]] const OrphanStore& orphans() const { return orphans_; }

private:
    using Answers = base::Result<std::vector<Answer>>;
    MinerNode(Parts parts, OrphanStore orphans, Ballot ballot, Accusations accusations)
        : parts_(std::move(parts)),
          orphans_(std::move(orphans)),
          ballot_(std::move(ballot)),
          accusations_(std::move(accusations)) {}

    Answers on(const AskProposal& ask);
    Answers on(const Offer& offer);
    Answers on(const AskApproval& ask);
    Answers on(const Deliver& deliver);
    Answers on(const GiveUp& given_up);
    Answers on(const ShowTwo& two);
    Answers on(const AskBlocks& ask);

    /// Of the next block.
    [[nodiscard]] base::Result<const Electorate*> electorate();
    /// Where this node is: for whatever is not about the next block.
    [[nodiscard]] Answers place() const;
    [[nodiscard]] wire::Height next_height() const;
    [[nodiscard]] Refused refusal(const SharedBlock& block, std::uint32_t attempt,
                                  base::Error reason, bool wrong) const;
    [[nodiscard]] base::Result<void> check_attempt(const Offer& offer) const;

    // miner_proposal.cpp: what a block is worth.

    /// Nothing if there is nothing to mine, or the grinding was given up.
    base::Result<SharedBlock> make_proposal(const AskProposal& ask, const ledger::Turn& turn);
    base::Result<SharedBlock> seal(const AskProposal& ask, const ledger::Turn& turn,
                                   const ledger::Candidate& candidate, base::Bytes header_bytes);
    /// Whether the ledger takes the block as its next. Keeps a refused one as an orphan. Errors:
    /// why not, or the store's.
    base::Result<void> check_block(const wire::Block& block);
    base::Result<void> execute(const wire::Block& block);
    base::Result<void> keep_orphan(const wire::Block& block, chain::OrphanReason reason,
                                   std::uint32_t approvals = 0, std::uint32_t needed = 0);
    /// Of orphans that became part of the chain: the process died between the two writes.
    base::Result<void> forget_adopted();
    /// Of a block at or below the tip: keeps it if the chain does not have it; if it has, it is no
    /// orphan.
    base::Result<void> keep_branch(const wire::Block& block);
    /// Remembers what the block's miner sealed at its height; evidence, if it is the second.
    base::Result<std::vector<Answer>> watch(const SharedBlock& block);
    base::Result<std::vector<Answer>> evidence_of(const wire::Block& a, const wire::Block& b);
    /// Evidence that is not in the chain yet, to be sent; `again`: also what was sent a moment ago.
    base::Result<std::vector<Answer>> press_charges(bool again);
    /// One of them, signed now; nothing if the ledger would refuse it, then it is forgotten.
    base::Result<std::optional<Answer>> charge(const wire::Evidence& evidence);
    /// Whether an active miner sealed it. Errors: `bad_signature`, the store's.
    [[nodiscard]] base::Result<void> check_seal(const wire::Block& block);

    Parts parts_;
    OrphanStore orphans_;
    Ballot ballot_;
    std::optional<std::pair<wire::Height, Electorate>> electorate_;  ///< Of the block at a height.
    std::optional<BlockName> executed_;  ///< Finalized in the application, ready to commit.
    /// What was sealed at the heights near the tip, by miner; for evidence.
    std::map<std::pair<wire::Height, wire::LedgerId>, SharedBlock> seen_;
    Accusations accusations_;
    /// Near the tip: the chain holds the evidence of these, or never will.
    std::set<Accusations::Place> settled_;
};

}  // namespace consensus
