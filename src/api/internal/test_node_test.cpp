// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <filesystem>
#include <map>

#include "api/internal/test_node.h"
#include "base/check.h"
#include "consensus/embedded_engine.h"
#include "crypto/hash.h"
#include "crypto/key_wrap.h"
#include "crypto/random.h"
#include "ledger/application.h"
#include "storage/memory_store.h"
#include "storage/temporary_folder.h"
#include "vault/vault.h"

namespace api::testing {
namespace {

using wire::Role;

template <class T>
T must(base::Result<T> result) {
    if (!result) ADD_FAILURE() << result.error().detail;
    CHECK(result.has_value());
    return *std::move(result);
}
void must(const base::Result<void>& result) {
    if (!result) ADD_FAILURE() << result.error().detail;
    CHECK(result.has_value());
}

}  // namespace

struct TestNode::State {
    explicit State(TestClock& of_clock) : clock(of_clock) {}

    TestClock& clock;
    storage::TemporaryFolder folder;
    crypto::SystemRandom random;
    storage::MemoryStore directory_store, consent_store, chain_store, series_store, monitor_store,
        review_store, vault_store, read_store, access_store;
    std::unique_ptr<identity::Directory> directory;
    std::unique_ptr<TestEnroller> enroller;
    std::unique_ptr<identity::KeyStore> keys;
    std::unique_ptr<identity::ConsentKeys> consent_keys;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();
    std::unique_ptr<ledger::Application> application;
    std::unique_ptr<consensus::EmbeddedEngine> engine;
    std::unique_ptr<vault::Vault> vault;
    std::unique_ptr<series::SeriesStore> series;
    std::unique_ptr<monitor::Monitor> monitor;
    std::unique_ptr<wire::Signer> cloud_server;
    std::unique_ptr<review::Review> review;
    std::unique_ptr<readmodel::ReadModel> read_model;
    std::unique_ptr<readmodel::AccessLog> access_log;
    std::unique_ptr<witness::CheckpointPublisher> checkpoints;
    std::shared_ptr<Service> service;

    std::mutex mutex;  // guards both below
    std::map<wire::LedgerId, std::uint64_t> sequences;
    std::map<std::string, std::uint64_t> counters;

    std::uint64_t next_sequence(const wire::LedgerId& id) {
        const std::scoped_lock lock(mutex);
        return ++sequences[id];
    }
    wire::PublicKeyBytes enrol_person(const std::string& login, Role role);
    void make_people();
    void make_chain();
    void make_stations();
    void make_checkpoints();
    void commit(const wire::LedgerId& sender, const wire::Signer& signer, wire::Action action);
};

namespace {
wire::LedgerId id_of(std::string_view login) {
    wire::LedgerId id;
    const auto digest = crypto::sha256(base::as_bytes(login));
    std::copy_n(digest.begin(), id.bytes.size(), id.bytes.begin());
    return id;
}
wire::DeviceId device_id_of(std::string_view login) {
    return *wire::DeviceId::from(id_of("device of " + std::string(login)).view());
}
wire::DeviceId pda_id_of(std::string_view login) {
    return *wire::DeviceId::from(id_of("PDA of " + std::string(login)).view());
}
const std::vector<std::pair<std::string, Role>>& cast() {
    static const std::vector<std::pair<std::string, Role>> people{
        {"administrator", Role::administrator},
        {"ana", Role::patient},
        {"ben", Role::patient},
        {"lee", Role::doctor},
        {"may", Role::doctor},
        {"nora", Role::nurse},
        {"fay", Role::family},
        {"pharmacist", Role::pharmacist},
        {"laboratory", Role::laboratory},
        {"insurer", Role::insurer},
        {"researcher", Role::researcher},
        {"auditor", Role::auditor},
        // Services and programs have no login; these are here to be refused.
        {"cloud-server", Role::cloud_server},
        {"miner", Role::miner},
        {"demo-program", Role::demo_program}};
    return people;
}
/// Whose key opens with the password: only those who sign, since each costs scrypt's time.
bool signs(std::string_view login) {
    return login == "ana" || login == "ben" || login == "lee" || login == "may";
}
}  // namespace

void TestNode::State::make_people() {
    directory = must(identity::Directory::open(directory_store));
    enroller = std::make_unique<TestEnroller>(*directory);
    keys = must(identity::KeyStore::open(folder.path() / "keys", clock, random));
    consent_keys = std::make_unique<identity::ConsentKeys>(consent_store,
                                                           keys->derived_key("consent"), random);
    const auto hash = crypto::hash_password(TestNode::password, random);
    for (const auto& [login, role] : cast()) {
        identity::Person person;
        person.id = id_of(login);
        person.role = role;
        person.name = login + " of the test";
        person.login = login;
        person.password_hash = hash;
        if (role == Role::patient) {
            person.bed = "Bed " + login;
            person.age_years = 50;
            person.sex = "female";
            person.responsible_doctor = id_of("lee");
            identity::PdaRecord pda;
            pda.id = pda_id_of(login);
            pda.label = "Phone";
            pda.patient = person.id;
            must(directory->add(pda));
            identity::DeviceRecord device;
            device.id = device_id_of(login);
            device.label = "Bedside monitor";
            device.patient = person.id;
            device.vitals = {wire::Vital::heart_rate, wire::Vital::spo2};
            device.pda = pda.id;
            must(directory->add(device));
        }
        must(directory->add(person));
    }
}

void TestNode::State::make_chain() {
    application = must(ledger::Application::open(chain_store, *verifier));
    wire::Genesis genesis{
        .chain_id = "salus-test", .time = clock.now(), .demo = true, .members = {}};
    // Keys of people that open with the node key: scrypt for each of them would take seconds.
    const auto member = [&](std::string_view name, Role role) {
        return wire::Member{.id = id_of(name),
                            .role = role,
                            .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                            .public_key = must(keys->create_for_service(id_of(name))),
                            .custody = wire::Custody::node};
    };
    genesis.members.push_back(member("chain administrator", Role::administrator));
    genesis.members.push_back(member("miner 1", Role::miner));
    genesis.members.push_back(member("miner 2", Role::miner));
    must(application->init_chain(genesis));
    engine = must(consensus::EmbeddedEngine::start(
        {.application = *application,
         .verifier = *verifier,
         .clock = clock,
         .signer_of = [this](const wire::LedgerId& id) { return keys->service_signer(id); },
         .on_error = {}},
        {.block_wait = std::chrono::milliseconds{1}}));
    const auto administrator = must(keys->service_signer(id_of("chain administrator")));
    const auto enrol = [&](const wire::LedgerId& id, Role role, const wire::PublicKeyBytes& key) {
        commit(administrator->id(), *administrator,
               wire::Enrol{.subject = id,
                           .role = role,
                           .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                           .public_key = key,
                           .custody = wire::Custody::node});
    };
    for (const auto& [login, role] : cast()) {
        const auto key = signs(login)
                             ? must(keys->create_for_person(id_of(login), TestNode::password))
                             : must(keys->create_for_service(id_of(login)));
        if (role != Role::miner) enrol(id_of(login), role, key);  // a miner would get turns
    }
    enrol(id_of("cloud"), Role::cloud_server, must(keys->create_for_service(id_of("cloud"))));
    cloud_server = must(keys->service_signer(id_of("cloud")));
}

void TestNode::State::commit(const wire::LedgerId& sender, const wire::Signer& signer,
                             wire::Action action) {
    const wire::TransactionBody body{.chain_id = "salus-test",
                                     .sender = sender,
                                     .sequence = next_sequence(sender),
                                     .timestamp = clock.now(),
                                     .action = std::move(action)};
    const std::array<const wire::Signer*, 1> signers{&signer};
    must(chain::submit_and_wait(*engine, must(wire::sign_transaction(body, signers))));
}

void TestNode::State::make_stations() {
    vault = must(vault::Vault::open(folder.path() / "vault", vault_store,
                                    keys->derived_key("vault"), random));
    series = must(series::SeriesStore::open(series_store));
    monitor = must(monitor::Monitor::open(
        monitor_store, *series, clock, [](const wire::LedgerId&, wire::Vital) {
            return monitor::PatientFacts{.adult = true, .interval_ms = 1000};
        }));
    read_model = must(readmodel::ReadModel::open(read_store, *engine));
    access_log = must(readmodel::AccessLog::open(access_store));
    review::Options review_options;
    review_options.chain_id = "salus-test";
    review = must(review::Review::open({.store = review_store,
                                        .series = *series,
                                        .monitor = *monitor,
                                        .directory = *directory,
                                        .consent_keys = *consent_keys,
                                        .vault = *vault,
                                        .submitter = *engine,
                                        .blocks = *engine,
                                        .cloud_server = *cloud_server,
                                        .next_sequence = [this]() -> base::Result<std::uint64_t> {
                                            return next_sequence(id_of("cloud"));
                                        },
                                        .clock = clock},
                                       review_options));
}

/// The witness's key is drawn from its name, so that a test can play it.
void TestNode::State::make_checkpoints() {
    witness::CheckpointSigner signer(witness::origin_of("salus-test"),
                                     crypto::Ed25519PrivateKey::generate());
    const witness::Policy policy{
        .log = signer.verifier_key(), .witnesses = {make_witness().verifier_key()}, .required = 0};
    checkpoints =
        must(witness::CheckpointPublisher::open({.blocks = *engine,
                                                 .clock = clock,
                                                 .signer = std::move(signer),
                                                 .policy = policy,
                                                 .folder = folder.path() / "checkpoints"}));
    must(checkpoints->publish());
}

witness::Cosigner make_witness() {
    const std::string name = "phone-of-ana";
    return {name, crypto::Ed25519PrivateKey::from_seed(crypto::sha256(base::as_bytes(name)))};
}

TestNode::TestNode()
    : clock(base::from_unix_ms(1'767'225'600'000)), state_(std::make_unique<State>(clock)) {
    state_->make_people();
    state_->make_chain();
    state_->make_stations();
    state_->make_checkpoints();
    state_->service = must(Service::make(parts(), options()));
    for (const auto* grantee : {"lee", "nora", "fay"}) grant("ana", grantee);
}

TestNode::~TestNode() {
    // In the order in which a node stops: the doors, then what they ask.
    state_->service.reset();
    state_->review.reset();
    state_->read_model.reset();
    state_->engine.reset();
}

Service& TestNode::service() {
    return *state_->service;
}
std::shared_ptr<Service> TestNode::shared_service() {
    return state_->service;
}

Api::Parts TestNode::parts() {
    return {.directory = *state_->directory,
            .key_store = *state_->keys,
            .consent_keys = *state_->consent_keys,
            .series = *state_->series,
            .monitor = *state_->monitor,
            .review = *state_->review,
            .read_model = *state_->read_model,
            .access_log = *state_->access_log,
            .blocks = *state_->engine,
            .submitter = *state_->engine,
            .clock = clock,
            .random = state_->random,
            .next_sequence = [raw = state_.get()](const wire::LedgerId& id)
                -> base::Result<std::uint64_t> { return raw->next_sequence(id); },
            .gateway =
                [] {
                    return GatewayStats{.since = base::from_unix_ms(1),
                                        .readings_accepted = 7,
                                        .frames_duplicate = 1,
                                        .refused = {{"bad_tag", 3}},
                                        .connected = true};
                },
            .storage =
                [] {
                    return StorageStats{.items = {{.name = "ledger", .bytes = 10, .files = 2}},
                                        .free_bytes = 99};
                },
            .health = [] { return std::vector<HealthItem>{{"disk", true, "99 bytes free"}}; },
            .verify_chain =
                [](const std::function<bool(std::uint64_t, std::uint64_t)>& progress) {
                    progress(1, 1);
                    return ChainVerdict{
                        .ok = true, .finding = "", .anchor = "anchor not independent"};
                },
            .checkpoints = state_->checkpoints.get(),
            .enroller = state_->enroller.get()};
}

Options TestNode::options() const {
    Options options;
    options.port = 8080;
    options.chain_id = "salus-test";
    options.demo = true;
    options.demo_logins = {{"ana", std::string(password)}};
    options.version = "test";
    options.trust_json = [] { return std::string("{\"chain_id\":\"salus-test\"}"); };
    options.workers = 4;
    return options;
}

wire::DeviceId TestNode::device_of(std::string_view patient) const {
    return device_id_of(patient);
}
wire::DeviceId TestNode::pda_of(std::string_view patient) const {
    return pda_id_of(patient);
}
TestEnroller& TestNode::enroller() {
    return *state_->enroller;
}

base::Result<EnrolledDevice> TestEnroller::enrol(const DeviceClaim& claim) {
    if (failing) return base::fail(*failing, "the test wants it so");
    ++enrolments;
    identity::DeviceRecord record;
    record.id = *wire::DeviceId::from(std::span(claim.static_public).first(16));
    record.label = claim.label;
    record.patient = claim.patient;
    record.vitals = claim.vitals;
    record.interval_ms = claim.interval_ms;
    record.sealed_to = claim.token_verifier ? identity::SealedTo::cloud : identity::SealedTo::pda;
    for (const auto& pda : directory_.pdas()) {
        if (pda.patient == claim.patient) record.pda = pda.id;
    }
    if (auto added = directory_.add(record); !added) return base::pass(added);
    const auto kit = base::as_bytes("what the device needs");
    return EnrolledDevice{.record = std::move(record), .kit = {kit.begin(), kit.end()}};
}

base::Result<void> TestEnroller::set_state(const wire::DeviceId& id, identity::DeviceState state,
                                           const wire::LedgerId& by) {
    if (failing) return base::fail(*failing, "the test wants it so");
    if (identity::is_final(state)) ended.push_back(id);
    return directory_.set_state(id, state, by);
}

base::Result<base::Bytes> TestEnroller::register_user(const UserClaim& claim) {
    if (failing) return base::fail(*failing, "the test wants it so");
    const auto grant = "grant of " + hex(claim.user);
    return base::Bytes(grant.begin(), grant.end());
}

identity::Person TestNode::person(std::string_view login) const {
    return state_->directory->person_by_login(login).value();
}
std::string TestNode::id(std::string_view login) const {
    return hex(person(login).id);
}

std::string TestNode::session(std::string_view login) {
    const auto who = person(login);
    if (signs(login) && !state_->keys->is_unlocked(who.id)) {
        must(state_->keys->unlock(who.id, password));
    }
    return state_->service->sessions.open(who.id).token;
}

Request TestNode::request(Method method, std::string target) const {
    Request request;
    request.method = method;
    const auto question = std::min(target.find('?'), target.size());
    request.path = target.substr(0, question);
    if (question < target.size()) request.query = target.substr(question + 1);
    request.host = "127.0.0.1:8080";
    if (method != Method::get) {
        request.salus_header = "1";
        request.content_type = "application/json";
    }
    return request;
}

Response TestNode::get(std::string_view as, std::string target) {
    auto asked = request(Method::get, std::move(target));
    if (!as.empty()) asked.session_cookie = session(as);
    return state_->service->handle(asked);
}

Response TestNode::post(std::string_view as, std::string target, std::string body) {
    auto asked = request(Method::post, std::move(target));
    if (!as.empty()) asked.session_cookie = session(as);
    asked.body = std::move(body);
    return state_->service->handle(asked);
}

void TestNode::send_readings(std::string_view patient, std::int64_t heart_rate_milli) {
    wire::ReadingBatch batch;
    {
        const std::scoped_lock lock(state_->mutex);
        batch.counter = ++state_->counters[std::string(patient)];
    }
    constexpr int count = 10;
    clock.advance(std::chrono::seconds{count});
    batch.clock = clock.now();
    for (int i = 1; i <= count; ++i) {
        const auto time = clock.now() - std::chrono::seconds{count - i};
        batch.readings.push_back({.vital = wire::Vital::heart_rate,
                                  .time = time,
                                  .value_milli = heart_rate_milli,
                                  .waveform_micro = {},
                                  .period_us = 0});
        batch.readings.push_back({.vital = wire::Vital::spo2,
                                  .time = time,
                                  .value_milli = 97'000,
                                  .waveform_micro = {},
                                  .period_us = 0});
    }
    const series::Arrival arrival{.patient = id_of(patient),
                                  .device = device_id_of(patient),
                                  .batch = batch,
                                  .gateway_time = clock.now()};
    must(state_->series->append(std::span(&arrival, 1)));
}

std::uint64_t TestNode::make_report(std::string_view patient) {
    send_readings(patient);
    must(state_->review->close_periods());
    return state_->review->reports_of(id_of(patient)).back().id;
}

std::uint64_t TestNode::make_alarm(std::string_view patient) {
    for (int i = 0; i < 3; ++i) send_readings(patient, 44'000);
    must(state_->monitor->flush());
    const auto active = state_->monitor->active(id_of(patient));
    CHECK(!active.empty());
    return active.front().id;
}

std::string TestNode::grant(std::string_view patient, std::string_view grantee) {
    const auto now = base::to_unix_ms(clock.now());
    const auto response =
        post(patient, "/api/v1/patients/" + id(patient) + "/consents",
             boost::json::serialize(boost::json::object{{"grantee", id(grantee)},
                                                        {"category", "vital_signs"},
                                                        {"purpose", "treatment"},
                                                        {"from_ms", now - 1000},
                                                        {"until_ms", now + 86'400'000}}));
    EXPECT_EQ(response.status, 201U) << response.body;
    return std::string(boost::json::parse(response.body).at("ref").as_string());
}

void TestNode::withdraw(std::string_view patient, const std::string& ref) {
    const auto response = post(patient, "/api/v1/consents/" + ref + "/withdraw");
    EXPECT_EQ(response.status, 200U) << response.body;
}

void TestNode::set_log_full(bool full) {
    state_->access_store.set_full(full);
}

}  // namespace api::testing
