// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "dice.h"
#include "model.h"
#include "mutations.h"
#include "replica.h"
#include "trace.h"
#include "workload.h"

namespace sim {

/// One height that consensus decided, and all that was learnt of it since.
struct Decided {
    ledger::Candidate candidate;
    std::vector<DraftPtr> drafts;           ///< Of the candidate's transactions, in order.
    std::vector<Verdict> verdicts;          ///< The model's, one a draft.
    std::vector<ledger::TxResult> results;  ///< Of the replica that finalized it first.
    base::Bytes header_bytes;               ///< Empty: nothing was accepted, nothing committed.
    wire::HeaderHash app_hash;              ///< After it.
    wire::Height height = 0;                ///< Of the ledger after it.
    std::uint32_t version = 1;              ///< Of the rules that it follows.
    std::size_t active_miners = 0;          ///< Before it.
    wire::Seal seal;
    std::optional<crypto::Digest32> written;  ///< What the first commit wrote.
};

/// N replicas under an engine that does what CometBFT may do to an application, and no more: its
/// grammar is spec/abci/abci++_comet_expected_behavior.md. CometBFT itself is not simulated; what
/// it decides, and where it crashes, comes from the dice.
///
/// The public calls are one legal step each and are what scenarios are made of; `run` draws them.
class AbciWorld {
public:
    struct Options {
        std::uint64_t seed = 1;
        Signing signing = Signing::fake;
        Mutation mutation = Mutation::none;
        std::size_t replicas = 3;
        std::size_t miners = 3;
        std::size_t heights = 20;  ///< Decided before the faults stop.
        wire::ConsensusPolicy policy = {};
        std::uint32_t newest_version = 1;  ///< Of the rules that all programs know but one.
    };
    /// Borrows `ring` and `trace`.
    AbciWorld(const Options& options, const KeyRing& ring, Trace& trace);

    /// A whole history: faults, then their end, then everybody must agree and go on. Throws
    /// Violation where a checker finds something.
    void run();

    /// info, then init_chain if there is no chain yet, as at each start.
    void start(Replica& replica);
    void crash(Replica& replica);
    /// A whole height: rounds that fail, then one that is decided on what `proposer` proposes.
    struct Height {
        std::size_t failing_rounds = 0;
        bool prepare = true;       ///< As CometBFT does; an engine within the process executes all.
        std::uint32_t absent = 0;  ///< So many miners let their turn pass.
    };
    void decide(Replica& proposer, const std::vector<DraftPtr>& drafts, const Height& how);
    /// finalize_block of the next decided height.
    void finalize(Replica& replica);
    /// commit, which a crash of its disk may interrupt.
    void commit(Replica& replica);
    /// The same in two steps, with the next decided height finalized between them. A write that
    /// finds no room gives the block up.
    void commit_ahead(Replica& replica);
    /// finalize_block and commit until the replica is at the tip.
    void catch_up(Replica& replica);
    void check_tx(Replica& replica, const DraftPtr& draft);
    void recheck(Replica& replica);
    void take_snapshot(Replica& replica);
    /// A new machine in place of `replica`, with its state from `source`. `faults`: chunks out of
    /// order and damaged, a wrong trusted header, a crash on the way. False: the disk failed, or
    /// `source` has no snapshot.
    bool restore(Replica& replica, Replica& source, bool faults);
    void prune(Replica& replica, wire::Height retain);
    /// Whether it has executed all that is decided.
    [[nodiscard]] bool at_tip(const Replica& replica) const;
    /// No fault from here on: all start, catch up, and commit one more transaction.
    void heal();
    /// What must hold once all are at the tip.
    void require_agreement();

    [[nodiscard]] Replica& replica(std::size_t index) { return *replicas_.at(index); }
    [[nodiscard]] std::size_t replicas() const { return replicas_.size(); }
    [[nodiscard]] Workload& workload() { return workload_; }
    [[nodiscard]] const Model& model() const { return model_; }
    [[nodiscard]] const std::vector<Decided>& decided() const { return decided_; }
    [[nodiscard]] base::TimePoint now() const { return now_; }
    void pass_time(std::chrono::milliseconds by) { now_ += by; }

private:
    void step();
    void advance(Replica& replica);
    void arm(Replica& replica);
    void disturb(Replica& replica);
    [[nodiscard]] ledger::Candidate candidate_of(const std::vector<DraftPtr>& drafts,
                                                 std::uint32_t absent);
    [[nodiscard]] base::TimePoint tip_time() const;
    void failing_round(const std::vector<DraftPtr>& drafts);
    void propose(Replica& proposer, const ledger::Candidate& candidate,
                 std::vector<DraftPtr>& drafts);
    [[nodiscard]] wire::Seal sealed(Replica& proposer, const Decided& entry);
    void add_approvals(wire::Seal& seal, const Decided& entry);
    void try_bad_seals(Replica& replica);
    /// `block`, the next one decided, is on the replica's disk.
    void acknowledge(Replica& replica, const wire::Block& block);
    bool restore_chunks(Replica& replica, Replica& source, const ledger::Snapshot& snapshot,
                        bool faults);
    [[nodiscard]] bool knows_rules(const Replica& replica) const;
    void process(Replica& replica, const ledger::Candidate& candidate, const Verdict& expected);
    [[nodiscard]] std::vector<Verdict> verdicts_of(Model& model, const ledger::Candidate& candidate,
                                                   const std::vector<DraftPtr>& drafts) const;
    void finish_height(Replica& proposer, Decided entry);
    void check_finalized(const Replica& replica, const Decided& entry,
                         const ledger::Finalized& finalized) const;
    void check_checked(const Replica& replica, const Draft& draft, const ledger::TxResult& result);
    void check_header(const Decided& entry) const;
    void check_start(Replica& replica);
    void check_history(Replica& replica);
    void check_queries(Replica& replica);
    void check_state(Replica& replica);
    void check_turns(Replica& replica);
    [[nodiscard]] std::vector<Replica*> running_at_tip();
    [[nodiscard]] wire::Height decided_height() const {
        return decided_.empty() ? 0 : decided_.back().height;
    }
    void say(std::string_view text) { trace_.line(text); }

    Options options_;
    Trace& trace_;
    Dice dice_;
    Notary notary_;
    Workload workload_;
    Model model_;
    std::vector<std::unique_ptr<Replica>> replicas_;
    std::vector<bool> genesis_acknowledged_;
    std::vector<Decided> decided_;
    std::vector<std::size_t> entry_of_height_;  ///< Index in `decided_`, from height 1 on.
    /// The consents after each height, from 0 on.
    std::vector<std::map<Model::Grant, Model::Consent>> consents_at_;
    std::map<wire::Height, ledger::Snapshot> snapshots_;  ///< As the first replica made them.
    std::map<std::pair<wire::Height, std::uint32_t>, crypto::Digest32> chunks_;
    base::TimePoint now_;
};

}  // namespace sim
