// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/candidate.h"

#include <string>

#include "consensus/proof_of_work.h"

namespace consensus {

using base::ErrorCode;
using base::fail;

namespace {

/// What a seal says beside its signatures.
base::Result<void> check_work(const ledger::Application& application, const wire::Block& block) {
    if (application.info().policy.engine != wire::EngineKind::proof_of_work) {
        if (block.seal.nonce == 0) return {};
        return fail(ErrorCode::malformed, "a nonce where there is no proof of work");
    }
    const auto turn = application.next_turn(block.seal.passed_over);
    if (!turn) return base::pass(turn);
    const Work work{
        .height = block.header.height, .header_bytes = block.header_bytes, .target = turn->target};
    if (meets(work, block.seal.nonce)) return {};
    return fail(ErrorCode::not_eligible, "the nonce misses the target");
}

}  // namespace

ledger::Candidate candidate_of(const wire::Block& block) {
    return {.height = block.header.height,
            .time = block.header.time,
            .miner = block.header.miner,
            .round = block.seal.round,
            .transactions = block.transactions,
            .passed_over = block.seal.passed_over};
}

base::Result<void> execute_exactly(ledger::Application& application, const wire::Block& block) {
    if (block.header.previous_hash != application.info().app_hash) {
        return fail(ErrorCode::conflict, "it stands on another block than the chain's tip");
    }
    const auto finalized = application.finalize_block(candidate_of(block));
    if (!finalized) return base::pass(finalized);
    for (const auto& result : finalized->results) {
        if (result.code == 0) continue;
        return fail(static_cast<ErrorCode>(result.code), "a transaction: " + result.detail);
    }
    if (finalized->header_bytes != block.header_bytes) {
        return fail(ErrorCode::wrong_root, "execution gives another header");
    }
    return check_work(application, block);
}

}  // namespace consensus
