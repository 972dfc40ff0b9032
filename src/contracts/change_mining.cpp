// SPDX-License-Identifier: Apache-2.0
#include "contracts/change_mining.h"

#include "base/check.h"
#include "contracts/authenticity.h"
#include "contracts/mining.h"

namespace contracts {

using base::ErrorCode;
using base::fail;
using wire::MinerStanding;

namespace {

/// An administrator may do all; a miner may leave, and undo that.
base::Result<void> check_entitled(const wire::ChangeMining& action, const Request& request,
                                  MinerStanding now) {
    if (request.signers.front().key->role == wire::Role::administrator) return {};
    if (request.body.sender != action.subject) {
        return fail(ErrorCode::not_authorised,
                    "only an administrator may change another miner's standing");
    }
    const bool leaves = action.standing == MinerStanding::left && now == MinerStanding::active;
    const bool comes_back = action.standing == MinerStanding::active && now == MinerStanding::left;
    if (leaves || comes_back) return {};
    return fail(ErrorCode::not_authorised, "only an administrator may suspend or end a suspension");
}

base::Result<void> check_may_come_back(const state::MinerRecord& miner,
                                       const state::StateView& view, const BlockContext& block) {
    const auto key = key_record_of(view, miner.id);
    if (!key) return base::pass(key);
    if (!*key || (*key)->valid_until != 0) {
        return fail(ErrorCode::key_not_valid, "the miner's key is revoked; enrol a new miner");
    }
    if (block.policy.engine != wire::EngineKind::equal_opportunity) return {};
    const auto mining = mining_record(view);
    if (!mining) return base::pass(mining);
    if (miner.ended_round && *miner.ended_round >= mining->round) {
        return fail(ErrorCode::conflict, "it ended in this very round; come back in the next one");
    }
    return {};
}

}  // namespace

base::Result<void> check_another_is_active(const state::StateView& view) {
    const auto mining = mining_record(view);
    if (!mining) return base::pass(mining);
    if (mining->active > 1) return {};
    return fail(ErrorCode::conflict, "this is the last active miner; enrol another one first");
}

base::Result<void> ChangeMiningContract::check_form(const wire::ChangeMining&,
                                                    const wire::TransactionBody&) {
    return {};
}

base::Result<void> ChangeMiningContract::check_state(const wire::ChangeMining& action,
                                                     const Request& request,
                                                     const state::StateView& view,
                                                     const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, std::nullopt); !signer) return signer;
    const auto role = request.signers.front().key->role;
    if (role != wire::Role::administrator && role != wire::Role::miner) {
        return fail(ErrorCode::not_authorised,
                    "a " + std::string(name_of(role)) + " has no say in who mines");
    }
    const auto miner = find_miner(view, action.subject);
    if (!miner) return base::pass(miner);
    if (!*miner) return fail(ErrorCode::not_found, "no miner is registered under this id");
    const auto& record = (*miner)->record;
    if (auto entitled = check_entitled(action, request, record.standing); !entitled) {
        return entitled;
    }
    if (record.standing == action.standing) {
        return fail(ErrorCode::conflict, "its standing is that already");
    }
    if (action.standing == MinerStanding::active) return check_may_come_back(record, view, block);
    if (record.standing == MinerStanding::active) return check_another_is_active(view);
    return {};
}

base::Result<void> ChangeMiningContract::apply(const wire::ChangeMining& action, const Request&,
                                               state::Overlay& overlay, const BlockContext& block) {
    auto miner = find_miner(overlay, action.subject);
    if (!miner) return base::pass(miner);
    CHECK(miner->has_value());
    if (action.standing == MinerStanding::active) {
        return relink_miner(overlay, **miner, block.height);
    }
    if ((*miner)->record.standing == MinerStanding::active) {
        return unlink_miner(overlay, **miner, action.standing);
    }
    (*miner)->record.standing = action.standing;
    overlay.put(state::miner_at((*miner)->index), encode((*miner)->record));
    return {};
}

}  // namespace contracts
