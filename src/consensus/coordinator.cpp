// SPDX-License-Identifier: Apache-2.0
#include "consensus/coordinator.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "consensus/internal/candidate.h"
#include "consensus/internal/coordinator_work.h"
#include "consensus/internal/store_failure.h"
#include "consensus/proposal_bounds.h"

namespace consensus {

using base::ErrorCode;
using base::fail;
using base::TimePoint;

namespace {
constexpr std::size_t submitted_max = 64;  // of nodes' own transactions; chosen by us
}  // namespace

Coordinator::Coordinator(Parts parts, std::vector<wire::LedgerId> nodes, Options options,
                         wire::ConsensusPolicy policy)
    : parts_(parts), nodes_(std::move(nodes)), options_(options), policy_(policy) {}
Coordinator::~Coordinator() = default;

base::Result<std::unique_ptr<Coordinator>> Coordinator::open(Parts parts,
                                                             std::vector<wire::LedgerId> nodes,
                                                             Options options) {
    if (!parts.application.initialised()) {
        return fail(ErrorCode::conflict, "the ledger holds no chain yet; create one first");
    }
    const auto policy = parts.application.info().policy;
    if (policy.quorum == wire::Quorum::miner_alone) {
        return fail(ErrorCode::malformed, "on this chain each miner seals alone");
    }
    return std::unique_ptr<Coordinator>(new Coordinator(parts, std::move(nodes), options, policy));
}

base::Result<std::vector<ledger::TxResult>> Coordinator::begin(
    std::vector<base::Bytes> transactions, TimePoint now) {
    CHECK(idle());
    const auto info = parts_.application.info();
    const auto turn = parts_.application.next_turn();
    if (!turn) return base::pass(turn);
    const ledger::Candidate candidate{.height = info.height + 1,
                                      .time = std::max({now, info.time, turn->not_before}),
                                      .miner = turn->miner,
                                      .round = turn->round,
                                      .transactions = std::move(transactions),
                                      .passed_over = turn->passed_over};
    auto finalized = parts_.application.finalize_block(candidate);
    if (!finalized) return base::pass(finalized);
    std::vector<base::Bytes> accepted;
    for (std::size_t i = 0; i < candidate.transactions.size(); ++i) {
        if (finalized->results[i].code == 0) accepted.push_back(candidate.transactions[i]);
    }
    if (accepted.empty()) return std::move(finalized->results);
    auto electorate = Electorate::of(parts_.application);
    if (!electorate) return base::pass(electorate);
    work_ = std::make_unique<Work>();
    work_->height = candidate.height;
    work_->electorate = std::move(*electorate);
    work_->transactions = std::make_shared<const std::vector<base::Bytes>>(std::move(accepted));
    work_->good_at = candidate.time;
    if (auto begun = begin_attempt(now); !begun) {
        work_.reset();
        return base::pass(begun);
    }
    return std::move(finalized->results);
}

void Coordinator::send(const wire::LedgerId& to, Request request) {
    outgoing_.push_back({.to = to, .request = std::move(request)});
}

void Coordinator::send_all(const Request& request) {
    for (const auto& node : nodes_) send(node, request);
}

base::Result<void> Coordinator::begin_attempt(TimePoint now) {
    auto& work = *work_;
    if (!work.newest_lock) return ask_for_proposal(now);
    offer(work.newest_lock->block, work.newest_lock->certificate, now);
    return {};
}

base::Result<bool> Coordinator::anything_left(const ledger::Turn& turn, TimePoint now) {
    auto& work = *work_;
    const auto time = std::max({now, parts_.application.info().time, turn.not_before});
    if (time == work.good_at) return true;
    const auto accepted = parts_.application.prepare_proposal({.height = work.height,
                                                               .time = time,
                                                               .miner = turn.miner,
                                                               .round = turn.round,
                                                               .transactions = *work.transactions,
                                                               .passed_over = turn.passed_over});
    if (!accepted) return base::pass(accepted);
    if (!accepted->empty()) work.good_at = time;
    return !accepted->empty();
}

base::Result<void> Coordinator::ask_for_proposal(TimePoint now) {
    auto& work = *work_;
    auto turn = parts_.application.next_turn(work.passed_over);
    if (!turn && work.passed_over > 0) {  // once through all of them: begin again
        work.passed_over = 0;
        work.faulty.clear();
        turn = parts_.application.next_turn(0);
    }
    work.phase = Phase::proposal;
    work.block.reset();
    work.votes.clear();
    work.approvals.clear();
    work.refused.clear();
    work.found_wrong.clear();
    work.asked.clear();
    work.last_look = false;
    work.deadline = now + policy_.turn_timeout;
    work.resend_at = now + options_.resend;
    if (!turn) return {};
    work.passed_most = std::max(work.passed_most, work.passed_over);
    const auto something = anything_left(*turn, now);
    if (!something) return base::pass(something);
    work.last_look = !*something;
    // A node shows what it has proposed whoever's turn it is.
    const bool anybody = turn->engine == wire::EngineKind::proof_of_work || work.last_look;
    for (const auto& node : nodes_) {
        if (!anybody && node != turn->miner) continue;
        if (work.faulty.contains(node)) continue;
        work.asked.insert(node);
    }
    for (const auto& [miner, block] : work.proposals) {
        if (!work.asked.contains(miner)) continue;
        offer(block, std::nullopt, now);
        return {};
    }
    work.asked_at = now;
    send_again();
    return {};
}

void Coordinator::offer(SharedBlock block, std::optional<Certificate> grounds, TimePoint now) {
    auto& work = *work_;
    work.phase = Phase::votes;
    work.last_look = false;
    work.name = name_of(*block);
    work.block = std::move(block);
    work.grounds = std::move(grounds);
    work.votes.clear();
    work.approvals.clear();
    work.refused.clear();
    work.found_wrong.clear();
    work.deadline = now + policy_.turn_timeout;
    work.resend_at = now + options_.resend;
    send_again();
}

void Coordinator::send_again() {
    auto& work = *work_;
    for (const auto& node : nodes_) {
        if (work.refused.contains(node)) continue;
        if (work.phase == Phase::proposal && work.asked.contains(node)) {
            send(node, AskProposal{.height = work.height,
                                   .passed_over = work.passed_over,
                                   .time = work.asked_at,
                                   .transactions = work.transactions});
        } else if (work.phase == Phase::votes && !work.votes.contains(node)) {
            send(node,
                 Offer{.attempt = work.attempt, .block = work.block, .grounds = work.grounds});
        } else if (work.phase == Phase::approvals && !work.approvals.contains(node)) {
            send(node, AskApproval{.locked = *work.newest_lock});
        }
    }
}

/// A liar may claim any attempt: no more of them are believed than could be honest.
std::uint32_t Coordinator::next_attempt() const {
    const auto& work = *work_;
    std::vector<std::uint32_t> claims;
    for (const auto& [node, claim] : work.claims) claims.push_back(claim);
    std::ranges::sort(claims, std::greater<>());
    const auto voters = work.electorate.miners().size();
    const auto liars = voters - std::min<std::size_t>(voters, work.electorate.needed());
    std::uint32_t next = work.attempt + 1;
    if (claims.size() > liars) next = std::max(next, claims[liars] + 1);
    return next;
}

base::Result<void> Coordinator::end_attempt(TimePoint now, bool pass_on) {
    auto& work = *work_;
    work.attempt = next_attempt();
    if (pass_on && !work.newest_lock) ++work.passed_over;
    return begin_attempt(now);
}

base::Result<void> Coordinator::time_out(TimePoint now) {
    auto& work = *work_;
    if (work.last_look && !work.newest_lock) {  // nobody has a block for this height
        work_.reset();
        return {};
    }
    if (work.phase == Phase::proposal) {  // nobody was asked for a vote: the attempt stands
        ++work.passed_over;
        return begin_attempt(now);
    }
    if (!work.newest_lock) {
        send_all(GiveUp{.block = work.block,
                        .approvals = static_cast<std::uint32_t>(work.votes.size()),
                        .needed = work.electorate.needed()});
    }
    return end_attempt(now, true);
}

bool Coordinator::is_about_this(std::uint32_t attempt, const BlockName& block, Phase phase) const {
    return work_ && work_->phase == phase && work_->block && work_->attempt == attempt &&
           work_->name == block;
}

base::Result<void> Coordinator::handle(const wire::LedgerId& from, const Answer& answer,
                                       TimePoint now) {
    if (std::ranges::find(nodes_, from) == nodes_.end()) return {};
    return std::visit([&](const auto& one) { return on(from, one, now); }, answer);
}

base::Result<void> Coordinator::on(const wire::LedgerId& from, const Proposed& proposed,
                                   TimePoint now) {
    const auto& header = proposed.block->header;
    if (!work_ || header.height != work_->height || header.miner != from) return {};
    auto& work = *work_;
    const auto sealed = wire::sealed_message(proposed.block->header_bytes, proposed.block->seal);
    if (!work.electorate.check(parts_.verifier, from, sealed, proposed.block->seal.signature)) {
        return {};
    }
    const ProposalBounds bounds{.now = now,
                                .tip_time = parts_.application.info().time,
                                .turn_timeout = policy_.turn_timeout,
                                .passed_most = work.passed_most};
    if (!may_be_proposed(*proposed.block, bounds)) return {};
    const auto [known, is_new] = work.proposals.try_emplace(from, proposed.block);
    if (!is_new && known->second->header_bytes != proposed.block->header_bytes) {
        for (const auto& node : nodes_) {
            if (node == from) continue;
            send(node, ShowTwo{.first = known->second, .second = proposed.block});
        }
        return {};
    }
    if (work.phase == Phase::proposal && work.asked.contains(from)) {
        offer(known->second, std::nullopt, now);
    }
    return {};
}

base::Result<void> Coordinator::on(const wire::LedgerId& from, const Voted& voted, TimePoint now) {
    if (voted.vote.miner != from || !is_about_this(voted.attempt, voted.block, Phase::votes)) {
        return {};
    }
    auto& work = *work_;
    const auto message = vote_message(*work.block, work.attempt);
    if (!work.electorate.check(parts_.verifier, from, message, voted.vote.signature)) return {};
    work.votes.insert_or_assign(from, voted.vote);
    if (work.votes.size() < work.electorate.needed()) return {};
    Certificate certificate{.attempt = work.attempt, .block = work.name, .votes = {}};
    for (const auto& [miner, vote] : work.votes) certificate.votes.push_back(vote);
    work.newest_lock = Locked{.block = work.block, .certificate = std::move(certificate)};
    work.phase = Phase::approvals;
    work.refused.clear();
    work.found_wrong.clear();
    work.deadline = now + policy_.turn_timeout;
    work.resend_at = now + options_.resend;
    send_again();
    return {};
}

base::Result<void> Coordinator::on(const wire::LedgerId& from, const Approved& approved,
                                   TimePoint) {
    if (approved.approval.miner != from ||
        !is_about_this(approved.attempt, approved.block, Phase::approvals)) {
        return {};
    }
    auto& work = *work_;
    const auto message = approval_message(*work.block, work.attempt);
    if (!work.electorate.check(parts_.verifier, from, message, approved.approval.signature)) {
        return {};
    }
    work.approvals.insert_or_assign(from, approved.approval);
    if (work.approvals.size() < work.electorate.needed()) return {};
    return seal();
}

base::Result<void> Coordinator::seal() {
    const auto& work = *work_;
    wire::Block block = *work.block;
    block.seal.attempt = work.attempt;
    block.seal.approvals.clear();
    for (const auto& [miner, approval] : work.approvals) block.seal.approvals.push_back(approval);
    return commit(std::make_shared<const wire::Block>(std::move(block)));
}

/// The coordinator's own replica first: what is acknowledged upwards stands there.
base::Result<void> Coordinator::commit(const SharedBlock& block) {
    if (auto right = execute_exactly(parts_.application, *block); !right) return right;
    if (const auto done = parts_.application.commit(block->seal); !done) return base::pass(done);
    committed_.push_back(block);
    work_.reset();
    send_all(Deliver{.block = block});
    return {};
}

base::Result<void> Coordinator::on(const wire::LedgerId& from, const Refused& refused,
                                   TimePoint now) {
    if (!work_ || work_->electorate.find(from) == nullptr) return {};
    auto& work = *work_;
    work.last_refusal = refused.reason.detail;
    if (refused.newest_attempt != 0) work.claims[from] = refused.newest_attempt;
    const auto& lock = refused.locked;
    const bool newer =
        lock && lock->block->header.height == work.height &&
        (!work.newest_lock || lock->certificate.attempt > work.newest_lock->certificate.attempt) &&
        work.electorate.check(parts_.verifier, *lock->block, lock->certificate);
    if (newer) work.newest_lock = lock;
    if (!work.block || refused.attempt != work.attempt || refused.block != work.name) return {};
    if (newer && lock->certificate.block != work.name) return end_attempt(now, false);
    work.refused.insert(from);
    if (refused.wrong) work.found_wrong.insert(from);
    const auto voters = work.electorate.miners().size();
    const auto without = [&](const std::set<wire::LedgerId>& some) {
        return voters - std::min(voters, some.size()) < work.electorate.needed();
    };
    if (!without(work.refused)) return {};
    if (!without(work.found_wrong)) return end_attempt(now, false);
    // The block is wrong. Its miner's turn lasts until the timeout, as if it had stayed silent.
    work.faulty.insert(work.block->header.miner);
    work.proposals.erase(work.block->header.miner);
    work.attempt = next_attempt();
    work.phase = Phase::proposal;
    work.block.reset();
    work.asked.clear();
    return {};
}

base::Result<void> Coordinator::on(const wire::LedgerId& from, const AtHeight& at, TimePoint) {
    tips_[from] = at.height;
    const auto tip = parts_.application.info().height;
    if (at.height > tip) send(from, AskBlocks{.from = tip + 1});
    return {};
}

base::Result<void> Coordinator::on(const wire::LedgerId&, const Submitted& submitted, TimePoint) {
    if (submitted_.size() < submitted_max) submitted_.push_back(submitted.envelope);
    return {};
}

/// From a node that is ahead: what was sealed before the coordinator was killed.
base::Result<void> Coordinator::on(const wire::LedgerId& from, const Delivered& delivered,
                                   TimePoint) {
    const auto next = parts_.application.info().height + 1;
    if (delivered.block->header.height != next) return {};
    const auto done = commit(delivered.block);
    if (!done && is_store_failure(done.error().code)) return done;
    if (done && tips_[from] > next) send(from, AskBlocks{.from = next + 1});
    return {};
}

base::Result<void> Coordinator::bring_up(const wire::LedgerId& node) {
    const auto tip = parts_.application.info().height;
    const auto first = tips_.at(node) + 1;
    for (auto height = first; height <= tip && height < first + blocks_at_once; ++height) {
        auto block = parts_.application.blocks().block(height);
        if (!block) return base::pass(block);
        send(node, Deliver{.block = std::make_shared<const wire::Block>(std::move(*block))});
    }
    return {};
}

/// However busy the chain is: whoever is behind cannot vote.
base::Result<void> Coordinator::look_after_nodes(TimePoint now) {
    if (now < look_at_) return {};
    look_at_ = now + options_.resend;
    const auto tip = parts_.application.info().height;
    for (const auto& node : nodes_) {
        const auto known = tips_.find(node);
        if (known == tips_.end()) {
            send(node, AskBlocks{.from = tip + 1});
        } else if (known->second < tip) {
            if (auto brought = bring_up(node); !brought) return brought;
        }
    }
    return {};
}

base::Result<void> Coordinator::tick(TimePoint now) {
    if (auto looked = look_after_nodes(now); !looked) return looked;
    if (!work_) return {};
    if (now >= work_->deadline) return time_out(now);
    if (now >= work_->resend_at) {
        work_->resend_at = now + options_.resend;
        send_again();
    }
    return {};
}

TimePoint Coordinator::next_tick() const {
    return work_ ? std::min({work_->deadline, work_->resend_at, look_at_}) : look_at_;
}

std::vector<Coordinator::Outgoing> Coordinator::take_outgoing() {
    return std::exchange(outgoing_, {});
}
std::vector<SharedBlock> Coordinator::take_committed() {
    return std::exchange(committed_, {});
}
std::vector<base::Bytes> Coordinator::take_submitted() {
    return std::exchange(submitted_, {});
}

Coordinator::Status Coordinator::status() const {
    Status out;
    if (!work_) return out;
    constexpr const char* phases[] = {"proposal", "votes", "approvals"};
    out.height = work_->height;
    out.attempt = work_->attempt;
    out.passed_over = work_->passed_over;
    out.phase = phases[static_cast<std::size_t>(work_->phase)];
    out.votes = static_cast<std::uint32_t>(work_->votes.size());
    out.approvals = static_cast<std::uint32_t>(work_->approvals.size());
    out.needed = work_->electorate.needed();
    out.last_refusal = work_->last_refusal;
    return out;
}

}  // namespace consensus
