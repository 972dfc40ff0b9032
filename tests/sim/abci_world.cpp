// SPDX-License-Identifier: Apache-2.0
// The steps; abci_checks.cpp has what is looked at after them, abci_run.cpp how they are drawn.
#include "abci_world.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"

namespace sim {

using base::ErrorCode;

namespace {

std::string short_hex(base::ByteView bytes) {
    return base::to_hex(bytes.first(std::min<std::size_t>(bytes.size(), 8)));
}

std::vector<base::Bytes> envelopes_of(const std::vector<DraftPtr>& drafts) {
    std::vector<base::Bytes> out;
    out.reserve(drafts.size());
    for (const auto& draft : drafts) out.push_back(draft->envelope);
    return out;
}

/// The first refusal, as process_proposal reports it; nothing if all are accepted.
Verdict first_refusal(const std::vector<Verdict>& verdicts) {
    for (const auto& verdict : verdicts) {
        if (verdict) return verdict;
    }
    return {};
}

}  // namespace

AbciWorld::AbciWorld(const Options& options, const KeyRing& ring, Trace& trace)
    : options_(options),
      trace_(trace),
      dice_(options.seed),
      notary_(ring, options.signing),
      workload_(dice_, notary_,
                {.miners = options.miners,
                 .demo = dice_.chance(1, 4),
                 .policy = options.policy,
                 .upgrade_to = options.newest_version > 1 ? options.newest_version : 0}),
      model_(workload_.genesis(), options.signing),
      genesis_acknowledged_(options.replicas),
      now_(Workload::start() + std::chrono::seconds{1}) {
    for (std::size_t i = 0; i < options.replicas; ++i) {
        replicas_.push_back(std::make_unique<Replica>(i, options.signing, options.mutation));
        replicas_.back()->newest_version = options.newest_version;
    }
    consents_at_.emplace_back();
}

bool AbciWorld::at_tip(const Replica& replica) const {
    return replica.applied == decided_.size();
}

std::vector<Replica*> AbciWorld::running_at_tip() {
    std::vector<Replica*> out;
    for (const auto& replica : replicas_) {
        if (replica->running() && at_tip(*replica)) out.push_back(replica.get());
    }
    return out;
}

void AbciWorld::start(Replica& replica) {
    replica.start();
    const auto index = replica.index();
    if (!replica.app().initialised()) {
        require(!genesis_acknowledged_[index], replica.name() + " lost its genesis");
        replica.restored = false;
        replica.first_known = 0;
        const auto begun = replica.app().init_chain(workload_.genesis());
        say(fmt::format("{} init_chain {}", replica.name(), begun.has_value()));
        if (!begun) {
            require(!replica.disk().powered(), "init_chain: " + begun.error().detail);
            replica.bury();
            return;
        }
    }
    genesis_acknowledged_[index] = true;
    check_start(replica);
}

void AbciWorld::crash(Replica& replica) {
    replica.crash();
    say(replica.name() + " crashes");
}

base::TimePoint AbciWorld::tip_time() const {
    if (entry_of_height_.empty()) return workload_.genesis().time;
    return decided_[entry_of_height_.back()].candidate.time;
}

ledger::Candidate AbciWorld::candidate_of(const std::vector<DraftPtr>& drafts,
                                          std::uint32_t absent) {
    const auto turn = model_.turns().next(absent);
    CHECK(turn.has_value());
    auto miner = turn->miner;
    if (options_.policy.engine == wire::EngineKind::proof_of_work) {
        miner = dice_.pick(model_.turns().active());
    }
    return {.height = decided_height() + 1,
            .time = now_,
            .miner = miner,
            .round = turn->round,
            .transactions = envelopes_of(drafts),
            .passed_over = absent};
}

/// A damaged one is refused whatever the reason: `malformed` stands for all of them.
std::vector<Verdict> AbciWorld::verdicts_of(Model& model, const ledger::Candidate& candidate,
                                            const std::vector<DraftPtr>& drafts) const {
    std::vector<Verdict> out;
    model.begin({.height = candidate.height,
                 .time = candidate.time,
                 .passed_over = candidate.passed_over,
                 .miner = candidate.miner});
    for (const auto& draft : drafts) {
        out.push_back(draft->damaged ? ErrorCode::malformed : model.take(*draft));
    }
    return out;
}

/// Whether its program knows the rules of the next block.
bool AbciWorld::knows_rules(const Replica& replica) const {
    return model_.version_at(decided_height() + 1) <= replica.newest_version;
}

void AbciWorld::process(Replica& replica, const ledger::Candidate& candidate,
                        const Verdict& expected) {
    if (!knows_rules(replica)) return;  // its process would have ended
    const auto writes = replica.disk().writes();
    const auto processed = replica.app().process_proposal(candidate);
    say(fmt::format("{} process_proposal {} {}", replica.name(), candidate.height,
                    processed ? "accept" : base::name_of(processed.error().code)));
    require(processed.has_value() == !expected,
            fmt::format("{}: process_proposal says {}, expected {}", replica.name(),
                        processed ? "accept" : processed.error().detail,
                        expected ? base::name_of(*expected) : "accept"));
    require(replica.disk().writes() == writes, "process_proposal wrote to the disk");
}

/// A proposal that comes to nothing: honest, or wrong in one way.
void AbciWorld::failing_round(const std::vector<DraftPtr>& drafts) {
    auto candidate = candidate_of(drafts, 0);
    Model trial = model_;
    auto expected = first_refusal(verdicts_of(trial, candidate, drafts));
    switch (dice_.below(9)) {
        case 0:
            ++candidate.height;
            expected = ErrorCode::conflict;
            break;
        case 1:
            candidate.time = Workload::start() - std::chrono::milliseconds{1};
            expected = ErrorCode::malformed;
            break;
        case 2:
            ++candidate.round;
            expected = ErrorCode::not_eligible;
            break;
        case 3:
            candidate.miner = workload_.administrator();
            expected = ErrorCode::not_eligible;
            break;
        case 4:  // more than can be
            candidate.passed_over = model_.turns().passed_over_max() + 1;
            candidate.time += candidate.passed_over * options_.policy.turn_timeout;
            expected = ErrorCode::not_eligible;
            break;
        case 5: {  // too early
            const auto turn = model_.turns().next(1);
            if (!turn) break;
            candidate.passed_over = 1;
            candidate.miner = turn->miner;
            candidate.round = turn->round;
            candidate.time = tip_time() + options_.policy.turn_timeout;
            candidate.time -= std::chrono::milliseconds{1};
            expected = ErrorCode::not_eligible;
            break;
        }
        default:
            break;
    }
    for (auto* replica : running_at_tip()) {
        if (dice_.chance(2, 3)) process(*replica, candidate, expected);
    }
}

/// prepare_proposal: what it keeps is what the model accepts.
void AbciWorld::propose(Replica& proposer, const ledger::Candidate& candidate,
                        std::vector<DraftPtr>& drafts) {
    Model trial = model_;
    const auto verdicts = verdicts_of(trial, candidate, drafts);
    const auto prepared = proposer.app().prepare_proposal(candidate);
    require(prepared.has_value(), "prepare_proposal failed on an honest candidate: " +
                                      (prepared ? "" : prepared.error().detail));
    std::vector<DraftPtr> kept;
    for (std::size_t i = 0; i < drafts.size(); ++i) {
        if (!verdicts[i]) kept.push_back(drafts[i]);
    }
    say(fmt::format("{} prepare_proposal {} of {}", proposer.name(), prepared->size(),
                    drafts.size()));
    require(*prepared == envelopes_of(kept), "prepare_proposal keeps others than it must");
    drafts = std::move(kept);
}

void AbciWorld::decide(Replica& proposer, const std::vector<DraftPtr>& drafts, const Height& how) {
    CHECK(proposer.running() && at_tip(proposer) && knows_rules(proposer));
    for (auto left = how.failing_rounds; left > 0; --left) failing_round(drafts);
    Decided entry;
    entry.drafts = drafts;
    now_ = std::max(now_, tip_time() + how.absent * options_.policy.turn_timeout);
    entry.candidate = candidate_of(drafts, how.absent);
    if (how.prepare) propose(proposer, entry.candidate, entry.drafts);
    entry.candidate.transactions = envelopes_of(entry.drafts);
    entry.version = model_.version_at(entry.candidate.height);
    entry.verdicts = verdicts_of(model_, entry.candidate, entry.drafts);
    for (auto* replica : running_at_tip()) {
        if (dice_.chance(2, 3)) process(*replica, entry.candidate, first_refusal(entry.verdicts));
    }
    const auto finalized = proposer.app().finalize_block(proposer.as_seen(entry.candidate));
    require(finalized.has_value(), "finalize_block failed on what was decided: " +
                                       (finalized ? "" : finalized.error().detail));
    entry.results = finalized->results;
    entry.header_bytes = finalized->header_bytes;
    entry.app_hash = finalized->app_hash;
    entry.height = decided_height() + (entry.header_bytes.empty() ? 0 : 1);
    check_finalized(proposer, entry, *finalized);
    finish_height(proposer, std::move(entry));
    proposer.finalized = !decided_.back().header_bytes.empty();
    if (!proposer.finalized) ++proposer.applied;
}

void AbciWorld::finish_height(Replica& proposer, Decided entry) {
    say(fmt::format("decided {} of round {}, {} absent: {} of {} accepted, {}",
                    entry.candidate.height, entry.candidate.round, entry.candidate.passed_over,
                    model_.accepted(), entry.drafts.size(), short_hex(entry.app_hash.view())));
    require(entry.header_bytes.empty() == (model_.accepted() == 0),
            "a block is committed if and only if something is accepted");
    if (!entry.header_bytes.empty()) {
        check_header(entry);
        entry.active_miners = model_.turns().active().size();
        entry.seal = sealed(proposer, entry);
        model_.finish(wire::header_ref(entry.header_bytes));
        for (std::size_t i = 0; i < entry.drafts.size(); ++i) {
            if (!entry.verdicts[i]) workload_.accepted(*entry.drafts[i]);
        }
        entry_of_height_.push_back(decided_.size());
        consents_at_.push_back(model_.consents());
    }
    decided_.push_back(std::move(entry));
}

void AbciWorld::finalize(Replica& replica) {
    CHECK(replica.running() && !at_tip(replica));
    const auto& entry = decided_[replica.applied];
    const auto writes = replica.disk().writes();
    const auto finalized = replica.app().finalize_block(replica.as_seen(entry.candidate));
    if (!finalized && finalized.error().code == ErrorCode::unsupported_version) {
        say(replica.name() + " does not know these rules");
        require(entry.version > replica.newest_version, "it should know these rules");
        replica.crash();
        replica.newest_version = entry.version;  // it is updated before its next start
        return;
    }
    require(entry.version <= replica.newest_version, "an old program follows new rules");
    require(finalized.has_value(), replica.name() + " does not execute what was decided: " +
                                       (finalized ? "" : finalized.error().detail));
    say(fmt::format("{} finalize_block {} {}", replica.name(), entry.candidate.height,
                    short_hex(finalized->app_hash.view())));
    check_finalized(replica, entry, *finalized);
    require(replica.disk().writes() == writes, "finalize_block wrote to the disk");
    replica.finalized = !entry.header_bytes.empty();
    if (!replica.finalized) ++replica.applied;
}

void AbciWorld::commit(Replica& replica) {
    CHECK(replica.running() && replica.finalized);
    auto& entry = decided_[replica.applied];
    const auto block = replica.app().commit(entry.seal);
    say(fmt::format("{} commit {} {}", replica.name(), entry.height,
                    block ? "ok" : base::name_of(block.error().code)));
    if (!block) {
        if (!replica.disk().powered()) {
            replica.bury();
            return;
        }
        require(block.error().code == ErrorCode::storage_full,
                "commit of what was decided failed: " + block.error().detail);
        require(replica.app().info().height == entry.height - 1, "a failed commit took effect");
        return;
    }
    acknowledge(replica, *block);
}

void AbciWorld::acknowledge(Replica& replica, const wire::Block& block) {
    auto& entry = decided_[replica.applied];
    require(block.header_bytes == entry.header_bytes, "commit made another block");
    require(replica.app().info().app_hash == entry.app_hash, "another app hash after commit");
    if (!entry.written && !replica.restored) entry.written = replica.disk().last_batch();
    require(replica.restored || entry.written == replica.disk().last_batch(),
            replica.name() + " wrote other bytes for the same block");
    replica.acknowledged = entry.height;
    replica.finalized = false;
    ++replica.applied;
}

void AbciWorld::commit_ahead(Replica& replica) {
    CHECK(replica.running() && replica.finalized);
    const auto& entry = decided_[replica.applied];
    const auto taken = replica.app().go_ahead(entry.seal);
    require(taken.has_value(), "a block is not taken ahead: " +  //
                                   (taken ? "" : taken.error().detail));
    require(replica.app().standing().info.app_hash == entry.app_hash, "it stands on another block");
    require(replica.app().info().height == entry.height - 1, "a block is seen before its write");
    const auto* next = replica.applied + 1 < decided_.size() ? &entry + 1 : nullptr;
    if (next != nullptr && next->version > replica.newest_version) next = nullptr;
    if (next != nullptr) {
        const auto finalized = replica.app().finalize_block(replica.as_seen(next->candidate));
        require(finalized.has_value(), replica.name() + " does not execute upon a block ahead: " +
                                           (finalized ? "" : finalized.error().detail));
        check_finalized(replica, *next, *finalized);
    }
    const auto block = replica.app().write_ahead();
    say(fmt::format("{} write_ahead {} {}{}", replica.name(), entry.height,
                    block ? "ok" : base::name_of(block.error().code),
                    next != nullptr ? ", the next one is executed" : ""));
    if (block) {
        acknowledge(replica, *block);
        if (next == nullptr) return;
        replica.finalized = !next->header_bytes.empty();
        if (!replica.finalized) ++replica.applied;
    } else if (!replica.disk().powered()) {
        replica.bury();
    } else {
        require(block.error().code == ErrorCode::storage_full, "a write ahead failed");
        replica.app().give_up();
        replica.finalized = false;
        require(replica.app().standing().info.height == entry.height - 1, "it is still ahead");
    }
}

void AbciWorld::catch_up(Replica& replica) {
    // Two calls a height; a disk that stays full would be seen here.
    for (auto left = 2 * decided_.size() + 2; left > 0; --left) {
        if (at_tip(replica)) return;
        if (replica.finalized) {
            commit(replica);
        } else {
            finalize(replica);
        }
    }
    require(at_tip(replica), replica.name() + " does not catch up");
}

void AbciWorld::check_tx(Replica& replica, const DraftPtr& draft) {
    const auto result = replica.app().check_tx(draft->envelope, now_, ledger::CheckKind::first);
    say(fmt::format("{} check_tx {}", replica.name(), result.code));
    if (result.code == 0) replica.pool.push_back(draft);
    check_checked(replica, *draft, result);
}

void AbciWorld::recheck(Replica& replica) {
    std::vector<DraftPtr> kept;
    for (const auto& draft : replica.pool) {
        const auto result =
            replica.app().check_tx(draft->envelope, now_, ledger::CheckKind::recheck);
        say(fmt::format("{} recheck {}", replica.name(), result.code));
        if (result.code == 0) kept.push_back(draft);
        check_checked(replica, *draft, result);
    }
    replica.pool = std::move(kept);
}

}  // namespace sim
