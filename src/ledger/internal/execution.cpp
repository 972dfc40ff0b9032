// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/execution.h"

#include <string>
#include <variant>

#include "base/check.h"
#include "base/lookup_table.h"
#include "contracts/authenticity.h"
#include "contracts/block_rules.h"
#include "contracts/registry.h"
#include "contracts/sequence.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

/// Executes one block's transactions one after another.
class BlockRun {
public:
    BlockRun(const Candidate& candidate, const ExecutionGround& ground)
        : candidate_(candidate),
          ground_(ground),
          block_{.height = candidate.height,
                 .time = candidate.time,
                 .demo = ground.tip.demo,
                 .policy = ground.tip.policy,
                 .version = ground.tip.version},
          overlay_(ground.state) {}

    /// Errors: `not_eligible`; the store's.
    base::Result<void> begin() {
        const contracts::TurnChoice choice{.height = candidate_.height,
                                           .passed_over = candidate_.passed_over,
                                           .miner = candidate_.miner};
        auto turn = contracts::begin_block(overlay_, choice, ground_.tip.header_ref, block_.policy);
        if (!turn) return base::pass(turn);
        if (turn->miner != candidate_.miner || turn->round != candidate_.round) {
            return fail(ErrorCode::not_eligible, "it is the turn of miner " +
                                                     base::to_hex(turn->miner.view()) +
                                                     " in round " + std::to_string(turn->round));
        }
        done_.turn = *std::move(turn);
        return {};
    }

    /// Errors: the store's alone; a refusal is a result.
    base::Result<void> take(std::size_t index, const SignatureDesk::Ready& ready) {
        TxResult result;
        if (ready.decoded) result.id = (*ready.decoded)->id;
        const auto outcome = ready.decoded ? try_one(**ready.decoded, ready.signers, result)
                                           : base::Result<void>(base::pass(ready.decoded));
        if (outcome) {
            accept(candidate_.transactions[index], **ready.decoded, result);
        } else if (contracts::is_store_failure(outcome.error().code)) {
            return outcome;
        } else {
            result.code = static_cast<std::uint32_t>(outcome.error().code);
            result.detail = outcome.error().detail;
        }
        done_.results.push_back(std::move(result));
        return {};
    }

    base::Result<Execution> finish() {
        if (done_.accepted.empty()) return std::move(done_);
        if (auto ended = contracts::end_block(overlay_, block_); !ended) return base::pass(ended);
        done_.changes = overlay_.take_changes();
        return std::move(done_);
    }

private:
    base::Result<void> check_form(const wire::TransactionBody& body) const {
        if (body.chain_id != ground_.tip.chain_id) {
            return fail(ErrorCode::wrong_chain,
                        "signed for chain " + body.chain_id + ", this is " + ground_.tip.chain_id);
        }
        if (body.timestamp > candidate_.time + contracts::clock_skew_max) {
            return fail(ErrorCode::malformed, "dated more than 5 minutes after the block's time");
        }
        return contracts::check_form(body);
    }

    /// `already_committed` for one that is in a block, or earlier in this one. Only a spent
    /// sequence can belong to such a transaction, so the index is asked only then.
    base::Result<void> check_new(const Decoded& decoded, TxResult& result) const {
        const auto fresh = contracts::is_fresh(overlay_, decoded.tx.body);
        if (!fresh) return base::pass(fresh);
        if (*fresh) return {};
        if (const auto* here = accepted_.find(decoded.id)) {
            result.place = Place{.height = candidate_.height, .index = *here};
        } else {
            const auto place = ground_.blocks.place_of(decoded.id);
            if (!place) return base::pass(place);
            result.place = *place;
        }
        if (!result.place) return {};
        return fail(ErrorCode::already_committed,
                    "in block " + std::to_string(result.place->height) + " already");
    }

    base::Result<void> try_one(const Decoded& decoded,
                               std::span<const contracts::SignerState> signers, TxResult& result) {
        const auto& body = decoded.tx.body;
        if (auto form = check_form(body); !form) return form;
        if (auto is_new = check_new(decoded, result); !is_new) return is_new;
        const contracts::Request request{
            .body = body, .body_ref = decoded.body_ref, .signers = signers};
        if (auto state = contracts::check_state(request, overlay_, block_); !state) return state;
        state::Overlay own(overlay_);
        if (auto spent = contracts::spend_sequence(own, body); !spent) return spent;
        if (auto applied = contracts::apply(request, own, block_); !applied) {
            // Whatever check_state let through applies, unless the store fails.
            CHECK(contracts::is_store_failure(applied.error().code));
            return applied;
        }
        own.commit_to_parent();
        return {};
    }

    void accept(const base::Bytes& envelope, const Decoded& decoded, TxResult& result) {
        const auto index = static_cast<std::uint32_t>(done_.accepted.size());
        result.place = Place{.height = candidate_.height, .index = index};
        accepted_.put(decoded.id, index);
        done_.accepted.push_back(envelope);
        done_.leaves.push_back(decoded.leaf.bytes);
        const bool grant = std::holds_alternative<wire::GrantConsent>(decoded.tx.body.action);
        done_.names.push_back({.id = decoded.id, .body_ref = decoded.body_ref, .grant = grant});
    }

    const Candidate& candidate_;
    const ExecutionGround& ground_;
    contracts::BlockContext block_;
    state::Overlay overlay_;
    base::LookupTable<wire::TxId, std::uint32_t> accepted_;  ///< Their places in this block.
    Execution done_;
};

base::Result<void> check_place(const Candidate& candidate, const ExecutionGround& ground) {
    const auto& tip = ground.tip;
    if (candidate.height != tip.height + 1) {
        return fail(ErrorCode::conflict, "the next block is " + std::to_string(tip.height + 1) +
                                             ", not " + std::to_string(candidate.height));
    }
    if (tip.version > ground.newest_version) {
        return fail(ErrorCode::unsupported_version,
                    "from block " + std::to_string(candidate.height) +
                        " on the chain follows version " + std::to_string(tip.version) +
                        " of the rules, this program knows version " +
                        std::to_string(ground.newest_version) +
                        "; install one that knows version " + std::to_string(tip.version));
    }
    if (candidate.time < tip.time) {
        return fail(ErrorCode::malformed, "the block is dated before the one below it");
    }
    // Counted before anything is read for it: a time far ahead must not cost much.
    if (candidate.passed_over > contracts::passed_over_max(tip.policy, tip.active_miners)) {
        return fail(ErrorCode::not_eligible, "more turns are passed over than can be");
    }
    if (candidate.time < tip.time + tip.policy.turn_timeout * candidate.passed_over) {
        return fail(ErrorCode::not_eligible,
                    "too early to pass over " + std::to_string(candidate.passed_over) + " turns");
    }
    return {};
}

}  // namespace

base::Result<Execution> execute(const Candidate& candidate, const ExecutionGround& ground,
                                const Prepare& prepare) {
    if (auto placed = check_place(candidate, ground); !placed) return base::pass(placed);
    BlockRun run(candidate, ground);
    if (auto begun = run.begin(); !begun) return base::pass(begun);
    const auto ready = prepare();
    if (!ready) return base::pass(ready);
    CHECK(ready->size() == candidate.transactions.size());
    for (std::size_t i = 0; i < ready->size(); ++i) {
        if (auto taken = run.take(i, (*ready)[i]); !taken) return base::pass(taken);
    }
    return run.finish();
}

}  // namespace ledger
