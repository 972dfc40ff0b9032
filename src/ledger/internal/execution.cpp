// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/execution.h"

#include <map>
#include <string>
#include <variant>

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/registry.h"
#include "contracts/sequence.h"

namespace ledger {

using base::ErrorCode;
using base::fail;

namespace {

/// The indexes of committed blocks, and the grants of the block in progress above them.
class Lookup final : public contracts::ChainLookup {
public:
    explicit Lookup(const BlockStore& blocks) : blocks_(blocks) {}

    base::Result<std::optional<wire::Height>> height_of_ref(
        const wire::Hash256& header_ref) const override {
        const auto known = heights_.find(header_ref);
        if (known != heights_.end()) return known->second;
        auto height = blocks_.height_of_ref(header_ref);
        if (height) heights_.emplace(header_ref, *height);
        return height;
    }
    base::Result<std::optional<state::ConsentKey>> consent_of_ref(
        const wire::Hash256& consent) const override {
        std::optional<base::Bytes> key;
        if (const auto here = grants_.find(consent); here != grants_.end()) {
            key = here->second;
        } else {
            auto stored = blocks_.consent_key_of(consent);
            if (!stored) return base::pass(stored);
            key = std::move(*stored);
        }
        if (!key) return std::optional<state::ConsentKey>{};
        const auto parsed = state::parse_consent_key(*key);
        if (!parsed) return fail(ErrorCode::corrupted, "stored key of a consent does not decode");
        return parsed;
    }
    void add_grant(const wire::Hash256& consent, base::Bytes key) {
        grants_.emplace(consent, std::move(key));
    }

private:
    const BlockStore& blocks_;
    mutable std::map<wire::Hash256, std::optional<wire::Height>> heights_;
    std::map<wire::Hash256, base::Bytes> grants_;
};

/// Executes one block's transactions one after another.
class BlockRun {
public:
    BlockRun(const Candidate& candidate, const ExecutionGround& ground)
        : candidate_(candidate),
          ground_(ground),
          lookup_(ground.blocks),
          block_{.height = candidate.height,
                 .time = candidate.time,
                 .demo = ground.tip.demo,
                 .chain = lookup_},
          overlay_(ground.state) {}

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

    base::Result<Execution> finish(const contracts::MinerTurn& turn) {
        done_.turn = turn;
        if (!done_.accepted.empty()) {
            if (auto advanced = contracts::advance_turn(overlay_, turn); !advanced) {
                return base::pass(advanced);
            }
        }
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
        if (const auto here = accepted_.find(decoded.id); here != accepted_.end()) {
            result.place = Place{.height = candidate_.height, .index = here->second};
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
        accepted_.emplace(decoded.id, index);
        done_.accepted.push_back(envelope);
        done_.leaves.push_back(decoded.leaf.bytes);
        TxNames names{.id = decoded.id, .body_ref = decoded.body_ref, .consent_key = {}};
        if (const auto* grant = std::get_if<wire::GrantConsent>(&decoded.tx.body.action)) {
            names.consent_key = state::consent_of({.patient = decoded.tx.body.sender,
                                                   .grantee = grant->grantee,
                                                   .category = grant->category,
                                                   .purpose = grant->purpose});
            lookup_.add_grant(decoded.body_ref, *names.consent_key);
        }
        done_.names.push_back(std::move(names));
    }

    const Candidate& candidate_;
    const ExecutionGround& ground_;
    Lookup lookup_;
    contracts::BlockContext block_;
    state::Overlay overlay_;
    std::map<wire::TxId, std::uint32_t> accepted_;
    Execution done_;
};

}  // namespace

base::Result<contracts::MinerTurn> check_candidate(const Candidate& candidate,
                                                   const ExecutionGround& ground) {
    if (candidate.height != ground.tip.height + 1) {
        return fail(ErrorCode::conflict, "the next block is " +
                                             std::to_string(ground.tip.height + 1) + ", not " +
                                             std::to_string(candidate.height));
    }
    if (candidate.time < ground.tip.time) {
        return fail(ErrorCode::malformed, "the block is dated before the one below it");
    }
    auto turn = contracts::turn_at(ground.state, candidate.height);
    if (!turn) return turn;
    if (turn->miner != candidate.miner || turn->round != candidate.round) {
        return fail(ErrorCode::not_eligible, "it is the turn of miner " +
                                                 base::to_hex(turn->miner.view()) + " in round " +
                                                 std::to_string(turn->round));
    }
    return turn;
}

base::Result<Execution> execute(const Candidate& candidate,
                                std::span<const SignatureDesk::Ready> ready,
                                const ExecutionGround& ground) {
    CHECK(ready.size() == candidate.transactions.size());
    const auto turn = check_candidate(candidate, ground);
    if (!turn) return base::pass(turn);
    BlockRun run(candidate, ground);
    for (std::size_t i = 0; i < ready.size(); ++i) {
        if (auto taken = run.take(i, ready[i]); !taken) return base::pass(taken);
    }
    return run.finish(*turn);
}

}  // namespace ledger
