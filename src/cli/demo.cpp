// SPDX-License-Identifier: Apache-2.0
#include "cli/demo.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/checkpoints.h"
#include "cli/demo_cast.h"
#include "cli/demo_devices.h"
#include "cli/enrolment.h"
#include "cli/sequences.h"
#include "cli/transactions_file.h"
#include "crypto/key_wrap.h"
#include "identity/consent_keys.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "wire/block.h"
#include "wire/receipt.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace cli {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

constexpr std::chrono::hours consent_length{24 * 365};
constexpr std::size_t setup_bytes_max = 65'536;
/// 2: keys are agreed in sessions. 1, which was not written, had fixed keys for each device.
constexpr std::int64_t setup_format = 2;

/// Everything a first start draws and writes. One use.
class FirstStart {
public:
    FirstStart(const DataFolder& folder, const DemoSetup& setup, const base::Clock& clock,
               base::Random& random)
        : folder_(folder),
          setup_(setup),
          clock_(clock),
          random_(random),
          sequences_(folder.sequences()) {}

    Result<SetupRecord> run();

private:
    struct Enrolled {
        wire::LedgerId id;
        wire::Role role{};
        wire::PublicKeyBytes public_key;
    };

    Result<void> open();
    Result<void> make_genesis();
    Result<void> enrol_services();
    Result<void> enrol_people(const std::vector<DemoPatient>& patients);
    Result<void> enrol_things(const std::vector<DemoPatient>& patients);
    Result<Enrolled> add_person(const CastMember& member, const std::string& bed,
                                const wire::LedgerId& doctor);
    Result<void> sign_enrolment(const Enrolled& who);
    Result<void> sign_certifications();
    Result<void> sign_consents();
    Result<void> sign_consent(const wire::Signer& patient, const wire::LedgerId& grantee);
    Result<void> sign(const wire::Signer& signer, const wire::Action& action);

    const DataFolder& folder_;
    const DemoSetup& setup_;
    const base::Clock& clock_;
    base::Random& random_;
    Sequences sequences_;
    std::unique_ptr<storage::RocksStore> store_;
    std::unique_ptr<identity::KeyStore> keys_;
    std::unique_ptr<identity::Directory> directory_;
    std::unique_ptr<identity::ConsentKeys> consent_keys_;
    std::string chain_id_;
    SetupRecord record_;
    std::vector<Enrolled> people_;
    std::vector<wire::LedgerId> patients_;
    std::vector<wire::Certify> certified_;
    std::vector<base::Bytes> transactions_;
};

Result<void> FirstStart::open() {
    for (const auto& path : {folder_.root, folder_.databases(), folder_.logs()}) {
        if (auto made = storage::make_folder(path); !made) return made;
    }
    auto store = storage::RocksStore::open(folder_.database("identity"));
    if (!store) return base::pass(store);
    store_ = std::move(*store);
    auto keys = identity::KeyStore::open(folder_.keys(), clock_, random_);
    if (!keys) return base::pass(keys);
    keys_ = std::move(*keys);
    auto directory = identity::Directory::open(*store_);
    if (!directory) return base::pass(directory);
    directory_ = std::move(*directory);
    consent_keys_ = std::make_unique<identity::ConsentKeys>(
        *store_, keys_->derived_key("consent keys"), random_);
    return {};
}

/// The administrator and the miners stand in the genesis; everybody else is enrolled by
/// transactions.
Result<void> FirstStart::make_genesis() {
    std::array<std::uint8_t, 4> tail{};
    random_.fill(tail);
    chain_id_ = "salus-demo-" + base::to_hex(tail);
    wire::Genesis genesis{.chain_id = chain_id_,
                          .time = clock_.now(),
                          .demo = true,
                          .members = {},
                          .policy = policy_of(setup_.engine)};
    wire::Trust trust{.chain_id = chain_id_, .genesis_hash = {}, .miners = {}};

    record_.administrator = base::draw<wire::LedgerId>(random_);
    auto administrator = keys_->create_for_person(record_.administrator, demo_password);
    if (!administrator) return base::pass(administrator);
    genesis.members.push_back({record_.administrator, wire::Role::administrator,
                               wire::SignatureScheme::ecdsa_p256_sha512, *administrator,
                               wire::Custody::node});
    for (std::size_t i = 0; i < miners_of(setup_.engine); ++i) {
        const auto id = base::draw<wire::LedgerId>(random_);
        auto key = keys_->create_for_service(id);
        if (!key) return base::pass(key);
        genesis.members.push_back({id, wire::Role::miner, wire::SignatureScheme::ecdsa_p256_sha512,
                                   *key, wire::Custody::node});
        trust.miners.push_back({id, *key});
    }
    trust.genesis_hash = wire::hash_of(genesis);
    trust.quorum = genesis.policy.quorum;
    auto checkpoint_key = create_checkpoint_key(folder_, *keys_, chain_id_);
    if (!checkpoint_key) return base::pass(checkpoint_key);
    trust.checkpoint_key = *std::move(checkpoint_key);
    if (auto written = storage::write_file_synced(folder_.genesis(), wire::encode(genesis));
        !written) {
        return written;
    }
    return storage::write_file_synced(folder_.trust(), base::as_bytes(wire::to_json(trust)));
}

std::string name_of_service(wire::Role role) {
    switch (role) {
        case wire::Role::cloud_server:
            return "Cloud server";
        case wire::Role::key_generator:
            return "Key generator";
        default:
            return "Demo program";
    }
}

Result<void> FirstStart::enrol_services() {
    const std::pair<wire::LedgerId*, wire::Role> services[] = {
        {&record_.cloud_server, wire::Role::cloud_server},
        {&record_.demo_program, wire::Role::demo_program},
        {&record_.key_generator, wire::Role::key_generator}};
    for (const auto& [id, role] : services) {
        *id = base::draw<wire::LedgerId>(random_);
        auto key = keys_->create_for_service(*id);
        if (!key) return base::pass(key);
        const identity::Person service{.id = *id,
                                       .role = role,
                                       .name = name_of_service(role),
                                       .login = {},
                                       .password_hash = {},
                                       .bed = {},
                                       .age_years = {},
                                       .sex = {},
                                       .responsible_doctor = {}};
        if (auto added = directory_->add(service); !added) return added;
        people_.push_back({*id, role, *key});
    }
    return {};
}

Result<FirstStart::Enrolled> FirstStart::add_person(const CastMember& member,
                                                    const std::string& bed,
                                                    const wire::LedgerId& doctor) {
    const bool administrator = member.role == wire::Role::administrator;
    const auto id = administrator ? record_.administrator : base::draw<wire::LedgerId>(random_);
    const identity::Person person{.id = id,
                                  .role = member.role,
                                  .name = member.name,
                                  .login = member.login,
                                  .password_hash = crypto::hash_password(demo_password, random_),
                                  .bed = bed,
                                  .age_years = member.age_years,
                                  .sex = member.sex,
                                  .responsible_doctor = doctor};
    if (auto added = directory_->add(person); !added) return base::pass(added);
    if (administrator) return Enrolled{id, member.role, {}};  // its key stands in the genesis
    auto key = keys_->create_for_person(id, demo_password);
    if (!key) return base::pass(key);
    people_.push_back({id, member.role, *key});
    return people_.back();
}

Result<void> FirstStart::enrol_people(const std::vector<DemoPatient>& patients) {
    std::vector<wire::LedgerId> doctors;
    for (const auto& member : demo_staff()) {
        auto added = add_person(member, {}, {});
        if (!added) return base::pass(added);
        if (member.role == wire::Role::doctor) doctors.push_back(added->id);
    }
    for (std::size_t i = 0; i < patients.size(); ++i) {
        auto added =
            add_person(patients[i].person, fmt::format("B{}", i + 1), doctors[i % doctors.size()]);
        if (!added) return base::pass(added);
        patients_.push_back(added->id);
    }
    return {};
}

/// The cloud server first: a PDA is told whom to speak to.
Result<void> FirstStart::enrol_things(const std::vector<DemoPatient>& patients) {
    const Enrolment::Parts parts{.folder = folder_,
                                 .keys = *keys_,
                                 .directory = *directory_,
                                 .clock = clock_,
                                 .random = random_,
                                 .certify = [this](const wire::Certify& certify) -> Result<void> {
                                     certified_.push_back(certify);
                                     return {};
                                 }};
    auto enrolment = Enrolment::create(parts, chain_id_);
    if (!enrolment) return base::pass(enrolment);
    if (auto done = enrolment->enrol_cloud_server(record_.cloud_server); !done) return done;
    auto done = enrol_devices(patients, patients_, setup_.seed, parts, *enrolment);
    return done ? enrolment->commit() : done;
}

Result<void> FirstStart::sign(const wire::Signer& signer, const wire::Action& action) {
    auto envelope = sequences_.sign(signer, chain_id_, clock_.now(), action);
    if (!envelope) return base::pass(envelope);
    transactions_.push_back(std::move(*envelope));
    return {};
}

Result<void> FirstStart::sign_enrolment(const Enrolled& who) {
    const auto administrator = keys_->person_signer(record_.administrator);
    return sign(*administrator,
                wire::Enrol{who.id, who.role, wire::SignatureScheme::ecdsa_p256_sha512,
                            who.public_key, wire::Custody::node});
}

Result<void> FirstStart::sign_consent(const wire::Signer& patient, const wire::LedgerId& grantee) {
    auto token_key = consent_keys_->create();
    if (!token_key) return base::pass(token_key);
    const auto now = clock_.now();
    return sign(patient, wire::GrantConsent{.grantee = grantee,
                                            .category = wire::Category::vital_signs,
                                            .purpose = wire::Purpose::treatment,
                                            .from = now,
                                            .until = now + consent_length,
                                            .token_key_hash = *token_key});
}

/// The key generator's word on every static key, so that another one in its place is seen.
Result<void> FirstStart::sign_certifications() {
    const auto generator = keys_->service_signer(record_.key_generator);
    if (!generator) return base::pass(generator);
    for (const auto& certify : certified_) {
        if (auto signed_it = sign(**generator, certify); !signed_it) return signed_it;
    }
    return {};
}

/// Every demo patient lets the responsible doctor and the ward's nurses see the vital signs.
Result<void> FirstStart::sign_consents() {
    const auto nurses = directory_->people(wire::Role::nurse);
    for (const auto& patient : directory_->people(wire::Role::patient)) {
        if (auto opened = keys_->unlock(patient.id, demo_password); !opened) return opened;
        const auto signer = keys_->person_signer(patient.id);
        std::vector<wire::LedgerId> grantees{patient.responsible_doctor};
        for (const auto& nurse : nurses) grantees.push_back(nurse.id);
        if (setup_.program_approves) grantees.push_back(record_.demo_program);
        for (const auto& grantee : grantees) {
            if (auto signed_it = sign_consent(*signer, grantee); !signed_it) return signed_it;
        }
        keys_->lock(patient.id);
    }
    return {};
}

std::string source_of(const DemoSetup& setup) {
    const auto patients = setup.replay.empty()
                              ? fmt::format("simulate {}", setup.patients)
                              : "replay " + fs::weakly_canonical(setup.replay).string();
    return patients + words_of(setup.engine);
}

std::string to_json(const SetupRecord& record) {
    return boost::json::serialize(
        boost::json::object{{"format", setup_format},
                            {"demo", record.demo},
                            {"source", record.source},
                            {"administrator", base::to_hex(record.administrator.view())},
                            {"cloud_server", base::to_hex(record.cloud_server.view())},
                            {"demo_program", base::to_hex(record.demo_program.view())},
                            {"key_generator", base::to_hex(record.key_generator.view())}});
}

Result<SetupRecord> FirstStart::run() {
    auto patients = demo_patients(setup_);
    if (!patients) return base::pass(patients);
    if (auto opened = open(); !opened) return base::pass(opened);
    if (auto made = make_genesis(); !made) return base::pass(made);
    if (auto enrolled = enrol_services(); !enrolled) return base::pass(enrolled);
    if (auto enrolled = enrol_people(*patients); !enrolled) return base::pass(enrolled);
    if (auto enrolled = enrol_things(*patients); !enrolled) return base::pass(enrolled);
    if (auto opened = keys_->unlock(record_.administrator, demo_password); !opened) {
        return base::pass(opened);
    }
    for (const auto& person : people_) {
        if (auto signed_it = sign_enrolment(person); !signed_it) return base::pass(signed_it);
    }
    if (auto signed_it = sign_certifications(); !signed_it) return base::pass(signed_it);
    if (auto signed_it = sign_consents(); !signed_it) return base::pass(signed_it);
    if (auto written = write_transactions(folder_.first_transactions(), transactions_); !written) {
        return base::pass(written);
    }
    record_.source = source_of(setup_);
    // Written last: a folder without it was not set up to the end.
    if (auto done = storage::write_file_synced(folder_.setup(), base::as_bytes(to_json(record_)));
        !done) {
        return base::pass(done);
    }
    return record_;
}

/// A set-up that was cut off leaves no setup.json; what it left is drawn anew. Nothing of a folder
/// that was ever in use is touched.
Result<void> clear_unfinished(const DataFolder& folder) {
    std::error_code error;
    for (const auto& path :
         {folder.genesis(), folder.trust(), folder.keys(), folder.vault(), folder.broker(),
          folder.fleet(), folder.first_transactions(), folder.pda(), folder.askg(),
          folder.provision(), folder.sequences(), folder.databases(), folder.checkpoints()}) {
        fs::remove_all(path, error);
        if (error) {
            return base::fail(ErrorCode::unavailable,
                              fmt::format("cannot clear {}: {}", path.string(), error.message()));
        }
    }
    return {};
}

Result<wire::LedgerId> id_in(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    const auto id =
        value != nullptr && value->is_string()
            ? base::fixed_from_hex<wire::LedgerId>(std::string_view(value->get_string()))
            : std::nullopt;
    if (!id) {
        return base::fail(ErrorCode::corrupted, fmt::format("setup.json lacks a valid {}", name));
    }
    return *id;
}

}  // namespace

Result<SetupRecord> read_setup(const DataFolder& folder) {
    const auto bytes = storage::read_file(folder.setup(), setup_bytes_max);
    if (!bytes && bytes.error().code == ErrorCode::not_found) {
        return base::fail(ErrorCode::not_found,
                          fmt::format("{} was never set up; start it once with ./run --data {}",
                                      folder.root.string(), folder.root.string()));
    }
    if (!bytes) return base::pass(bytes);
    boost::system::error_code error;
    const auto json = boost::json::parse(base::as_text(*bytes), error);
    if (error || !json.is_object()) {
        return base::fail(ErrorCode::corrupted, "setup.json is not the JSON it was written as");
    }
    const auto& object = json.get_object();
    const auto* format = object.if_contains("format");
    if (format == nullptr || *format != boost::json::value(setup_format)) {
        return base::fail(
            ErrorCode::conflict,
            fmt::format("{} was set up by another version of Salus, in which devices had other "
                        "keys; nothing in it was touched. salus verify and salus claim still read "
                        "it; start with another folder: ./run --data FOLDER",
                        folder.root.string()));
    }
    SetupRecord record;
    const auto* source = object.if_contains("source");
    const auto* demo = object.if_contains("demo");
    if (source == nullptr || !source->is_string() || demo == nullptr || !demo->is_bool()) {
        return base::fail(ErrorCode::corrupted, "setup.json lacks its source");
    }
    record.source = std::string(source->get_string());
    record.demo = demo->get_bool();
    const std::pair<wire::LedgerId*, std::string_view> ids[] = {
        {&record.administrator, "administrator"},
        {&record.cloud_server, "cloud_server"},
        {&record.demo_program, "demo_program"},
        {&record.key_generator, "key_generator"}};
    for (const auto& [id, name] : ids) {
        auto read = id_in(object, name);
        if (!read) return base::pass(read);
        *id = *read;
    }
    return record;
}

Result<SetupRecord> set_up(const DataFolder& folder, const DemoSetup& setup,
                           const base::Clock& clock, base::Random& random) {
    const auto known = read_setup(folder);
    if (known) {
        if (known->source == source_of(setup)) return *known;
        return base::fail(
            ErrorCode::conflict,
            fmt::format("{} was set up for '{}', not for '{}'; give another folder with --data",
                        folder.root.string(), known->source, source_of(setup)));
    }
    if (known.error().code != ErrorCode::not_found) return base::pass(known);
    if (auto cleared = clear_unfinished(folder); !cleared) return base::pass(cleared);
    return FirstStart(folder, setup, clock, random).run();
}

Result<std::vector<base::Bytes>> first_transactions(const DataFolder& folder) {
    return read_transactions(folder.first_transactions());
}

}  // namespace cli
