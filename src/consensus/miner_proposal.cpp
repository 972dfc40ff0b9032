// SPDX-License-Identifier: Apache-2.0
// What a block is worth to one miner: its own proposals, those of others, and two by one miner.
#include <algorithm>
#include <string>
#include <utility>

#include "consensus/internal/candidate.h"
#include "consensus/internal/store_failure.h"
#include "consensus/miner_node.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

namespace {

/// Heights below the tip of which it is remembered who sealed what. Chosen by us.
constexpr wire::Height watched_depth = 8;

chain::OrphanReason reason_of(ErrorCode code) {
    using enum chain::OrphanReason;
    if (code == ErrorCode::not_eligible) return out_of_turn;
    if (code == ErrorCode::wrong_root) return wrong_execution;
    if (code == ErrorCode::conflict) return parent_mismatch;
    return refused_transaction;
}

}  // namespace

base::Result<SharedBlock> MinerNode::make_proposal(const AskProposal& ask,
                                                   const ledger::Turn& turn) {
    const auto info = parts_.application.info();
    ledger::Candidate candidate{.height = ask.height,
                                .time = std::max({ask.time, turn.not_before, info.time}),
                                .miner = id(),
                                .round = turn.round,
                                .transactions = *ask.transactions,
                                .passed_over = turn.passed_over};
    auto accepted = parts_.application.prepare_proposal(candidate);
    if (!accepted && accepted.error().code == ErrorCode::not_eligible) return SharedBlock();
    if (!accepted) return base::pass(accepted);
    if (accepted->empty()) return SharedBlock();
    candidate.transactions = std::move(*accepted);
    executed_.reset();
    auto finalized = parts_.application.finalize_block(candidate);
    if (!finalized) return base::pass(finalized);
    return seal(ask, turn, candidate, std::move(finalized->header_bytes));
}

base::Result<SharedBlock> MinerNode::seal(const AskProposal& ask, const ledger::Turn& turn,
                                          const ledger::Candidate& candidate,
                                          base::Bytes header_bytes) {
    auto header = wire::decode_header(header_bytes);
    if (!header) return base::pass(header);
    wire::Block block{.header_bytes = std::move(header_bytes),
                      .header = *std::move(header),
                      .seal = {.round = turn.round,
                               .signature = {},
                               .approvals = {},
                               .passed_over = turn.passed_over},
                      .transactions = candidate.transactions};
    if (turn.engine == wire::EngineKind::proof_of_work) {
        const auto nonce = parts_.grind(
            {.height = ask.height, .header_bytes = block.header_bytes, .target = turn.target});
        if (!nonce) return SharedBlock();
        block.seal.nonce = *nonce;
    }
    const auto signature = parts_.signer.sign(wire::sealed_message(block.header_bytes, block.seal));
    if (!signature) return base::pass(signature);
    block.seal.signature = *signature;
    executed_ = name_of(block);
    return std::make_shared<const wire::Block>(std::move(block));
}

base::Result<void> MinerNode::check_block(const wire::Block& block) {
    if (auto sealed = check_seal(block); !sealed) return sealed;
    if (executed_ == name_of(block)) return {};
    auto verdict = execute(block);
    if (verdict || is_store_failure(verdict.error().code)) return verdict;
    if (auto kept = keep_orphan(block, reason_of(verdict.error().code)); !kept) return kept;
    return verdict;
}

/// `conflict`: another parent; `wrong_root`: execution gives another header.
base::Result<void> MinerNode::execute(const wire::Block& block) {
    if (executed_ == name_of(block)) return {};
    executed_.reset();
    if (auto right = execute_exactly(parts_.application, block); !right) return right;
    executed_ = name_of(block);
    return {};
}

base::Result<void> MinerNode::keep_orphan(const wire::Block& block, chain::OrphanReason reason,
                                          std::uint32_t approvals, std::uint32_t needed) {
    return orphans_.keep({.height = block.header.height,
                          .parent = block.header.previous_hash,
                          .header = wire::hash_of_header(block.header_bytes),
                          .miner = block.header.miner,
                          .reason = reason,
                          .approvals = approvals,
                          .needed = needed});
}

base::Result<void> MinerNode::forget_adopted() {
    const auto orphans = orphans_.list();
    if (!orphans) return base::pass(orphans);
    for (const auto& orphan : *orphans) {
        const auto own = parts_.application.blocks().block(orphan.height);
        if (!own && own.error().code == ErrorCode::not_found) continue;  // above the tip, or pruned
        if (!own) return base::pass(own);
        if (wire::hash_of_header(own->header_bytes) != orphan.header) continue;
        if (auto forgotten = orphans_.forget(orphan.header); !forgotten) return forgotten;
    }
    return {};
}

base::Result<void> MinerNode::keep_branch(const wire::Block& block) {
    if (block.header.height == 0 || block.header.height >= next_height()) return {};
    const auto own = parts_.application.blocks().block(block.header.height);
    if (!own && own.error().code == ErrorCode::not_found) return {};  // pruned
    if (!own) return base::pass(own);
    if (own->header_bytes == block.header_bytes) {
        return orphans_.forget(wire::hash_of_header(block.header_bytes));
    }
    if (const auto sealed = check_seal(block); !sealed) {
        if (is_store_failure(sealed.error().code)) return sealed;
        return {};  // anybody could have made it up
    }
    const bool same_parent = own->header.previous_hash == block.header.previous_hash;
    return keep_orphan(block, same_parent ? chain::OrphanReason::closed_height
                                          : chain::OrphanReason::parent_mismatch);
}

base::Result<std::vector<Answer>> MinerNode::watch(const SharedBlock& block) {
    const auto tip = parts_.application.info().height;
    std::erase_if(seen_, [&](const auto& one) { return one.first.first + watched_depth < tip; });
    std::erase_if(settled_, [&](const auto& one) { return one.first + watched_depth < tip; });
    const auto& header = block->header;
    if (header.height == 0 || header.height + watched_depth < tip || header.height > tip + 1) {
        return std::vector<Answer>{};
    }
    const std::pair place{header.height, header.miner};
    auto known = seen_.find(place);
    if (known == seen_.end() && header.height <= tip) {
        auto own = parts_.application.blocks().block(header.height);
        if (!own && own.error().code != ErrorCode::not_found) return base::pass(own);
        if (own && own->header.miner == header.miner) {
            known =
                seen_.emplace(place, std::make_shared<const wire::Block>(std::move(*own))).first;
        }
    }
    if (known != seen_.end() && known->second->header_bytes == block->header_bytes) {
        return std::vector<Answer>{};
    }
    if (const auto sealed = check_seal(*block); !sealed) {
        if (is_store_failure(sealed.error().code)) return base::pass(sealed);
        return std::vector<Answer>{};  // anybody could have made it up
    }
    if (known != seen_.end()) return evidence_of(*known->second, *block);
    seen_.emplace(place, block);
    return std::vector<Answer>{};
}

base::Result<std::vector<Answer>> MinerNode::evidence_of(const wire::Block& a,
                                                         const wire::Block& b) {
    std::vector<Answer> answers;
    const Accusations::Place place{b.header.height, b.header.miner};
    if (a.header.height != b.header.height || a.header.miner != b.header.miner ||
        a.header_bytes == b.header_bytes || b.header.miner == id() ||
        accusations_.contains(place) || settled_.contains(place)) {
        return answers;
    }
    for (const auto* block : {&a, &b}) {
        const auto sealed = check_seal(*block);
        if (!sealed && is_store_failure(sealed.error().code)) return base::pass(sealed);
        if (!sealed) return answers;
    }
    const auto seal_of = [](const wire::Block& block) {
        wire::Seal seal = block.seal;
        seal.approvals.clear();
        return wire::encode(seal);
    };
    if (auto kept = accusations_.keep(place, {.header_a = a.header_bytes,
                                              .seal_a = seal_of(a),
                                              .header_b = b.header_bytes,
                                              .seal_b = seal_of(b)});
        !kept) {
        return base::pass(kept);
    }
    return press_charges(false);
}

base::Result<std::vector<Answer>> MinerNode::press_charges(bool again) {
    constexpr wire::Height patience = 2;  // heights in which what was sent can be in a block
    const auto tip = parts_.application.info().height;
    std::vector<Answer> answers;
    std::vector<Accusations::Place> void_ones;
    for (auto& [place, kept] : accusations_.all()) {
        if (!again && kept.told_at != 0 && kept.told_at + patience > tip + 1) continue;
        auto answer = charge(kept.evidence);
        if (!answer) return base::pass(answer);
        kept.told_at = tip + 1;
        if (*answer) answers.push_back(**std::move(answer));
        if (!*answer) void_ones.push_back(place);
    }
    for (const auto& place : void_ones) {
        if (auto forgotten = accusations_.forget(place); !forgotten) return base::pass(forgotten);
        settled_.insert(place);
    }
    return answers;
}

base::Result<std::optional<Answer>> MinerNode::charge(const wire::Evidence& evidence) {
    const auto sequence = parts_.next_sequence();
    if (!sequence) return base::pass(sequence);
    const auto info = parts_.application.info();
    const wire::TransactionBody body{.chain_id = info.chain_id,
                                     .sender = id(),
                                     .sequence = *sequence,
                                     .timestamp = info.time,
                                     .action = evidence};
    const wire::Signer* const signers[] = {&parts_.signer};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    const auto verdict = parts_.application.check_tx(*envelope, info.time);
    const auto code = static_cast<ErrorCode>(verdict.code);
    if (verdict.code != 0 && is_store_failure(code)) return fail(code, verdict.detail);
    if (verdict.code != 0) return std::optional<Answer>();
    return std::optional<Answer>(Submitted{.envelope = *std::move(envelope)});
}

}  // namespace consensus
