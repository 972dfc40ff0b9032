// SPDX-License-Identifier: Apache-2.0
// Who comes, and who goes.
#include <algorithm>

#include "askg/internal/generator_state.h"
#include "crypto/x25519.h"
#include "keyagreement/credentials.h"

namespace askg {

using base::ErrorCode;
using base::Result;
using internal::peer_name;
using internal::refuse;
using internal::StoredMember;

// ---- checks ----

Result<void> KeyGenerator::State::check_key(const crypto::X25519PublicKeyBytes& key) const {
    if (!FieldElement::decode(key)) {
        return refuse(ErrorCode::bad_key, "the static key is not in its one encoding");
    }
    if (!crypto::X25519PrivateKey::draw(random).agree(key)) {
        return refuse(ErrorCode::bad_key, "the static key is a point of low order");
    }
    if (static_keys.contains(key)) {
        return refuse(ErrorCode::bad_key, "the static key is, or was, another member's");
    }
    return {};
}

Result<void> KeyGenerator::State::check_new(PartyRole role, base::ByteView id) const {
    const auto name = *keyagreement::PeerName::from(id);
    if (name.is_zero()) {
        return base::fail(ErrorCode::malformed, "an id of zeros names nobody");
    }
    const bool may_return = role == PartyRole::user || role == PartyRole::cloud_server;
    const auto taken = [&](PartyRole as) {
        const auto found = members.find({as, name});
        if (found == members.end()) return false;
        const bool gone =
            found->second.shown.revoked || !found->second.shown.record.valid_at(clock.now());
        return !(may_return && gone);
    };
    // A device and a PDA of one id would share an evaluation point.
    const bool duplicate =
        may_return ? taken(role) : taken(PartyRole::device) || taken(PartyRole::pda);
    if (!duplicate) return {};
    return refuse(ErrorCode::conflict, "this id is, or was, enrolled already; draw another");
}

Result<void> KeyGenerator::State::issue_share(StoredMember& member, Domain& domain) const {
    if (member.shown.generation == domain.generation) return {};
    const auto point = point_of(member.shown.name.view());
    const bool repeated = std::ranges::any_of(members, [&](const auto& held) {
        const auto& other = held.second.shown;
        return other.patient == member.shown.patient && other.name != member.shown.name &&
               point_of(other.name.view()) == point;
    });
    if (point.is_zero() || repeated) {
        return refuse(ErrorCode::conflict, "this id falls on another's point; draw another");
    }
    if (domain.issued >= collusion_bound) {
        return refuse(ErrorCode::too_large,
                      "31 shares of this generation are issued; begin a new generation and renew "
                      "the members of the domain");
    }
    ++domain.issued;
    member.shown.generation = domain.generation;
    return {};
}

// ---- domains ----

Result<Domain> KeyGenerator::new_domain(const wire::LedgerId& patient) {
    auto& state = *state_;
    if (patient.is_zero()) {
        return base::fail(ErrorCode::malformed, "an id of zeros names nobody");
    }
    if (state.domains.contains(patient)) {
        return refuse(ErrorCode::conflict, "the patient has a domain already");
    }
    const Domain made{.patient = patient, .generation = 1, .issued = 0};
    State::Change change;
    change.domain = made;
    change.polynomial = SymmetricPolynomial::draw(state.random);
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return made;
}

Result<Domain> KeyGenerator::new_generation(const wire::LedgerId& patient) {
    auto& state = *state_;
    auto domain = state.domain_of(patient);
    if (!domain) return domain;
    ++domain->generation;
    domain->issued = 0;
    State::Change change;
    change.domain = *domain;
    change.polynomial = SymmetricPolynomial::draw(state.random);
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return domain;
}

// ---- enrolment ----

namespace {

LogEntry certified(const Record& record, base::TimePoint at) {
    return {.event = LogEvent::certified, .at = at, .record = record};
}

bool is_person(wire::Role role) {
    return role >= wire::Role::patient && role <= wire::Role::administrator;
}

}  // namespace

Result<PdaGrant> KeyGenerator::enrol_pda(const PdaApplication& application) {
    auto& state = *state_;
    auto domain = state.domain_of(application.patient);
    if (!domain) return base::pass(domain);
    const auto fresh = state.check_new(PartyRole::pda, application.id.view());
    if (!fresh) return base::pass(fresh);
    if (const auto good = state.check_key(application.static_public); !good) {
        return base::pass(good);
    }
    StoredMember member;
    member.shown.role = PartyRole::pda;
    member.shown.name = peer_name(application.id);
    member.shown.patient = application.patient;
    member.shown.registered_at = state.clock.now();
    member.token_verifier = application.token_verifier.clone();
    if (const auto issued = state.issue_share(member, *domain); !issued) return base::pass(issued);
    member.shown.record =
        state.sign_record(PartyRole::pda, application.suite, application.static_public);
    State::Change change;
    change.entries.push_back(certified(member.shown.record, state.clock.now()));
    change.members.push_back(member.clone());
    change.domain = *domain;
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return state.pda_grant(member);
}

Result<DeviceGrant> KeyGenerator::enrol_device(const DeviceApplication& application) {
    auto& state = *state_;
    auto domain = state.domain_of(application.patient);
    if (!domain) return base::pass(domain);
    const auto pda = state.active(PartyRole::pda, peer_name(application.pda));
    if (!pda) return base::pass(pda);
    if (pda->shown.patient != application.patient) {
        return refuse(ErrorCode::not_authorised, "the PDA is another patient's");
    }
    const auto fresh = state.check_new(PartyRole::device, application.id.view());
    if (!fresh) return base::pass(fresh);
    if (const auto good = state.check_key(application.static_public); !good) {
        return base::pass(good);
    }
    StoredMember member;
    member.shown.role = PartyRole::device;
    member.shown.name = peer_name(application.id);
    member.shown.patient = application.patient;
    member.shown.pda = application.pda;
    member.shown.registered_at = state.clock.now();
    member.shown.sealed_to_cloud = application.token_verifier.has_value();
    member.clockless = application.clockless;
    if (application.token_verifier) {
        member.token_verifier = application.token_verifier->clone();
    }
    if (const auto issued = state.issue_share(member, *domain); !issued) return base::pass(issued);
    member.shown.record =
        state.sign_record(PartyRole::device, std::nullopt, application.static_public);
    State::Change change;
    change.entries.push_back(certified(member.shown.record, state.clock.now()));
    change.members.push_back(member.clone());
    change.domain = *domain;
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return state.device_grant(member);
}

Result<CloudServerGrant> KeyGenerator::enrol_cloud_server(
    const CloudServerApplication& application) {
    auto& state = *state_;
    const auto fresh = state.check_new(PartyRole::cloud_server, application.id.view());
    if (!fresh) return base::pass(fresh);
    if (const auto good = state.check_key(application.static_public); !good) {
        return base::pass(good);
    }
    StoredMember member;
    const auto before = state.members.find({PartyRole::cloud_server, peer_name(application.id)});
    if (before != state.members.end()) member.order = before->second.order;
    member.shown.role = PartyRole::cloud_server;
    member.shown.name = peer_name(application.id);
    member.shown.registered_at = state.clock.now();
    member.channel_key = Secret32::draw(state.random);
    member.shown.record =
        state.sign_record(PartyRole::cloud_server, application.suite, application.static_public);
    State::Change change;
    change.entries.push_back(certified(member.shown.record, state.clock.now()));
    change.members.push_back(member.clone());
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return state.server_grant(member);
}

Result<KeyGenerator::Registration> KeyGenerator::register_user(const UserApplication& application) {
    auto& state = *state_;
    if (!is_person(application.role)) {
        return refuse(ErrorCode::not_authorised,
                      "a user is a person: patient, family, doctor, nurse, pharmacist, laboratory, "
                      "insurer, researcher, auditor or administrator");
    }
    const auto fresh = state.check_new(PartyRole::user, application.id.view());
    if (!fresh) return base::pass(fresh);
    if (const auto good = state.check_key(application.static_public); !good) {
        return base::pass(good);
    }
    StoredMember member;
    const auto before = state.members.find({PartyRole::user, peer_name(application.id)});
    if (before != state.members.end()) member.order = before->second.order;
    member.shown.role = PartyRole::user;
    member.shown.name = peer_name(application.id);
    member.shown.user_role = application.role;
    member.shown.registered_at = state.clock.now();
    member.token_verifier = application.token_verifier.clone();
    member.shown.record =
        state.sign_record(PartyRole::user, std::nullopt, application.static_public);
    State::Change change;
    change.entries.push_back(certified(member.shown.record, state.clock.now()));
    change.members.push_back(member.clone());
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return Registration{.record = member.shown.record, .grant = state.user_grant(member)};
}

// ---- the same application again ----

namespace {

/// Zeros stand for no verifier, as they do in a stored member.
bool is_verifier(const Secret32& held, const std::optional<Secret32>& stated) {
    const Secret32 none;
    return held == (stated ? *stated : none);
}

}  // namespace

Result<std::optional<DeviceGrant>> KeyGenerator::enrolled_before(
    const DeviceApplication& application) {
    for (const auto& [key, member] : state_->members) {
        const auto& shown = member.shown;
        const bool same = shown.role == PartyRole::device && !shown.revoked &&
                          shown.record.static_public == application.static_public &&
                          shown.patient == application.patient && shown.pda == application.pda &&
                          member.clockless == application.clockless &&
                          is_verifier(member.token_verifier, application.token_verifier);
        if (!same) continue;
        auto grant = renew_device(*wire::DeviceId::from(shown.name.view()));
        if (!grant) return base::pass(grant);
        return std::optional{*std::move(grant)};
    }
    return std::optional<DeviceGrant>{};
}

Result<std::optional<KeyGenerator::Registration>> KeyGenerator::registered_before(
    const UserApplication& application) const {
    const auto held = state_->find(PartyRole::user, peer_name(application.id));
    const bool same = held && !held->shown.revoked && held->shown.user_role == application.role &&
                      held->shown.record.static_public == application.static_public &&
                      held->shown.record.valid_at(state_->clock.now()) &&
                      held->token_verifier == application.token_verifier;
    if (!same) return std::optional<Registration>{};
    return std::optional{
        Registration{.record = held->shown.record, .grant = state_->user_grant(*held)}};
}

// ---- revocation and epochs ----

Result<LogEntry> KeyGenerator::revoke(const Serial& serial) {
    for (const auto& [key, member] : state_->members) {
        if (member.shown.record.serial == serial) return revoke(key.first, key.second);
    }
    return base::fail(ErrorCode::not_found,
                      "no record has the serial " + base::to_hex(serial.view()));
}

Result<LogEntry> KeyGenerator::revoke(PartyRole role, const keyagreement::PeerName& name) {
    auto& state = *state_;
    auto member = state.find(role, name);
    if (!member) return base::pass(member);
    if (member->shown.revoked) {
        return refuse(ErrorCode::key_not_valid, "it was revoked before");
    }
    member->shown.revoked = true;
    member->token_verifier = Secret32();
    member->channel_key = Secret32();
    LogEntry entry{
        .event = LogEvent::revoked, .at = state.clock.now(), .record = member->shown.record};
    State::Change change;
    change.entries.push_back(entry);
    change.members.push_back(*std::move(member));
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return entry;
}

Result<std::int64_t> KeyGenerator::rotate_epoch() {
    auto& state = *state_;
    const auto now = keyagreement::month_of(state.clock.now());
    if (now < state.roots.epoch) {
        // No word of the protocol stands for this; that of `conflict` would mislead.
        return base::fail(ErrorCode::conflict,
                          "the clock is before the epoch that was reached; set the clock");
    }
    State::Change change;
    change.epoch = now;
    if (const auto done = state.commit(std::move(change)); !done) return base::pass(done);
    return now;
}

}  // namespace askg
