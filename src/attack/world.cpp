// SPDX-License-Identifier: Apache-2.0
#include "attack/world.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "keyagreement/credentials.h"

namespace attack {
namespace {

using askg::PartyRole;
using crypto::X25519PrivateKey;
using keyagreement::PeerName;

constexpr base::TimePoint morning = base::from_unix_ms(1'800'000'000'000);

/// These steps cannot fail in a world of our own making.
template <class T>
T must(base::Result<T> result) {
    CHECK(result.has_value());
    return *std::move(result);
}

template <class Id>
PeerName name_of(const Id& id) {
    return *PeerName::from(id.view());
}

std::map<std::int64_t, Secret32> keys_with(const std::vector<askg::EpochSecret>& temporary,
                                           const wire::LedgerId& server) {
    std::map<std::int64_t, Secret32> out;
    for (const auto& secret : temporary) {
        out.emplace(secret.epoch,
                    keyagreement::psk_of_temporary(secret.value, server.view(), secret.epoch));
    }
    return out;
}

struct Applicant {
    X25519PrivateKey own;
    Secret32 token;
    explicit Applicant(base::Random& random)
        : own(X25519PrivateKey::draw(random)), token(Secret32::draw(random)) {}
};

/// The grant lists servers in an order of its own.
const askg::CloudServerEntry& entry_of(const std::vector<askg::CloudServerEntry>& entries,
                                       const wire::LedgerId& id) {
    const auto found = std::ranges::find(entries, id, &askg::CloudServerEntry::id);
    CHECK(found != entries.end());
    return *found;
}

Line line_to_server(const askg::CloudServerEntry& server, const Secret32& own,
                    const Secret32& pid_key, const std::vector<askg::EpochSecret>& temporary) {
    Line out;
    out.suite = *server.record.suite;
    out.domain = server.record.authority;
    out.static_private = own.clone();
    out.responder = server.record.static_public;
    out.pid_key = pid_key.clone();
    out.psk = keys_with(temporary, server.id);
    return out;
}

Line device_line(const askg::DeviceGrant& grant, const X25519PrivateKey& own) {
    Line out;
    out.who = "device";
    out.profile = Profile::device_pda;
    out.suite = *grant.pda_record.suite;
    out.domain = grant.certificate.authority;
    out.name = name_of(grant.id);
    out.static_private = own.to_bytes();
    out.responder = grant.pda_record.static_public;
    out.pid_key = grant.pid_key.clone();
    out.psk.emplace(0, askg::pair_secret(grant.domain, grant.pda_x));
    out.clockless = grant.clockless;
    return out;
}

/// What a PDA makes of its grant: the devices that may speak to it.
Station pda_station(const askg::PdaGrant& grant, const X25519PrivateKey& own) {
    Station out;
    out.profiles = {Profile::device_pda};
    out.suite = *grant.certificate.record.suite;
    out.domain = grant.certificate.authority;
    out.static_private = own.to_bytes();
    out.limits = keyagreement::ServerLimits::pda();
    for (const auto& device : grant.devices) {
        std::map<std::int64_t, Secret32> key;
        key.emplace(0, askg::pair_secret(grant.domain, device.x));
        out.peers.put({.profile = Profile::device_pda,
                       .peer = {.name = name_of(device.id),
                                .static_public = device.record.static_public,
                                .psk = {},
                                .psk_previous = std::nullopt,
                                .revoked = device.revoked,
                                .clockless_allowed = device.clockless},
                       .pid_key = device.pid_key.clone()},
                      std::move(key));
    }
    return out;
}

}  // namespace

const Secret32& Line::psk_at(base::TimePoint now) const {
    auto found = psk.upper_bound(profile == Profile::device_pda ? 0 : keyagreement::month_of(now));
    CHECK(found != psk.begin());
    return std::prev(found)->second;
}

keyagreement::Pid Line::pid_at(base::TimePoint now) const {
    return keyagreement::pid_of(pid_key, keyagreement::day_of(now));
}

Parties Line::parties() const {
    return {.prologue = {profile, suite, domain, responder}, .initiator = own().public_key()};
}

keyagreement::Client Line::client(base::Random& random) const {
    return {{.profile = profile,
             .suite = suite,
             .domain = domain,
             .own = own(),
             .responder = responder,
             .pid_key = pid_key.clone(),
             .psk = [this](base::TimePoint at) { return psk_at(at).clone(); },
             .has_clock = !clockless},
            random};
}

void Roster::put(keyagreement::PeerTable::Entry entry, std::map<std::int64_t, Secret32> keys) {
    keys_[entry.peer.name] = std::move(keys);
    table_.put(std::move(entry));
}

std::optional<keyagreement::Peer> Roster::find(Profile profile, const keyagreement::Pid& pid,
                                               base::TimePoint now) const {
    auto peer = table_.find(profile, pid, now);
    if (!peer) return peer;
    const auto& keys = keys_.at(peer->name);
    const auto month = profile == Profile::device_pda ? 0 : keyagreement::month_of(now);
    const auto current = keys.find(month), previous = keys.find(month - 1);
    if (current != keys.end()) peer->psk = current->second.clone();
    if (previous != keys.end()) peer->psk_previous = previous->second.clone();
    return peer;
}

keyagreement::Server Station::server(base::TimePoint started_at, base::Random& source) const {
    return server(started_at, limits, source);
}

keyagreement::Server Station::server(base::TimePoint started_at,
                                     const keyagreement::ServerLimits& bounds,
                                     base::Random& source) const {
    return {{.profiles = profiles,
             .suite = suite,
             .domain = domain,
             .own = own(),
             .started_at = started_at,
             .limits = bounds},
            peers,
            source};
}

keyagreement::Server Station::patient_server(base::TimePoint started_at,
                                             base::Random& source) const {
    auto generous = limits;
    generous.messages1_a_source = generous.messages1_in_all = 1'000'000;
    return server(started_at, generous, source);
}

Line line_of(const askg::DeviceCredentials& credentials) {
    return device_line(credentials.grant, X25519PrivateKey::from_bytes(credentials.static_private));
}

Line line_of(const askg::PdaCredentials& credentials) {
    const auto& grant = credentials.grant;
    CHECK(!grant.cloud_servers.empty());
    auto out = line_to_server(grant.cloud_servers.front(), credentials.static_private,
                              grant.pid_key, grant.temporary);
    out.who = "PDA";
    out.profile = Profile::pda_cloud;
    out.name = name_of(grant.id);
    return out;
}

Line line_of(const askg::UserCredentials& credentials, const Secret32& token) {
    const auto& grant = credentials.grant;
    CHECK(!grant.cloud_servers.empty());
    auto out = line_to_server(grant.cloud_servers.front(), askg::user_static_key(token).to_bytes(),
                              grant.pid_key, grant.temporary);
    out.who = "user";
    out.profile = Profile::user_cloud;
    out.domain = grant.authority;
    out.name = name_of(grant.id);
    return out;
}

World::World(base::Random& source)
    : clock(morning),
      random(source),
      patient(base::draw<wire::LedgerId>(source)),
      other_patient(base::draw<wire::LedgerId>(source)) {
    unlock_key = Secret32::draw(random);
    askg = must(askg::KeyGenerator::create(store, askg::UnlockSecret::from_key(unlock_key),
                                           {.id = base::as_bytes("askg")}, clock, random));
    enrol_servers();
    enrol_patient();
    enrol_user();
    provision();
}

const Station& World::station_of(const Line& line) const {
    if (line.profile == Profile::device_pda) return pda;
    return line.responder == cloud.own().public_key() ? cloud : other_cloud;
}

void World::enrol_servers() {
    for (const auto& [station, files] :
         {std::pair{&cloud, &cloud_files}, {&other_cloud, &other_cloud_files}}) {
        const Applicant applicant(random);
        auto grant =
            must(askg->enrol_cloud_server({.id = base::draw<wire::LedgerId>(random),
                                           .static_public = applicant.own.public_key(),
                                           .suite = keyagreement::Suite::chacha20_poly1305}));
        station->profiles = {Profile::pda_cloud, Profile::user_cloud};
        station->suite = *grant.certificate.record.suite;
        station->domain = grant.certificate.authority;
        station->static_private = applicant.own.to_bytes();
        files->credentials = {.static_private = applicant.own.to_bytes(),
                              .grant = std::move(grant)};
    }
}

void World::enrol_patient() {
    for (const auto& id : {patient, other_patient}) CHECK(askg->new_domain(id).has_value());
    const Applicant hub(random);
    const auto hub_id = base::draw<wire::DeviceId>(random);
    CHECK(askg->enrol_pda({.patient = patient,
                           .id = hub_id,
                           .static_public = hub.own.public_key(),
                           .token_verifier = askg::token_verifier(hub.token),
                           .suite = keyagreement::Suite::chacha20_poly1305})
              .has_value());
    for (auto* line : {&device, &other_device, &clockless}) {
        const Applicant applicant(random);
        const auto grant = must(askg->enrol_device({.patient = patient,
                                                    .id = base::draw<wire::DeviceId>(random),
                                                    .pda = hub_id,
                                                    .static_public = applicant.own.public_key(),
                                                    .token_verifier = std::nullopt,
                                                    .clockless = line == &clockless}));
        *line = device_line(grant, applicant.own);
        if (line == &device) {
            device_coefficient = *Secret32::from(grant.domain.share.coefficients().front().bytes());
        }
    }
    const auto grant = must(askg->renew_pda(hub_id));
    pda = pda_station(grant, hub.own);
    const auto own = hub.own.to_bytes();
    pda_token = hub.token.clone();
    for (const auto& [line, files] :
         {std::pair{&pda_line, &cloud_files}, {&pda_elsewhere, &other_cloud_files}}) {
        *line = line_to_server(entry_of(grant.cloud_servers, files->credentials.grant.id), own,
                               grant.pid_key, grant.temporary);
        line->who = "PDA";
        line->profile = Profile::pda_cloud;
        line->name = name_of(hub_id);
    }
}

void World::enrol_user() {
    const auto id = base::draw<wire::LedgerId>(random);
    auto factor = askg::draw_user_factor(random);
    const auto token = must(askg::user_token(base::as_bytes(biometric), factor, id));
    const auto own = askg::user_static_key(token);
    user_token = token.clone();
    auto registered = must(askg->register_user({.id = id,
                                                .role = wire::Role::patient,
                                                .static_public = own.public_key(),
                                                .token_verifier = askg::token_verifier(token)}));
    auto& grant = registered.grant;
    for (const auto& [line, files] :
         {std::pair{&user, &cloud_files}, {&user_elsewhere, &other_cloud_files}}) {
        *line = line_to_server(entry_of(grant.cloud_servers, files->credentials.grant.id),
                               own.to_bytes(), grant.pid_key, grant.temporary);
        line->who = "user";
        line->profile = Profile::user_cloud;
        line->name = name_of(id);
    }
    user_file = {.factor = std::move(factor), .grant = std::move(grant)};
}

void World::provision() {
    for (const auto& [station, files] :
         {std::pair{&cloud, &cloud_files}, {&other_cloud, &other_cloud_files}}) {
        const auto& grant = files->credentials.grant;
        files->provision = must(askg->provision(grant.id));
        auto opened = must(askg::open_provision(grant, files->provision, 0));
        for (auto& peer : opened.peers) {
            std::map<std::int64_t, Secret32> keys;
            for (auto& key : peer.keys) keys.emplace(key.epoch, std::move(key.value));
            station->peers.put({.profile = peer.profile,
                                .peer = {.name = peer.name,
                                         .static_public = peer.static_public(),
                                         .psk = {},
                                         .psk_previous = std::nullopt,
                                         .revoked = peer.revoked,
                                         .clockless_allowed = false},
                                .pid_key = peer.pid_key.clone()},
                               std::move(keys));
        }
    }
}

Conversation converse(keyagreement::Client& client, keyagreement::Server& server,
                      base::TimePoint now) {
    Conversation out;
    const auto opened = client.start(now);
    CHECK(opened.to_send.size() == 1);
    out.heard.message1 = opened.to_send[0];
    const auto answered = server.receive(line_name, out.heard.message1, now);
    CHECK(answered.to_send.size() == 1);
    out.heard.message2 = answered.to_send[0];
    const auto finished = client.receive(out.heard.message2, now);
    CHECK(finished.to_send.size() == 1);
    out.heard.message3 = finished.to_send[0];
    const auto confirmed = server.receive(line_name, out.heard.message3, now);
    CHECK(confirmed.established.has_value() && confirmed.to_send.size() == 1);
    out.first_record = confirmed.to_send[0];
    CHECK(client.receive(out.first_record, now).established.has_value());
    out.heard.record = *client.seal(base::as_bytes("heart rate 72"), now);
    const auto received = server.receive(line_name, out.heard.record, now);
    CHECK(received.received.has_value());
    out.responder_record =
        *server.seal(confirmed.established->session, base::as_bytes("stored"), now);
    CHECK(client.receive(out.responder_record, now).received.has_value());
    return out;
}

}  // namespace attack
