// SPDX-License-Identifier: Apache-2.0
// What the model knows of miners, destroyed keys and upgrades.
#include <algorithm>

#include "base/check.h"
#include "model.h"

namespace sim {

using base::ErrorCode;
using wire::MinerStanding;

Verdict Model::check(const wire::ChangeMining& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, {})) return refused;
    const auto role = members_before_.at(draft.body.sender).role;
    if (role != wire::Role::administrator && role != wire::Role::miner) {
        return ErrorCode::not_authorised;
    }
    return check_standing(action, draft);
}

Verdict Model::check_standing(const wire::ChangeMining& action, const Draft& draft) const {
    const auto at = miners_.find(action.subject);
    if (at == miners_.end()) return ErrorCode::not_found;
    const auto& miner = at->second;
    const auto role = members_before_.at(draft.body.sender).role;
    if (role != wire::Role::administrator) {
        const bool leaves =
            miner.standing == MinerStanding::active && action.standing == MinerStanding::left;
        const bool returns =
            miner.standing == MinerStanding::left && action.standing == MinerStanding::active;
        const bool own = draft.body.sender == action.subject;
        if (!own || !(leaves || returns)) return ErrorCode::not_authorised;
    }
    if (miner.standing == action.standing) return ErrorCode::conflict;
    if (action.standing == MinerStanding::active) {
        if (members_.at(action.subject).valid_until != 0) return ErrorCode::key_not_valid;
        const bool rounds = turns_.policy().engine == wire::EngineKind::equal_opportunity;
        if (rounds && miner.ended_round && *miner.ended_round >= round_) {
            return ErrorCode::conflict;
        }
        return {};
    }
    const bool last = miner.standing == MinerStanding::active && active_miners() == 1;
    return last ? Verdict{ErrorCode::conflict} : Verdict{};
}

bool Model::lacks_evidence(const Draft& draft) const {
    return !check(std::get<wire::Evidence>(draft.body.action), draft);
}

Verdict Model::check(const wire::Evidence& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, {})) return refused;
    const auto header = wire::decode_header(action.header_a);
    CHECK(header.has_value());
    if (!miners_.contains(header->miner)) return ErrorCode::not_found;
    if (evidence_.contains({header->miner, header->height})) return ErrorCode::conflict;
    const auto& member = members_.at(header->miner);
    const bool before = member.previous_key && header->height >= member.previous_from &&
                        header->height < member.valid_from;
    if (!before && !member.valid_at(header->height)) return ErrorCode::key_not_valid;
    const auto& key = before ? *member.previous_key : member.public_key;
    if (signing_ == Signing::fake || draft.sealed_under != key) return ErrorCode::bad_signature;
    return {};
}

Verdict Model::check(const wire::DestroyKey& action, const Draft& draft) const {
    if (auto refused = check_authentic(draft)) return refused;
    if (members_before_.at(draft.body.sender).role != wire::Role::cloud_server) {
        return ErrorCode::not_authorised;
    }
    const bool patient_signed = std::ranges::any_of(draft.hands, [&](const Hand& hand) {
        return hand.id == action.patient && members_before_.at(hand.id).role == wire::Role::patient;
    });
    if (!patient_signed || draft.hands.size() != 2) return ErrorCode::not_authorised;
    return destroyed_.contains(action.content_id) ? Verdict{ErrorCode::conflict} : Verdict{};
}

Verdict Model::check(const wire::ScheduleUpgrade& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, wire::Role::administrator)) return refused;
    if (action.height <= height_ + 1) return ErrorCode::expired;
    const bool planned = action.version == next_version_ && action.height == upgrade_height_;
    // A plan that takes effect with this very block holds already.
    const auto version = version_at(height_ + 1);
    if (action.version <= version || (planned && version == version_)) return ErrorCode::conflict;
    return {};
}

Verdict Model::check(const wire::Certify& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, {})) return refused;
    const auto role = members_before_.at(draft.body.sender).role;
    const bool administrator = role == wire::Role::administrator;
    if (!administrator && role != wire::Role::key_generator) return ErrorCode::not_authorised;
    const auto before = certified_.find(action.record_hash);
    if (action.event == wire::CertificationEvent::certified) {
        return before != certified_.end() ? Verdict{ErrorCode::conflict} : Verdict{};
    }
    if (before == certified_.end()) return ErrorCode::not_found;
    const auto& [by, at, revoked] = before->second;
    if (by != draft.body.sender && !administrator) return ErrorCode::not_authorised;
    return revoked != 0 ? Verdict{ErrorCode::conflict} : Verdict{};
}

void Model::apply(const wire::Certify& action, const wire::LedgerId& sender) {
    if (action.event == wire::CertificationEvent::revoked) {
        certified_.at(action.record_hash).revoked = height_ + 1;
    } else {
        certified_[action.record_hash] = {.by = sender, .at = height_ + 1};
    }
}

void Model::end_turns(const wire::LedgerId& miner, MinerStanding standing) {
    auto& known = miners_.at(miner);
    if (known.standing == MinerStanding::active) {
        known.ended_round = round_;
        block_.changes.push_back({.miner = miner, .active = false});
    }
    known.standing = standing;
}

void Model::apply(const wire::ChangeMining& action) {
    if (action.standing != MinerStanding::active) {
        end_turns(action.subject, action.standing);
        return;
    }
    miners_.at(action.subject).standing = MinerStanding::active;
    block_.changes.push_back({.miner = action.subject, .active = true});
}

void Model::apply(const wire::Evidence& action) {
    const auto header = wire::decode_header(action.header_a);
    CHECK(header.has_value());
    evidence_.insert({header->miner, header->height});
    const bool active = miners_.at(header->miner).standing == MinerStanding::active;
    if (active && active_miners() > 1) end_turns(header->miner, MinerStanding::suspended);
}

void Model::apply(const wire::ScheduleUpgrade& action) {
    if (version_at(height_ + 1) != version_) {
        version_ = next_version_;  // the old plan takes effect with this block
    }
    next_version_ = action.version;
    upgrade_height_ = action.height;
}

}  // namespace sim
