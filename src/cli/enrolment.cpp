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

template <class Id>
keyagreement::PeerName name_of(const Id& id) {
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

void Enrolment::tell(const askg::Record& record, wire::CertificationEvent event) {
    untold_.push_back({askg::hash_of(record), event});
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
    tell(credentials.grant.certificate.record, wire::CertificationEvent::certified);
    return {};
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
    tell(grant->certificate.record, wire::CertificationEvent::certified);
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
    askg::DeviceApplication application{.patient = device.patient,
                                        .id = base::draw<wire::DeviceId>(parts_.random),
                                        .pda = pda->id,
                                        .static_public = keys.static_public,
                                        .token_verifier = {},
                                        .clockless = keys.clockless};
    if (keys.token_verifier) application.token_verifier = keys.token_verifier->clone();
    auto grant = granted(application);
    if (!grant) return base::pass(grant);
    changed_.insert(pda->id);
    tell(grant->certificate.record, wire::CertificationEvent::certified);
    if (auto known = parts_.directory.device(grant->id)) {
        return EnrolledDevice{*std::move(known), *std::move(grant)};
    }
    identity::DeviceRecord record;
    record.id = grant->id;
    record.label = device.label;
    record.patient = device.patient;
    record.vitals = device.vitals;
    record.pda = pda->id;
    record.interval_ms = device.interval_ms;
    if (keys.token_verifier) record.sealed_to = identity::SealedTo::cloud;
    if (auto added = parts_.directory.add(record); !added) return base::pass(added);
    return EnrolledDevice{std::move(record), *std::move(grant)};
}

/// A device that asks again, because it never heard the answer, is the member that it was made.
Result<askg::DeviceGrant> Enrolment::granted(const askg::DeviceApplication& application) {
    auto before = generator_->enrolled_before(application);
    if (!before) return base::pass(before);
    auto grant =
        *before ? Result<askg::DeviceGrant>(**std::move(before)) : enrol_with_room(application);
    if (!grant) return grant;
    auto named = name_own_server_first(grant->cloud_servers);
    return named ? std::move(grant) : base::pass(named);
}

Result<askg::DeviceGrant> Enrolment::enrol_with_room(const askg::DeviceApplication& application) {
    auto grant = generator_->enrol_device(application);
    if (grant || grant.error().code != ErrorCode::too_large) return grant;
    const auto standing = std::ranges::count_if(generator_->members(), [&](const auto& member) {
        return member.patient == application.patient && !member.revoked;
    });
    if (static_cast<std::size_t>(standing) >= askg::collusion_bound) {
        return base::fail(ErrorCode::too_large,
                          "E_DOMAIN_FULL: the patient has 31 devices and PDAs in use; retire one "
                          "that is not needed, then pair the new one");
    }
    if (auto begun = generator_->new_generation(application.patient); !begun) {
        return base::pass(begun);
    }
    grant = generator_->enrol_device(application);
    if (!grant) return grant;
    auto renewed = renew_devices_here(application.patient);
    return renewed ? std::move(grant) : base::pass(renewed);
}

/// Those of the patient whose credentials this folder has.
Result<void> Enrolment::renew_devices_here(const wire::LedgerId& patient) {
    for (const auto& device : parts_.directory.devices_of(patient)) {
        if (device.ended()) continue;
        if (auto renewed = renew_device_here(device.id); !renewed) return renewed;
    }
    return {};
}

Result<void> Enrolment::renew_device_here(const wire::DeviceId& id) {
    const auto file = credentials_of_device(parts_.folder, id);
    std::error_code unknown;
    if (!std::filesystem::exists(file, unknown)) return {};  // it is elsewhere
    auto credentials = askg::read_file<askg::DeviceCredentials>(file);
    if (!credentials) return base::pass(credentials);
    auto grant = renew_device(id);
    if (!grant) return base::pass(grant);
    credentials->grant = std::move(*grant);
    return askg::write_file(file, *credentials);
}

Result<askg::DeviceGrant> Enrolment::renew_device(const wire::DeviceId& id) {
    auto grant = generator_->renew_device(id);
    if (!grant) return grant;
    auto named = name_own_server_first(grant->cloud_servers);
    return named ? std::move(grant) : base::pass(named);
}

Result<askg::UserGrant> Enrolment::renew_user(const wire::LedgerId& id) {
    auto grant = generator_->renew_user(id);
    if (!grant) return grant;
    auto named = name_own_server_first(grant->cloud_servers);
    return named ? std::move(grant) : base::pass(named);
}

std::vector<wire::DeviceId> Enrolment::left_behind() const {
    std::map<wire::LedgerId, std::uint32_t> newest;
    for (const auto& domain : generator_->domains()) newest[domain.patient] = domain.generation;
    std::vector<wire::DeviceId> out;
    for (const auto& device : parts_.directory.devices()) {
        if (device.ended() || device.sealed_to != identity::SealedTo::pda) continue;
        const auto member = generator_->member(askg::PartyRole::device, name_of(device.id));
        if (member && member->generation != newest[device.patient]) out.push_back(device.id);
    }
    return out;
}

Result<wire::LedgerId> Enrolment::own_server() const {
    const auto credentials =
        askg::read_file<askg::CloudServerCredentials>(parts_.folder.cloud_server_credentials());
    if (!credentials) return base::pass(credentials);
    return credentials->grant.id;
}

Result<void> Enrolment::name_own_server_first(std::vector<askg::CloudServerEntry>& servers) const {
    if (servers.empty()) return {};
    const auto own = own_server();
    if (!own) return base::pass(own);
    const auto found = std::ranges::find(servers, *own, &askg::CloudServerEntry::id);
    if (found != servers.end()) std::rotate(servers.begin(), found, found + 1);
    return {};
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

Result<askg::KeyGenerator::Registration> Enrolment::register_user(
    const askg::UserApplication& application) {
    auto before = generator_->registered_before(application);
    if (!before) return base::pass(before);
    auto registration = *before ? Result<askg::KeyGenerator::Registration>(**std::move(before))
                                : registered_anew(application);
    if (!registration) return registration;
    tell(registration->record, wire::CertificationEvent::certified);
    auto named = name_own_server_first(registration->grant.cloud_servers);
    return named ? std::move(registration) : base::pass(named);
}

Result<askg::KeyGenerator::Registration> Enrolment::registered_anew(
    const askg::UserApplication& application) {
    const auto name = name_of(application.id);
    if (generator_->member(askg::PartyRole::user, name)) {
        if (auto gone = withdraw(askg::PartyRole::user, name); !gone) return base::pass(gone);
    }
    return generator_->register_user(application);
}

Result<void> Enrolment::revoke_user(const wire::LedgerId& id) {
    return withdraw(askg::PartyRole::user, name_of(id));
}

Result<void> Enrolment::end(const wire::DeviceId& id, DeviceState state, const wire::LedgerId& by) {
    // Refused in the directory first: from there on nobody is heard, whatever else fails.
    if (auto set = parts_.directory.set_state(id, state, by); !set) return set;
    const auto device = parts_.directory.device(id);
    changed_.insert(device ? device->pda : id);
    return withdraw(device ? askg::PartyRole::device : askg::PartyRole::pda, name_of(id));
}

Result<void> Enrolment::withdraw(askg::PartyRole role, const keyagreement::PeerName& name) {
    const auto member = generator_->member(role, name);
    if (!member) {
        return base::fail(ErrorCode::not_found, role == askg::PartyRole::user
                                                    ? "this person has registered no client"
                                                    : "the key generator knows no such device");
    }
    if (!member->revoked) {
        const auto entry = generator_->revoke(role, name);
        if (!entry) return base::pass(entry);
    }
    tell(member->record, wire::CertificationEvent::revoked);
    return {};
}

/// Whether the patient's PDA has no share of the newest generation: then it began, and whoever is
/// here was not renewed.
Result<bool> Enrolment::take_up_generation(const askg::Domain& domain) {
    const auto pda = pda_of(domain.patient);
    const auto member = pda ? generator_->member(askg::PartyRole::pda, name_of(pda->id))
                            : std::optional<askg::Member>();
    if (!member || member->revoked || member->generation == domain.generation) return false;
    auto renewed = renew_devices_here(domain.patient);
    return renewed ? Result<bool>(true) : base::pass(renewed);
}

Result<void> Enrolment::take_up(const Shown& shown) {
    bool cut_off = false;
    const auto end_with = [&](askg::PartyRole role, const auto& record) -> Result<void> {
        const auto member = generator_->member(role, name_of(record.id));
        if (!record.ended() || !member || member->revoked) return {};
        cut_off = true;
        return withdraw(role, name_of(record.id));
    };
    for (const auto& device : parts_.directory.devices()) {
        if (auto ended = end_with(askg::PartyRole::device, device); !ended) return ended;
    }
    for (const auto& pda : parts_.directory.pdas()) {
        if (auto ended = end_with(askg::PartyRole::pda, pda); !ended) return ended;
    }
    for (const askg::Domain& domain : generator_->domains()) {
        const auto renewed = take_up_generation(domain);
        if (!renewed) return base::pass(renewed);
        cut_off = cut_off || *renewed;
    }
    const auto log = generator_->log();
    if (!log) return base::pass(log);
    untold_.clear();
    for (const askg::LogEntry& entry : *log) {
        const wire::Certify certify{askg::hash_of(entry.record),
                                    entry.event == askg::LogEvent::revoked
                                        ? wire::CertificationEvent::revoked
                                        : wire::CertificationEvent::certified};
        const auto stands = shown(certify);
        if (stands && *stands) continue;
        cut_off = true;
        untold_.push_back(certify);
    }
    if (!cut_off) return {};
    for (const auto& pda : parts_.directory.pdas()) changed_.insert(pda.id);
    return {};
}

Result<void> Enrolment::write_pda(const wire::DeviceId& id) {
    const auto record = parts_.directory.pda(id);
    // One that ended is no longer in the list of those that a process plays.
    if (record && record->ended()) return {};
    auto grant = generator_->renew_pda(id);
    if (!grant) return base::pass(grant);
    auto named = name_own_server_first(grant->cloud_servers);
    if (!named) return named;
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
    const auto own = own_server();
    if (!own) return base::pass(own);
    const auto sealed = generator_->provision(*own);
    if (!sealed) return base::pass(sealed);
    return storage::write_file_synced(parts_.folder.provision(), *sealed);
}

Result<void> Enrolment::commit() {
    for (const wire::DeviceId& id : changed_) {
        if (auto written = write_pda(id); !written) return written;
    }
    if (auto written = write_pda_list(); !written) return written;
    if (auto written = write_provision(); !written) return written;
    drawn_.clear();
    changed_.clear();
    // Last: what the chain shows is in everybody's files.
    for (const wire::Certify& certify : untold_) {
        if (auto told = parts_.certify(certify); !told) return told;
    }
    untold_.clear();
    return {};
}

Result<void> Enrolment::renew_epoch() {
    if (auto moved = generator_->rotate_epoch(); !moved) return base::pass(moved);
    for (const auto& pda : parts_.directory.pdas()) changed_.insert(pda.id);
    for (const auto& device : parts_.directory.devices()) {
        if (device.ended() || device.sealed_to != identity::SealedTo::cloud) continue;
        if (auto renewed = renew_device_here(device.id); !renewed) return renewed;
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
