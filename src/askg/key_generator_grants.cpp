// SPDX-License-Identifier: Apache-2.0
// What each party gets, as of now.
#include <algorithm>

#include "askg/internal/generator_state.h"
#include "keyagreement/credentials.h"

namespace askg {

using base::ErrorCode;
using base::Result;
using internal::peer_name;
using internal::StoredMember;

namespace {

/// Of the domain of a member.
base::Bytes polynomial_key(const StoredMember& member) {
    base::Bytes key{internal::entry::polynomial};
    base::append(key, member.shown.patient->view());
    return key;
}

template <class Id>
Id id_of(const StoredMember& member) {
    return *Id::from(member.shown.name.view());
}

}  // namespace

Certificate KeyGenerator::State::certificate_of(const StoredMember& member) const {
    return {
        .authority = roots.authority, .authority_key = public_key, .record = member.shown.record};
}

Result<DomainShare> KeyGenerator::State::share_of(const StoredMember& member) const {
    const auto stored = sealed.get(polynomial_key(member));
    if (!stored) return base::pass(stored);
    if (!*stored) {
        return base::fail(ErrorCode::corrupted, "the polynomial of a domain is missing");
    }
    const auto polynomial = internal::decode_polynomial(**stored);
    if (!polynomial) return base::pass(polynomial);
    const auto x = point_of(member.shown.name.view());
    return DomainShare{
        .generation = member.shown.generation, .x = x, .share = polynomial->share_of(x)};
}

std::vector<EpochSecret> KeyGenerator::State::temporary_for(const StoredMember& member) const {
    std::vector<EpochSecret> out;
    const auto now = epoch_now();
    for (const auto at_epoch : {now, now + 1}) {
        out.push_back({.epoch = at_epoch, .value = temporary_of(member, at_epoch)});
    }
    return out;
}

std::vector<CloudServerEntry> KeyGenerator::State::servers() const {
    std::vector<const StoredMember*> standing;
    for (const auto& [key, member] : members) {
        if (key.first != PartyRole::cloud_server || member.shown.revoked) continue;
        if (member.shown.record.valid_at(clock.now())) standing.push_back(&member);
    }
    std::ranges::sort(standing, {}, &StoredMember::order);
    std::vector<CloudServerEntry> out;
    for (const auto* member : standing) {
        out.push_back({.id = id_of<wire::LedgerId>(*member), .record = member->shown.record});
    }
    return out;
}

std::vector<DeviceEntry> KeyGenerator::State::devices_of(const wire::DeviceId& pda) const {
    std::vector<DeviceEntry> out;
    for (const auto& [key, member] : members) {
        if (key.first != PartyRole::device || member.shown.pda != pda) continue;
        const bool gone = member.shown.revoked || !member.shown.record.valid_at(clock.now());
        out.push_back(
            {.id = id_of<wire::DeviceId>(member),
             .x = point_of(member.shown.name.view()),
             .pid_key = gone ? Secret32() : pid_key_of(key.first, member.shown.name.view()),
             .record = member.shown.record,
             .clockless = member.clockless,
             .revoked = gone});
    }
    return out;
}

Result<PdaGrant> KeyGenerator::State::pda_grant(const StoredMember& member) const {
    auto share = share_of(member);
    if (!share) return base::pass(share);
    const auto id = id_of<wire::DeviceId>(member);
    return PdaGrant{.certificate = certificate_of(member),
                    .id = id,
                    .pid_key = pid_key_of(PartyRole::pda, id.view()),
                    .domain = *std::move(share),
                    .temporary = temporary_for(member),
                    .devices = devices_of(id),
                    .cloud_servers = servers()};
}

Result<DeviceGrant> KeyGenerator::State::device_grant(const StoredMember& member) const {
    const auto pda = active(PartyRole::pda, peer_name(*member.shown.pda));
    if (!pda) return base::pass(pda);
    auto share = share_of(member);
    if (!share) return base::pass(share);
    const auto id = id_of<wire::DeviceId>(member);
    DeviceGrant out{.certificate = certificate_of(member),
                    .id = id,
                    .pid_key = pid_key_of(PartyRole::device, id.view()),
                    .domain = *std::move(share),
                    .pda = *member.shown.pda,
                    .pda_x = point_of(member.shown.pda->view()),
                    .pda_record = pda->shown.record,
                    .clockless = member.clockless,
                    .sealed_to_cloud = member.shown.sealed_to_cloud,
                    .temporary = {},
                    .cloud_servers = {}};
    if (out.sealed_to_cloud) {
        out.temporary = temporary_for(member);
        out.cloud_servers = servers();
    }
    return out;
}

CloudServerGrant KeyGenerator::State::server_grant(const StoredMember& member) const {
    return {.certificate = certificate_of(member),
            .id = id_of<wire::LedgerId>(member),
            .channel_key = member.channel_key.clone()};
}

UserGrant KeyGenerator::State::user_grant(const StoredMember& member) const {
    const auto id = id_of<wire::LedgerId>(member);
    return {.authority = roots.authority,
            .authority_key = public_key,
            .id = id,
            .role = *member.shown.user_role,
            .serial = member.shown.record.serial,
            .pid_key = pid_key_of(PartyRole::user, id.view()),
            .temporary = temporary_for(member),
            .cloud_servers = servers()};
}

// ---- renewal ----

Result<PdaGrant> KeyGenerator::renew_pda(const wire::DeviceId& id) {
    auto& state = *state_;
    const auto member = state.renewed_share(PartyRole::pda, peer_name(id));
    if (!member) return base::pass(member);
    return state.pda_grant(*member);
}

Result<DeviceGrant> KeyGenerator::renew_device(const wire::DeviceId& id) {
    auto& state = *state_;
    const auto member = state.renewed_share(PartyRole::device, peer_name(id));
    if (!member) return base::pass(member);
    return state.device_grant(*member);
}

Result<StoredMember> KeyGenerator::State::renewed_share(PartyRole role,
                                                        const keyagreement::PeerName& name) {
    auto member = active(role, name);
    if (!member) return member;
    auto domain = domain_of(*member->shown.patient);
    if (!domain) return base::pass(domain);
    if (member->shown.generation == domain->generation) return member;
    if (const auto issued = issue_share(*member, *domain); !issued) return base::pass(issued);
    Change change;
    change.members.push_back(member->clone());
    change.domain = *domain;
    if (const auto done = commit(std::move(change)); !done) return base::pass(done);
    return member;
}

Result<CloudServerGrant> KeyGenerator::renew_cloud_server(const wire::LedgerId& id) {
    const auto member = state_->active(PartyRole::cloud_server, peer_name(id));
    if (!member) return base::pass(member);
    return state_->server_grant(*member);
}

Result<UserGrant> KeyGenerator::renew_user(const wire::LedgerId& id) {
    const auto member = state_->active(PartyRole::user, peer_name(id));
    if (!member) return base::pass(member);
    return state_->user_grant(*member);
}

// ---- provisioning ----

namespace {

/// Whether a cloud server answers it: profile 2 for a PDA and for a device sealed to the cloud,
/// profile 3 for a user.
bool starts_with_servers(const Member& member) {
    return member.role == PartyRole::pda || member.role == PartyRole::user ||
           (member.role == PartyRole::device && member.sealed_to_cloud);
}

}  // namespace

ProvisionedPeer KeyGenerator::State::peer_of(const StoredMember& member,
                                             const wire::LedgerId& server) const {
    const auto& shown = member.shown;
    ProvisionedPeer out{.name = shown.name,
                        .profile = shown.role == PartyRole::user ? keyagreement::Profile::user_cloud
                                                                 : keyagreement::Profile::pda_cloud,
                        .role = shown.role,
                        .user_role = shown.user_role,
                        .record = shown.record,
                        .revoked = shown.revoked || !shown.record.valid_at(clock.now()),
                        .pid_key = {},
                        .keys = {}};
    if (out.revoked) return out;
    out.pid_key = pid_key_of(shown.role, shown.name.view());
    const auto now = epoch_now();
    for (const auto at_epoch : {now - 1, now, now + 1}) {
        out.keys.push_back({.epoch = at_epoch,
                            .value = keyagreement::psk_of_temporary(temporary_of(member, at_epoch),
                                                                    server.view(), at_epoch)});
    }
    return out;
}

Result<base::Bytes> KeyGenerator::State::sealed_provision(
    const wire::LedgerId& server, const std::optional<keyagreement::PeerName>& only) {
    auto member = active(PartyRole::cloud_server, peer_name(server));
    if (!member) return base::pass(member);
    Provision out{.sequence = ++member->provision_sequence,
                  .made_at = clock.now(),
                  .complete = !only.has_value(),
                  .peers = {}};
    for (const auto& [key, held] : members) {
        if (!starts_with_servers(held.shown) || (only && held.shown.name != *only)) continue;
        out.peers.push_back(peer_of(held, server));
    }
    if (only && out.peers.empty()) {
        return base::fail(ErrorCode::not_found,
                          base::to_hex(only->view()) + " speaks with no cloud server");
    }
    const auto channel_key = member->channel_key.clone();
    Change change;
    change.members.push_back(*std::move(member));
    if (const auto done = commit(std::move(change)); !done) return base::pass(done);
    return seal_provision(channel_key, roots.authority, server, out, random);
}

Result<base::Bytes> KeyGenerator::provision(const wire::LedgerId& server) {
    return state_->sealed_provision(server, std::nullopt);
}

Result<base::Bytes> KeyGenerator::provision(const wire::LedgerId& server,
                                            const keyagreement::PeerName& peer) {
    return state_->sealed_provision(server, peer);
}

}  // namespace askg
