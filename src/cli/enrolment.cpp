// SPDX-License-Identifier: Apache-2.0
#include "cli/enrolment.h"

#include <algorithm>
#include <utility>

#include "askg/user_secret.h"
#include "gateway/broker_config.h"
#include "keyagreement/credentials.h"
#include "pda/pda_config.h"
#include "storage/files.h"

namespace cli {
namespace {

using base::ErrorCode;
using base::Result;
using identity::DeviceState;

/// A provision has some hundred bytes a client.
constexpr std::size_t provision_bytes_max = 64 << 20;

std::filesystem::path pda_list(const DataFolder& folder) {
    return folder.pda() / "pdas.json";
}
std::string file_name(const wire::DeviceId& id) {
    return base::to_hex(id.view()) + ".credentials";
}
std::filesystem::path credentials_of_pda(const DataFolder& folder, const wire::DeviceId& id) {
    return folder.pda() / file_name(id);
}

keyagreement::PeerName name_of(const wire::DeviceId& id) {
    keyagreement::PeerName name;
    name.bytes = id.bytes;
    return name;
}

askg::UnlockSecret unlock_secret(const identity::KeyStore& keys) {
    base::Bytes raw = keys.derived_key("key generator");
    const askg::WipeAtEnd wipe(raw);
    const auto key = crypto::Secret32::from(raw);
    return askg::UnlockSecret::from_key(key.value());
}

/// Keys of a party whose secrets this folder keeps.
struct Drawn {
    crypto::Secret32 static_private;
    crypto::X25519PublicKeyBytes static_public;
    crypto::Secret32 token;
};
Drawn draw_keys(base::Random& random) {
    auto secret = crypto::Secret32::draw(random);
    const auto key = crypto::X25519PrivateKey::from_bytes(secret);
    return {std::move(secret), key.public_key(), crypto::Secret32::draw(random)};
}

}  // namespace

Enrolment::Enrolment(Parts parts) : parts_(std::move(parts)) {}
Enrolment::~Enrolment() = default;
Enrolment::Enrolment(Enrolment&&) noexcept = default;

Result<Enrolment> Enrolment::create(Parts parts, std::string_view name) {
    for (const auto& made : {parts.folder.askg(), parts.folder.pda(), parts.folder.fleet()}) {
        if (auto done = storage::make_folder(made); !done) return base::pass(done);
    }
    Enrolment out(std::move(parts));
    auto generator = askg::KeyGenerator::create(
        out.parts_.folder.askg(), unlock_secret(out.parts_.keys), {.id = base::as_bytes(name)},
        out.parts_.clock, out.parts_.random);
    if (!generator) return base::pass(generator);
    out.generator_ = std::move(*generator);
    return out;
}

Result<Enrolment> Enrolment::open(Parts parts) {
    Enrolment out(std::move(parts));
    auto generator =
        askg::KeyGenerator::open(out.parts_.folder.askg(), unlock_secret(out.parts_.keys),
                                 out.parts_.clock, out.parts_.random);
    if (!generator) return base::pass(generator);
    out.generator_ = std::move(*generator);
    return out;
}

Result<void> Enrolment::certify(const askg::Record& record, wire::CertificationEvent event) {
    return parts_.certify({askg::hash_of(record), event});
}

Result<void> Enrolment::enrol_cloud_server(const wire::LedgerId& id) {
    // AES-256-GCM: what a server's processor does fastest. PDAs and devices keep to ChaCha20.
    auto drawn = draw_keys(parts_.random);
    auto grant =
        generator_->enrol_cloud_server({id, drawn.static_public, keyagreement::Suite::aes_256_gcm});
    if (!grant) return base::pass(grant);
    const askg::CloudServerCredentials credentials{std::move(drawn.static_private),
                                                   std::move(*grant)};
    if (auto written = askg::write_file(parts_.folder.cloud_server_credentials(), credentials);
        !written) {
        return written;
    }
    return certify(credentials.grant.certificate.record, wire::CertificationEvent::certified);
}

Result<identity::PdaRecord> Enrolment::enrol_pda(const wire::LedgerId& patient,
                                                 const std::string& label) {
    const auto known = generator_->domain(patient);
    if (!known && known.error().code != ErrorCode::not_found) return base::pass(known);
    if (!known) {
        if (const auto made = generator_->new_domain(patient); !made) return base::pass(made);
    }
    identity::PdaRecord record;
    record.id = base::draw<wire::DeviceId>(parts_.random);
    record.label = label;
    record.patient = patient;
    auto drawn = draw_keys(parts_.random);
    auto grant = generator_->enrol_pda({.patient = patient,
                                        .id = record.id,
                                        .static_public = drawn.static_public,
                                        .token_verifier = askg::token_verifier(drawn.token)});
    if (!grant) return base::pass(grant);
    if (auto done = certify(grant->certificate.record, wire::CertificationEvent::certified); !done)
        return base::pass(done);
    if (auto added = parts_.directory.add(record); !added) return base::pass(added);
    drawn_.emplace(record.id, askg::PdaCredentials{std::move(drawn.static_private),
                                                   std::move(drawn.token), std::move(*grant)});
    changed_.insert(record.id);
    return record;
}

Result<identity::PdaRecord> Enrolment::pda_of(const wire::LedgerId& patient) const {
    for (const auto& pda : parts_.directory.pdas()) {
        if (pda.patient == patient && pda.serving()) return pda;
    }
    return base::fail(ErrorCode::not_found, "the patient has no PDA that serves devices");
}

Result<EnrolledDevice> Enrolment::enrol_device(const NewDevice& device, const DeviceKeys& keys) {
    const auto pda = pda_of(device.patient);
    if (!pda) return base::pass(pda);
    EnrolledDevice out;
    out.record.id = base::draw<wire::DeviceId>(parts_.random);
    out.record.label = device.label;
    out.record.patient = device.patient;
    out.record.vitals = device.vitals;
    out.record.pda = pda->id;
    out.record.interval_ms = device.interval_ms;
    askg::DeviceApplication application{.patient = device.patient,
                                        .id = out.record.id,
                                        .pda = pda->id,
                                        .static_public = keys.static_public,
                                        .token_verifier = {},
                                        .clockless = keys.clockless};
    if (keys.token_verifier) {
        application.token_verifier = keys.token_verifier->clone();
        out.record.sealed_to = identity::SealedTo::cloud;
    }
    auto grant = generator_->enrol_device(application);
    if (!grant) return base::pass(grant);
    out.grant = std::move(*grant);
    if (auto done = certify(out.grant.certificate.record, wire::CertificationEvent::certified);
        !done) {
        return base::pass(done);
    }
    if (auto added = parts_.directory.add(out.record); !added) return base::pass(added);
    changed_.insert(pda->id);
    return out;
}

Result<identity::DeviceRecord> Enrolment::enrol_device(const NewDevice& device,
                                                       identity::SealedTo sealed_to,
                                                       const std::filesystem::path& file) {
    auto drawn = draw_keys(parts_.random);
    DeviceKeys keys{.static_public = drawn.static_public, .token_verifier = {}};
    askg::DeviceCredentials credentials;
    credentials.static_private = std::move(drawn.static_private);
    if (sealed_to == identity::SealedTo::cloud) {
        keys.token_verifier = askg::token_verifier(drawn.token);
        credentials.token = std::move(drawn.token);
    }
    auto enrolled = enrol_device(device, keys);
    if (!enrolled) return base::pass(enrolled);
    credentials.grant = std::move(enrolled->grant);
    const auto to = file.empty() ? credentials_of_device(parts_.folder, enrolled->record.id) : file;
    if (auto written = askg::write_file(to, credentials); !written) return base::pass(written);
    return enrolled->record;
}

Result<askg::UserGrant> Enrolment::register_user(const askg::UserApplication& application) {
    keyagreement::PeerName name;
    name.bytes = application.id.bytes;
    const auto known = generator_->member(askg::PartyRole::user, name);
    if (known && !known->revoked) {
        const auto entry = generator_->revoke(askg::PartyRole::user, name);
        if (!entry) return base::pass(entry);
        auto told = certify(entry->record, wire::CertificationEvent::revoked);
        if (!told) return base::pass(told);
    }
    auto registration = generator_->register_user(application);
    if (!registration) return base::pass(registration);
    auto told = certify(registration->record, wire::CertificationEvent::certified);
    if (!told) return base::pass(told);
    return std::move(registration->grant);
}

Result<void> Enrolment::end(const wire::DeviceId& id, DeviceState state, const wire::LedgerId& by) {
    // Refused in the directory first: from there on nobody is heard, whatever else fails.
    if (auto set = parts_.directory.set_state(id, state, by); !set) return set;
    const auto device = parts_.directory.device(id);
    const auto role = device ? askg::PartyRole::device : askg::PartyRole::pda;
    const auto member = generator_->member(role, name_of(id));
    if (!member) return base::fail(ErrorCode::not_found, "the key generator knows no such device");
    changed_.insert(device ? device->pda : id);
    if (member->revoked) return {};  // by a call that was cut off
    const auto entry = generator_->revoke(role, name_of(id));
    if (!entry) return base::pass(entry);
    return certify(entry->record, wire::CertificationEvent::revoked);
}

Result<void> Enrolment::write_pda(const wire::DeviceId& id) {
    const auto record = parts_.directory.pda(id);
    // One that ended is no longer in the list of those that a process plays.
    if (record && record->ended()) return {};
    auto grant = generator_->renew_pda(id);
    if (!grant) return base::pass(grant);
    const auto file = credentials_of_pda(parts_.folder, id);
    const auto drawn = drawn_.find(id);
    if (drawn != drawn_.end()) {
        drawn->second.grant = std::move(*grant);
        return askg::write_file(file, drawn->second);
    }
    auto credentials = askg::read_file<askg::PdaCredentials>(file);
    if (!credentials) return base::pass(credentials);
    credentials->grant = std::move(*grant);
    return askg::write_file(file, *credentials);
}

Result<void> Enrolment::write_pda_list() {
    pda::PdaConfig config;
    base::Bytes secret = parts_.keys.derived_key("broker");
    const askg::WipeAtEnd wipe(secret);
    for (const auto& record : parts_.directory.pdas()) {
        if (record.ended()) continue;
        config.pdas.push_back(
            {.id = record.id,
             .credentials = file_name(record.id),
             .password = gateway::broker_password(secret, base::to_hex(record.id.view()))});
    }
    return pda::write_pda_config(pda_list(parts_.folder), config);
}

Result<void> Enrolment::write_provision() {
    for (const askg::Member& member : generator_->members()) {
        if (member.role != askg::PartyRole::cloud_server || member.revoked) continue;
        wire::LedgerId server;
        server.bytes = member.name.bytes;
        const auto sealed = generator_->provision(server);
        if (!sealed) return base::pass(sealed);
        return storage::write_file_synced(parts_.folder.provision(), *sealed);
    }
    return base::fail(ErrorCode::not_found, "no cloud server is enrolled");
}

Result<void> Enrolment::commit() {
    for (const wire::DeviceId& id : changed_) {
        if (auto written = write_pda(id); !written) return written;
    }
    if (auto written = write_pda_list(); !written) return written;
    if (auto written = write_provision(); !written) return written;
    drawn_.clear();
    changed_.clear();
    return {};
}

Result<void> Enrolment::renew_epoch() {
    if (auto moved = generator_->rotate_epoch(); !moved) return base::pass(moved);
    for (const auto& pda : parts_.directory.pdas()) changed_.insert(pda.id);
    for (const auto& device : parts_.directory.devices()) {
        const auto file = credentials_of_device(parts_.folder, device.id);
        std::error_code unknown;
        if (device.ended() || device.sealed_to != identity::SealedTo::cloud) continue;
        if (!std::filesystem::exists(file, unknown)) continue;  // it is elsewhere
        auto credentials = askg::read_file<askg::DeviceCredentials>(file);
        if (!credentials) return base::pass(credentials);
        auto grant = generator_->renew_device(device.id);
        if (!grant) return base::pass(grant);
        credentials->grant = std::move(*grant);
        if (auto written = askg::write_file(file, *credentials); !written) return written;
    }
    return {};
}

std::filesystem::path Enrolment::credentials_of_device(const DataFolder& folder,
                                                       const wire::DeviceId& id) {
    return folder.fleet() / file_name(id);
}

Result<CloudServerFace> read_cloud_server(const DataFolder& folder, std::uint64_t last_sequence) {
    auto credentials =
        askg::read_file<askg::CloudServerCredentials>(folder.cloud_server_credentials());
    if (!credentials) return base::pass(credentials);
    const auto sealed = storage::read_file(folder.provision(), provision_bytes_max);
    if (!sealed) return base::pass(sealed);
    auto provision = askg::open_provision(credentials->grant, *sealed, last_sequence);
    if (!provision) return base::pass(provision);
    return CloudServerFace{std::move(*credentials), std::move(*provision)};
}

bool is_of_another_epoch(const askg::Provision& provision, base::TimePoint now) {
    return keyagreement::month_of(provision.made_at) != keyagreement::month_of(now);
}

}  // namespace cli
