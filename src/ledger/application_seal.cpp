// SPDX-License-Identifier: Apache-2.0
// Whose signatures a block needs.
#include <set>
#include <string>

#include "contracts/authenticity.h"
#include "contracts/difficulty.h"
#include "contracts/mining.h"
#include "ledger/application.h"
#include "ledger/internal/application_state.h"
#include "ledger/quorum.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

std::string name_of_miner(const wire::LedgerId& id) {
    return "miner " + base::to_hex(id.view());
}

base::Result<void> check_work(const state::StateView& view, base::ByteView header_bytes,
                              std::uint64_t nonce) {
    const auto difficulty = contracts::difficulty_record(view);
    if (!difficulty) return base::pass(difficulty);
    if (contracts::meets_target(header_bytes, nonce, difficulty->target)) return {};
    return fail(ErrorCode::not_eligible, "the proof of work misses the target");
}

base::Result<void> check_form(const wire::Seal& seal, wire::EngineKind engine) {
    if (engine != wire::EngineKind::proof_of_work && seal.nonce != 0) {
        return fail(ErrorCode::malformed, "a nonce where no work is asked for");
    }
    if (seal.approvals.empty() && seal.attempt != 0) {
        return fail(ErrorCode::malformed, "an attempt where nobody approves");
    }
    std::set<wire::LedgerId> seen;
    for (const auto& approval : seal.approvals) {
        if (seen.insert(approval.miner).second) continue;
        return fail(ErrorCode::malformed, name_of_miner(approval.miner) + " approves twice");
    }
    return {};
}

}  // namespace

base::Result<void> Application::State::check_approvals(const wire::Seal& seal) const {
    const auto message = wire::approval_message(pending->block.header_bytes, seal);
    std::vector<state::KeyRecord> keys;
    keys.reserve(seal.approvals.size());
    for (const auto& approval : seal.approvals) {
        const auto miner = contracts::find_miner(*tree, approval.miner);
        if (!miner) return base::pass(miner);
        if (!*miner) {
            return fail(ErrorCode::unknown_signer,
                        name_of_miner(approval.miner) + " approves and is not registered");
        }
        if ((*miner)->record.standing != wire::MinerStanding::active) {
            return fail(ErrorCode::not_eligible,
                        name_of_miner(approval.miner) + " approves and is not active");
        }
        const auto key = contracts::key_record_of(*tree, approval.miner);
        if (!key) return base::pass(key);
        if (!*key) return fail(ErrorCode::corrupted, "an active miner has no key");
        keys.push_back(**key);
    }
    std::vector<crypto::SignatureCheck> checks;
    checks.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        checks.push_back({.public_key = keys[i].public_key.view(),
                          .message = message,
                          .signature = seal.approvals[i].signature.view()});
    }
    if (checks.empty()) return {};
    const auto verdicts = verifier.verify(checks);
    for (std::size_t i = 0; i < verdicts.size(); ++i) {
        if (verdicts[i]) continue;
        return fail(
            ErrorCode::bad_signature,
            "the approval by " + name_of_miner(seal.approvals[i].miner) + " does not verify");
    }
    return {};
}

base::Result<void> Application::check_seal(const wire::Seal& seal) const {
    const auto& state = *state_;
    if (!state.pending) return fail(ErrorCode::conflict, "no block is finalized");
    const auto& pending = *state.pending;
    const Info& tip = state.executed->info;
    if (seal.round != pending.round) {
        return fail(ErrorCode::not_eligible, "the seal is of round " + std::to_string(seal.round) +
                                                 ", the turn is of round " +
                                                 std::to_string(pending.round));
    }
    if (seal.passed_over != pending.passed_over) {
        return fail(ErrorCode::not_eligible,
                    "the seal passes over " + std::to_string(seal.passed_over) +
                        " turns, the block " + std::to_string(pending.passed_over));
    }
    if (auto form = check_form(seal, tip.policy.engine); !form) return form;
    const auto& header_bytes = pending.block.header_bytes;
    if (tip.policy.engine == wire::EngineKind::proof_of_work) {
        if (auto work = check_work(*state.tree, header_bytes, seal.nonce); !work) return work;
    }
    const auto message = wire::sealed_message(header_bytes, seal);
    const crypto::SignatureCheck check{.public_key = pending.miner_key.view(),
                                       .message = message,
                                       .signature = seal.signature.view()};
    if (!state.verifier.verify({&check, 1}).front()) {
        return fail(ErrorCode::bad_signature,
                    "the seal is not the miner's signature of round and header");
    }
    if (auto approved = state.check_approvals(seal); !approved) return approved;
    const auto needed = approvals_needed(tip.policy.quorum, tip.active_miners);
    if (seal.approvals.size() < needed) {
        return fail(ErrorCode::not_authorised, std::to_string(seal.approvals.size()) + " of the " +
                                                   std::to_string(needed) +
                                                   " approvals that it needs");
    }
    return {};
}

}  // namespace ledger
