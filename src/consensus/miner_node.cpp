// SPDX-License-Identifier: Apache-2.0
#include "consensus/miner_node.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "base/check.h"
#include "consensus/internal/store_failure.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

base::Result<std::unique_ptr<MinerNode>> MinerNode::open(Parts parts) {
    if (!parts.application.initialised()) {
        return fail(ErrorCode::conflict, "the miner's ledger holds no chain yet; create one first");
    }
    auto orphans = OrphanStore::open(parts.notes);
    if (!orphans) return base::pass(orphans);
    auto ballot = Ballot::open(parts.notes);
    if (!ballot) return base::pass(ballot);
    ballot->begin(parts.application.info().height + 1);
    auto accusations = Accusations::open(parts.notes);
    if (!accusations) return base::pass(accusations);
    auto node = std::unique_ptr<MinerNode>(new MinerNode(
        std::move(parts), std::move(*orphans), std::move(*ballot), std::move(*accusations)));
    if (auto forgotten = node->forget_adopted(); !forgotten) return base::pass(forgotten);
    return node;
}

base::Result<std::vector<Answer>> MinerNode::handle(const Request& request) {
    return std::visit([this](const auto& one) { return on(one); }, request);
}

wire::Height MinerNode::next_height() const {
    return parts_.application.info().height + 1;
}

base::Result<const Electorate*> MinerNode::electorate() {
    const auto height = next_height();
    if (!electorate_ || electorate_->first != height) {
        auto read = Electorate::of(parts_.application);
        if (!read) return base::pass(read);
        electorate_.emplace(height, std::move(*read));
    }
    return &electorate_->second;
}

base::Result<void> MinerNode::check_seal(const wire::Block& block) {
    const auto voters = electorate();
    if (!voters) return base::pass(voters);
    return (*voters)->check(parts_.verifier, block.header.miner,
                            wire::sealed_message(block.header_bytes, block.seal),
                            block.seal.signature);
}

MinerNode::Answers MinerNode::place() const {
    return std::vector<Answer>{AtHeight{.height = parts_.application.info().height}};
}

Refused MinerNode::refusal(const SharedBlock& block, std::uint32_t attempt, base::Error reason,
                           bool wrong) const {
    return {.attempt = attempt,
            .block = name_of(*block),
            .reason = std::move(reason),
            .wrong = wrong,
            .newest_attempt = ballot_.attempt().value_or(0),
            .locked = ballot_.locked()};
}

MinerNode::Answers MinerNode::on(const AskProposal& ask) {
    if (ask.height != next_height()) return place();
    if (ballot_.proposal()) return std::vector<Answer>{Proposed{.block = ballot_.proposal()}};
    const auto turn = parts_.application.next_turn(ask.passed_over);
    if (!turn) return place();
    if (turn->engine != wire::EngineKind::proof_of_work && turn->miner != id()) return place();
    auto block = make_proposal(ask, *turn);
    if (!block) return base::pass(block);
    if (!*block) return place();
    if (auto written = ballot_.propose(*block); !written) return base::pass(written);
    return std::vector<Answer>{Proposed{.block = *block}};
}

/// Whether this node is free to vote for the block at this attempt.
base::Result<void> MinerNode::check_attempt(const Offer& offer) const {
    const auto name = name_of(*offer.block);
    if (ballot_.attempt()) {
        if (offer.attempt < *ballot_.attempt()) {
            return fail(ErrorCode::conflict,
                        "attempt " + std::to_string(*ballot_.attempt()) + " has begun");
        }
        if (offer.attempt == *ballot_.attempt() && ballot_.voted() && ballot_.voted() != name) {
            return fail(ErrorCode::conflict, "voted for another block at this attempt");
        }
    }
    if (!ballot_.locked() || ballot_.locked()->certificate.block == name) return {};
    const auto locked_at = ballot_.locked()->certificate.attempt;
    const bool freed = offer.grounds && offer.grounds->attempt > locked_at &&
                       offer.grounds->attempt < offer.attempt;
    if (freed) return {};
    return fail(ErrorCode::conflict,
                "locked on another block since attempt " + std::to_string(locked_at));
}

MinerNode::Answers MinerNode::on(const Offer& offer) {
    auto answers = watch(offer.block);
    if (!answers) return answers;
    const auto& block = *offer.block;
    const auto add = [&](Answer answer) {
        answers->push_back(std::move(answer));
        return std::move(answers);
    };
    if (block.header.height != next_height()) {
        if (auto kept = keep_branch(block); !kept) return base::pass(kept);
        return add(AtHeight{.height = parts_.application.info().height});
    }
    auto verdict = check_attempt(offer);
    if (verdict && offer.grounds) {
        const auto voters = electorate();
        if (!voters) return base::pass(voters);
        verdict = (*voters)->check(parts_.verifier, block, *offer.grounds);
    }
    const bool free = verdict.has_value();
    if (verdict) verdict = check_block(block);
    if (!verdict) {
        if (is_store_failure(verdict.error().code)) return base::pass(verdict);
        return add(refusal(offer.block, offer.attempt, verdict.error(), free));
    }
    const auto name = name_of(block);
    if (ballot_.attempt() != offer.attempt || !ballot_.voted()) {
        if (auto written = ballot_.vote(offer.attempt, name); !written) return base::pass(written);
    }
    const auto signature = parts_.signer.sign(vote_message(block, offer.attempt));
    if (!signature) return base::pass(signature);
    return add(Voted{
        .attempt = offer.attempt, .block = name, .vote = {.miner = id(), .signature = *signature}});
}

MinerNode::Answers MinerNode::on(const AskApproval& ask) {
    const auto& [shared, certificate] = ask.locked;
    const auto& block = *shared;
    auto answers = watch(shared);
    if (!answers) return answers;
    const auto add = [&](Answer answer) {
        answers->push_back(std::move(answer));
        return std::move(answers);
    };
    if (block.header.height != next_height()) {
        return add(AtHeight{.height = parts_.application.info().height});
    }
    const auto voters = electorate();
    if (!voters) return base::pass(voters);
    auto verdict = (*voters)->check(parts_.verifier, block, certificate);
    if (verdict && ballot_.attempt().value_or(0) > certificate.attempt) {
        verdict = fail(ErrorCode::conflict,
                       "attempt " + std::to_string(*ballot_.attempt()) + " has begun");
    }
    const auto& locked = ballot_.locked();
    const bool locked_now = locked && locked->certificate.attempt == certificate.attempt;
    if (verdict && locked_now && locked->certificate.block != certificate.block) {
        verdict = fail(ErrorCode::conflict, "approved another block at this attempt");
    }
    const bool free = verdict.has_value();
    if (verdict) verdict = check_block(block);
    if (!verdict) {
        if (is_store_failure(verdict.error().code)) return base::pass(verdict);
        return add(refusal(shared, certificate.attempt, verdict.error(), free));
    }
    if (!locked_now) {
        if (auto written = ballot_.lock(ask.locked); !written) return base::pass(written);
    }
    const auto signature = parts_.signer.sign(approval_message(block, certificate.attempt));
    if (!signature) return base::pass(signature);
    return add(Approved{.attempt = certificate.attempt,
                        .block = certificate.block,
                        .approval = {.miner = id(), .signature = *signature}});
}

MinerNode::Answers MinerNode::on(const Deliver& deliver) {
    auto answers = watch(deliver.block);
    if (!answers) return answers;
    const auto& block = *deliver.block;
    if (block.header.height == next_height()) {
        auto done = execute(block);
        if (done) {
            executed_.reset();
            const auto committed = parts_.application.commit(block.seal);
            if (!committed) done = base::pass(committed);
        }
        if (!done && is_store_failure(done.error().code)) return base::pass(done);
        if (!done) {
            answers->push_back(refusal(deliver.block, block.seal.attempt, done.error(), true));
            return answers;
        }
        ballot_.begin(next_height());
        if (auto forgotten = orphans_.forget(wire::hash_of_header(block.header_bytes));
            !forgotten) {
            return base::pass(forgotten);
        }
        auto charges = press_charges(false);
        if (!charges) return charges;
        std::ranges::move(*charges, std::back_inserter(*answers));
    } else if (auto kept = keep_branch(block); !kept) {
        return base::pass(kept);
    }
    answers->push_back(AtHeight{.height = parts_.application.info().height});
    return answers;
}

MinerNode::Answers MinerNode::on(const GiveUp& given_up) {
    const auto& block = *given_up.block;
    if (block.header.height != next_height()) return place();
    if (orphans_.contains(wire::hash_of_header(block.header_bytes)) && given_up.approvals == 0) {
        return std::vector<Answer>{};  // with its reason, or with more approvals
    }
    const auto sealed = check_seal(block);
    if (!sealed && is_store_failure(sealed.error().code)) return base::pass(sealed);
    if (!sealed) return std::vector<Answer>{};  // anybody could have made it up
    const auto kept = keep_orphan(block, chain::OrphanReason::too_few_approvals, given_up.approvals,
                                  given_up.needed);
    if (!kept) return base::pass(kept);
    return std::vector<Answer>{};
}

MinerNode::Answers MinerNode::on(const ShowTwo& two) {
    return evidence_of(*two.first, *two.second);
}

MinerNode::Answers MinerNode::on(const AskBlocks& ask) {
    const auto tip = parts_.application.info().height;
    std::vector<Answer> answers{AtHeight{.height = tip}};
    if (ask.from > tip) {  // a coordinator that does not know this node: it may have been killed
        auto charges = press_charges(true);
        if (!charges) return charges;
        std::ranges::move(*charges, std::back_inserter(answers));
    }
    for (auto height = ask.from; height <= tip && answers.size() <= blocks_at_once; ++height) {
        auto block = parts_.application.blocks().block(height);
        if (!block) return base::pass(block);
        answers.emplace_back(
            Delivered{.block = std::make_shared<const wire::Block>(std::move(*block))});
    }
    return answers;
}

}  // namespace consensus
