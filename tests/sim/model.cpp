// SPDX-License-Identifier: Apache-2.0
#include "model.h"

#include <algorithm>

#include "base/check.h"

namespace sim {

using base::ErrorCode;

namespace {

constexpr std::chrono::minutes clock_skew_max{5};
constexpr std::uint64_t sequence_window = 4'096;

std::vector<wire::LedgerId> miners_of(const wire::Genesis& genesis) {
    std::vector<wire::LedgerId> out;
    for (const auto& member : genesis.members) {
        if (member.role == wire::Role::miner) out.push_back(member.id);
    }
    return out;
}

template <class Map>
const typename Map::mapped_type* find(const Map& map, const typename Map::key_type& key) {
    const auto at = map.find(key);
    return at == map.end() ? nullptr : &at->second;
}

Verdict check_evidence_form(const wire::Evidence& action, const wire::TransactionBody& body) {
    const auto a = wire::decode_header(action.header_a);
    const auto b = wire::decode_header(action.header_b);
    CHECK(a && b);  // the workload sends none that do not decode
    if (action.header_a == action.header_b) return ErrorCode::malformed;
    if (a->chain_id != body.chain_id || b->chain_id != body.chain_id) {
        return ErrorCode::wrong_chain;
    }
    if (a->height != b->height || a->miner != b->miner) return ErrorCode::malformed;
    return {};
}

}  // namespace

Model::Model(const wire::Genesis& genesis, Signing signing)
    : signing_(signing),
      chain_id_(genesis.chain_id),
      demo_(genesis.demo),
      time_(genesis.time),
      turns_(genesis.policy, miners_of(genesis)) {
    for (const auto& member : genesis.members) {
        members_[member.id] = {.role = member.role, .public_key = member.public_key};
        keys_.insert(member.public_key);
        if (member.role == wire::Role::miner) miners_[member.id] = {};
    }
    header_refs_.push_back(wire::header_ref(encode(genesis)));
}

void Model::begin(const Block& block) {
    CHECK(block.height == height_ + 1);
    const auto turn = turns_.next(block.passed_over);
    CHECK(turn.has_value());
    round_ = turn->round;
    time_ = block.time;
    members_before_ = members_;
    block_ = {.miner = block.miner, .passed_over = block.passed_over, .changes = {}};
    accepted_ = 0;
}

void Model::finish(const wire::Hash256& header_ref) {
    CHECK(accepted_ > 0);
    ++height_;
    header_refs_.push_back(header_ref);
    version_ = version_at(height_);
    if (version_ == next_version_) next_version_ = 0;
    turns_.add(std::move(block_));
    block_ = {};
}

std::size_t Model::active_miners() const {
    return static_cast<std::size_t>(std::ranges::count_if(miners_, [](const auto& entry) {
        return entry.second.standing == wire::MinerStanding::active;
    }));
}

Verdict Model::take(const Draft& draft) {
    CHECK(!draft.damaged);
    if (auto refused = check_form(draft)) return refused;
    const bool fresh = is_fresh(draft.body);
    if (!fresh && committed_.contains(draft.id)) return ErrorCode::already_committed;
    if (auto refused = check_state(draft)) return refused;
    if (!fresh) return ErrorCode::replayed;
    apply(draft);
    committed_.insert(draft.id);
    ++accepted_;
    return {};
}

bool Model::is_fresh(const wire::TransactionBody& body) const {
    if (body.sequence == 0) return false;
    const auto* known = find(sequences_, body.sender);
    if (known == nullptr) return true;
    return !known->used.contains(body.sequence) &&
           known->highest <= sequence_window + body.sequence;
}

Verdict Model::check_form(const Draft& draft) const {
    const auto& body = draft.body;
    if (body.chain_id != chain_id_) return ErrorCode::wrong_chain;
    if (body.timestamp > time_ + clock_skew_max) return ErrorCode::malformed;
    if (draft.bad_key) return ErrorCode::bad_key;
    if (const auto* enrol = std::get_if<wire::Enrol>(&body.action)) {
        if (enrol->subject.is_zero()) return ErrorCode::malformed;
    }
    if (const auto* revoke = std::get_if<wire::RevokeKey>(&body.action)) {
        if (revoke->subject.is_zero()) return ErrorCode::malformed;
    }
    if (const auto* grant = std::get_if<wire::GrantConsent>(&body.action)) {
        if (grant->until <= grant->from) return ErrorCode::malformed;
        if (grant->grantee == body.sender) return ErrorCode::malformed;
    }
    if (const auto* evidence = std::get_if<wire::Evidence>(&body.action)) {
        return check_evidence_form(*evidence, body);
    }
    if (const auto* destroy = std::get_if<wire::DestroyKey>(&body.action)) {
        if (destroy->patient == body.sender || destroy->content_id.is_zero()) {
            return ErrorCode::malformed;
        }
    }
    if (const auto* upgrade = std::get_if<wire::ScheduleUpgrade>(&body.action)) {
        if (upgrade->version == 0) return ErrorCode::malformed;
    }
    if (const auto* certify = std::get_if<wire::Certify>(&body.action)) {
        if (certify->record_hash.is_zero()) return ErrorCode::malformed;
    }
    if (const auto* report = std::get_if<wire::Report>(&body.action)) {
        if (report->period_end <= report->period_start) return ErrorCode::malformed;
        if (report->receiver == body.sender) return ErrorCode::malformed;
        if (report->patient == body.sender || report->patient == report->receiver) {
            return ErrorCode::malformed;
        }
    }
    return {};
}

Verdict Model::check_authentic(const Draft& draft) const {
    bool sender_signed = false;
    for (const auto& hand : draft.hands) {
        const auto* key = find(members_before_, hand.id);
        if (key == nullptr) return ErrorCode::unknown_signer;
        if (!key->valid_at(height_ + 1)) return ErrorCode::key_not_valid;
        if (hand.spoiled || hand.public_key != key->public_key) return ErrorCode::bad_signature;
        sender_signed = sender_signed || hand.id == draft.body.sender;
    }
    if (!sender_signed) return ErrorCode::not_authorised;
    return {};
}

Verdict Model::check_sole_signer(const Draft& draft, std::optional<wire::Role> role) const {
    if (auto refused = check_authentic(draft)) return refused;
    if (draft.hands.size() != 1) return ErrorCode::not_authorised;
    if (role && members_before_.at(draft.body.sender).role != *role) {
        return ErrorCode::not_authorised;
    }
    return {};
}

Verdict Model::check_state(const Draft& draft) const {
    return std::visit(
        [&](const auto& action) -> Verdict {
            using Action = std::decay_t<decltype(action)>;
            if constexpr (std::is_same_v<Action, wire::Report>) {
                return check_report(action, draft);
            } else {
                return check(action, draft);
            }
        },
        draft.body.action);
}

Verdict Model::check(const wire::Enrol& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, wire::Role::administrator)) return refused;
    if (action.role == wire::Role::demo_program && !demo_) return ErrorCode::not_authorised;
    if (members_.contains(action.subject)) return ErrorCode::conflict;
    return check_key(action.public_key);
}

/// No two identities ever have one key.
Verdict Model::check_key(const wire::PublicKeyBytes& key) const {
    return keys_.contains(key) ? Verdict{ErrorCode::duplicate_key} : Verdict{};
}

Verdict Model::check(const wire::RotateKey& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, {})) return refused;
    const auto& now = members_.at(draft.body.sender);
    if (now.valid_until != 0 || now.valid_from > height_ + 1) return ErrorCode::conflict;
    if (now.public_key == action.public_key) return ErrorCode::conflict;
    return check_key(action.public_key);
}

Verdict Model::check(const wire::RevokeKey& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, {})) return refused;
    const bool administrator =
        members_before_.at(draft.body.sender).role == wire::Role::administrator;
    const bool own = action.subject == draft.body.sender;
    if (own == administrator) return ErrorCode::not_authorised;
    if (members_.at(draft.body.sender).valid_until != 0) return ErrorCode::key_not_valid;
    const auto* subject = find(members_, action.subject);
    if (subject == nullptr) return ErrorCode::not_found;
    if (subject->valid_until != 0) return ErrorCode::conflict;
    const auto* miner = find(miners_, action.subject);
    const bool active = miner != nullptr && miner->standing == wire::MinerStanding::active;
    if (active && active_miners() == 1) return ErrorCode::conflict;
    return {};
}

Verdict Model::check(const wire::GrantConsent& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, wire::Role::patient)) return refused;
    if (action.until <= time_) return ErrorCode::expired;
    const auto* grantee = find(members_, action.grantee);
    if (grantee == nullptr) return ErrorCode::not_found;
    if (grantee->valid_until != 0) return ErrorCode::key_not_valid;
    const auto* before =
        find(consents_, {draft.body.sender, action.grantee, action.category, action.purpose});
    if (before != nullptr && before->granted == height_ + 1) return ErrorCode::conflict;
    return {};
}

Verdict Model::check(const wire::RevokeConsent& action, const Draft& draft) const {
    if (auto refused = check_sole_signer(draft, wire::Role::patient)) return refused;
    const auto* grant = find(grants_by_ref_, action.consent);
    if (grant == nullptr) return ErrorCode::not_found;
    if (grant->patient != draft.body.sender) return ErrorCode::not_authorised;
    const auto& consent = consents_.at(*grant);
    if (consent.ref != action.consent || consent.revoked != 0) return ErrorCode::conflict;
    if (consent.until <= time_) return ErrorCode::expired;
    return {};
}

Verdict Model::check_report(const wire::Report& report, const Draft& draft) const {
    const auto* consent = find(
        consents_, {report.patient, report.receiver, report.category, wire::Purpose::treatment});
    if (consent == nullptr || !consent->stands_at(time_) || consent->ref != report.consent) {
        return ErrorCode::consent_missing;
    }
    if (report.personal_data) return ErrorCode::personal_data;
    if (auto refused = check_authentic(draft)) return refused;
    if (auto refused = check_report_signers(report, draft)) return refused;
    if (std::ranges::find(header_refs_, report.header_hash) == header_refs_.end()) {
        return ErrorCode::wrong_chain;
    }
    if (destroyed_.contains(report.content_id)) return ErrorCode::conflict;
    return {};
}

Verdict Model::check_report_signers(const wire::Report& report, const Draft& draft) const {
    bool receiver_signed = false;
    for (const auto& hand : draft.hands) {
        receiver_signed = receiver_signed || hand.id == report.receiver;
        if (hand.id == draft.body.sender || hand.id == report.receiver) continue;
        const bool doctor = members_before_.at(hand.id).role == wire::Role::doctor;
        return doctor ? ErrorCode::wrong_doctor : ErrorCode::not_authorised;
    }
    if (members_before_.at(draft.body.sender).role != wire::Role::cloud_server) {
        return ErrorCode::not_authorised;
    }
    if (!receiver_signed) return ErrorCode::not_authorised;
    const auto role = members_before_.at(report.receiver).role;
    const bool program = role == wire::Role::demo_program && demo_;
    if (role != wire::Role::doctor && !program) return ErrorCode::not_authorised;
    return {};
}

void Model::apply(const Draft& draft) {
    auto& sequences = sequences_[draft.body.sender];
    sequences.highest = std::max(sequences.highest, draft.body.sequence);
    sequences.used.insert(draft.body.sequence);
    const auto& action = draft.body.action;
    if (const auto* enrol = std::get_if<wire::Enrol>(&action)) apply(*enrol);
    if (const auto* rotate = std::get_if<wire::RotateKey>(&action)) {
        apply(*rotate, draft.body.sender);
    }
    if (const auto* revoke = std::get_if<wire::RevokeKey>(&action)) apply(*revoke);
    if (const auto* grant = std::get_if<wire::GrantConsent>(&action)) apply(*grant, draft);
    if (const auto* revoke = std::get_if<wire::RevokeConsent>(&action)) apply(*revoke);
    if (const auto* change = std::get_if<wire::ChangeMining>(&action)) apply(*change);
    if (const auto* evidence = std::get_if<wire::Evidence>(&action)) apply(*evidence);
    if (const auto* destroy = std::get_if<wire::DestroyKey>(&action)) {
        destroyed_.insert(destroy->content_id);
    }
    if (const auto* upgrade = std::get_if<wire::ScheduleUpgrade>(&action)) apply(*upgrade);
    if (const auto* certify = std::get_if<wire::Certify>(&action)) {
        apply(*certify, draft.body.sender);
    }
}

void Model::apply(const wire::Enrol& action) {
    members_[action.subject] = {
        .role = action.role, .public_key = action.public_key, .valid_from = height_ + 2};
    keys_.insert(action.public_key);
    if (action.role != wire::Role::miner) return;
    miners_[action.subject] = {};
    block_.changes.push_back({.miner = action.subject, .active = true});
}

void Model::apply(const wire::RotateKey& action, const wire::LedgerId& sender) {
    auto& member = members_.at(sender);
    member.previous_key = member.public_key;
    member.previous_from = member.valid_from;
    member.public_key = action.public_key;
    member.valid_from = height_ + 2;
    keys_.insert(action.public_key);
}

void Model::apply(const wire::RevokeKey& action) {
    members_.at(action.subject).valid_until = height_ + 2;
    const auto* miner = find(miners_, action.subject);
    if (miner != nullptr && miner->standing == wire::MinerStanding::active) {
        end_turns(action.subject, wire::MinerStanding::left);
    }
}

void Model::apply(const wire::GrantConsent& action, const Draft& draft) {
    const Grant grant{draft.body.sender, action.grantee, action.category, action.purpose};
    consents_[grant] = {.ref = draft.ref,
                        .from = action.from,
                        .until = action.until,
                        .granted = height_ + 1,
                        .revoked = 0};
    grants_by_ref_[draft.ref] = grant;
}

void Model::apply(const wire::RevokeConsent& action) {
    consents_.at(grants_by_ref_.at(action.consent)).revoked = height_ + 1;
}

}  // namespace sim
