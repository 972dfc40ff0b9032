// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "consensus/committee.h"
#include "consensus/electorate.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"

namespace consensus {

/// Closes a chain's heights one after another: asks the miner whose turn it is, collects votes and
/// approvals, makes the seal, and passes the turn on when a miner stays silent or too few agree. It
/// has no key and no vote: a replica of its own (`application`) tells it whose turn it is and what
/// is refused, and holds every block that is certified. What it forgets in a crash the nodes tell
/// it again; what it says wrongly they refuse.
///
/// A height ends with its block, or without one: block time moves on with each turn, and once none
/// of the height's transactions would be accepted any more it is dropped. Before that every node
/// has one turn's time to show a block that it proposed while they were still good. Whoever gives
/// the same transactions to `begin` again is told why they are refused.
///
/// No thread, no clock and no I/O but its store: whoever drives it carries its requests to the
/// nodes, brings their answers, and calls `tick` at `next_tick`.
class Coordinator {
public:
    struct Parts {  // borrowed
        ledger::Application& application;
        crypto::SignatureVerifier& verifier;
    };
    struct Options {
        /// Unanswered requests are sent again after this long; chosen by us.
        std::chrono::milliseconds resend{250};
        std::size_t transactions_max = 2'000;  ///< In a block.
    };
    struct Outgoing {
        wire::LedgerId to;
        Request request;
    };

    /// Continues where the application stands. `nodes`: those that can be reached. Errors:
    /// `conflict` if the application holds no chain; `malformed` if its policy is `miner_alone`.
    [[nodiscard]] static base::Result<std::unique_ptr<Coordinator>> open(
        Parts parts, std::vector<wire::LedgerId> nodes, Options options);
    ~Coordinator();

    /// No height is being closed.
    [[nodiscard]] bool idle() const { return !work_; }
    /// Begins to close the next height with these. What would be refused is told at once, in order,
    /// and left out; if nothing is left, nothing begins. CHECKs `idle()`. Errors: the store's.
    [[nodiscard]] base::Result<std::vector<ledger::TxResult>> begin(
        std::vector<base::Bytes> transactions, base::TimePoint now);
    /// Errors: the store's; the answer may then come again.
    [[nodiscard]] base::Result<void> handle(const wire::LedgerId& from, const Answer& answer,
                                            base::TimePoint now);
    [[nodiscard]] base::Result<void> tick(base::TimePoint now);
    /// When `tick` has something to do.
    [[nodiscard]] base::TimePoint next_tick() const;

    /// Requests since the last call, to be carried to the nodes.
    [[nodiscard]] std::vector<Outgoing> take_outgoing();
    /// Blocks committed to the coordinator's own replica since the last call.
    [[nodiscard]] std::vector<SharedBlock> take_committed();
    /// Evidence and other transactions that nodes sent since the last call.
    [[nodiscard]] std::vector<base::Bytes> take_submitted();

    /// What is going on, for people.
    struct Status {
        wire::Height height = 0;  ///< That is being closed; 0: none.
        std::uint32_t attempt = 0;
        std::uint32_t passed_over = 0;
        std::string phase;  ///< "proposal", "votes", "approvals", "".
        std::uint32_t votes = 0;
        std::uint32_t approvals = 0;
        std::uint32_t needed = 0;
        std::string last_refusal;  ///< Why a node said no, if one did.
    };
    [[nodiscard]] Status status() const;

private:
    enum class Phase { proposal, votes, approvals };
    struct Work;

    Coordinator(Parts parts, std::vector<wire::LedgerId> nodes, Options options,
                wire::ConsensusPolicy policy);

    base::Result<void> on(const wire::LedgerId& from, const Proposed& proposed,
                          base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const Voted& voted, base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const Approved& approved,
                          base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const Refused& refused, base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const AtHeight& at, base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const Submitted& submitted,
                          base::TimePoint now);
    base::Result<void> on(const wire::LedgerId& from, const Delivered& delivered,
                          base::TimePoint now);

    base::Result<void> begin_attempt(base::TimePoint now);
    base::Result<void> ask_for_proposal(base::TimePoint now);
    /// Whether a block of this turn would hold any of the height's transactions.
    base::Result<bool> anything_left(const ledger::Turn& turn, base::TimePoint now);
    void offer(SharedBlock block, std::optional<Certificate> grounds, base::TimePoint now);
    /// The attempt came to nothing; the next one begins.
    base::Result<void> end_attempt(base::TimePoint now, bool pass_on);
    base::Result<void> time_out(base::TimePoint now);
    /// Sends what is asked for in this phase to those who have not answered.
    void send_again();
    [[nodiscard]] std::uint32_t next_attempt() const;
    [[nodiscard]] bool is_about_this(std::uint32_t attempt, const BlockName& block,
                                     Phase phase) const;
    base::Result<void> seal();
    base::Result<void> commit(const SharedBlock& block);
    base::Result<void> look_after_nodes(base::TimePoint now);
    base::Result<void> bring_up(const wire::LedgerId& node);
    void send(const wire::LedgerId& to, Request request);
    void send_all(const Request& request);

    Parts parts_;
    std::vector<wire::LedgerId> nodes_;
    Options options_;
    wire::ConsensusPolicy policy_;
    std::unique_ptr<Work> work_;                   ///< The height that is being closed.
    std::map<wire::LedgerId, wire::Height> tips_;  ///< What nodes said last.
    base::TimePoint look_at_;                      ///< When to look after nodes that are behind.
    std::vector<Outgoing> outgoing_;
    std::vector<SharedBlock> committed_;
    std::vector<base::Bytes> submitted_;
};

}  // namespace consensus
