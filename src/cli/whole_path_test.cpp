// SPDX-License-Identifier: Apache-2.0
// Devices, a PDA, the gateway and the series, with credentials of a real key generator, over a
// broker in memory and a clock of ours.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <set>
#include <utility>

#include "base/random.h"
#include "base/testing.h"
#include "cli/enrolment.h"
#include "coap/available.h"
#include "coap/client_network.h"
#include "coap/pda_network.h"
#include "coap/testing/lossy_relay.h"
#include "device/device_session.h"
#include "device/sensors.h"
#include "gateway/gateway.h"
#include "identity/peers.h"
#include "mqtt/memory_broker.h"
#include "pda/hub.h"
#include "storage/memory_store.h"

namespace cli {
namespace {

using namespace std::chrono_literals;
using identity::DeviceState;
using identity::SealedTo;
using mqtt::MemoryBroker;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);
constexpr auto length = 60s;
constexpr std::uint64_t batches_a_device = 61;

struct WholePath : testing::Test {
    WholePath() {
        folder.root = std::filesystem::temp_directory_path() /
                      ("salus-path-" + std::to_string(::getpid()) + "-" +
                       testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder.root);
        std::filesystem::create_directories(folder.root);
        keys = std::move(*identity::KeyStore::open(folder.keys(), clock, random));
        directory = std::move(*identity::Directory::open(identities));
        peers.emplace(*directory);
        enrol();
        restart_gateway();
        restart_pda();
    }
    ~WholePath() override {
        sessions.clear();
        hub.reset();
        gateway.reset();
        std::filesystem::remove_all(folder.root);
    }

    Enrolment::Parts parts() {
        return {.folder = folder,
                .keys = *keys,
                .directory = *directory,
                .clock = clock,
                .random = random,
                .certify = [this](const wire::Certify& certify) -> base::Result<void> {
                    certified.push_back(certify);
                    return {};
                }};
    }
    void enrol() {
        identity::Person person;
        person.id = patient;
        person.role = wire::Role::patient;
        person.name = "Ana";
        ASSERT_TRUE(directory->add(person));
        auto enrolment = Enrolment::create(parts(), "test");
        ASSERT_TRUE(enrolment) << enrolment.error().detail;
        ASSERT_TRUE(enrolment->enrol_cloud_server(base::draw<wire::LedgerId>(random)));
        const auto pda = enrolment->enrol_pda(patient, "Phone of Ana");
        ASSERT_TRUE(pda) << pda.error().detail;
        pda_id = pda->id;
        oximeter = add_device(*enrolment, SealedTo::pda);
        implant = add_device(*enrolment, SealedTo::cloud);
        publish(*enrolment);
    }
    wire::DeviceId add_device(Enrolment& enrolment, SealedTo sealed_to) {
        const auto record = enrolment.enrol_device(
            {patient, "Device", {wire::Vital::spo2, wire::Vital::pulse_rate}, 1000}, sealed_to, {});
        EXPECT_TRUE(record) << record.error().detail;
        return record ? record->id : wire::DeviceId{};
    }
    void publish(Enrolment& enrolment) {
        const auto done = enrolment.commit();
        ASSERT_TRUE(done) << done.error().detail;
        auto face = read_cloud_server(folder, peers->sequence());
        ASSERT_TRUE(face) << face.error().detail;
        peers->take(std::move(face->provision));
    }
    /// Each restart as after kill -9: what it held in memory is gone, the stores are not.
    void restart_gateway() {
        gateway.reset();
        transport.reset();
        series.reset();
        series = std::move(*series::SeriesStore::open(readings));
        const auto face = read_cloud_server(folder, 0);
        ASSERT_TRUE(face) << face.error().detail;
        const auto& certificate = face->credentials.grant.certificate;
        gateway = std::make_unique<gateway::Gateway>(
            gateway::Gateway::Parts{*directory, *peers, *series, clock, random},
            keyagreement::ServerSetup{
                .profiles = {keyagreement::Profile::pda_cloud},
                .suite = *certificate.record.suite,
                .domain = certificate.authority,
                .own = keyagreement::PrivateKey::from_bytes(face->credentials.static_private),
                .started_at = clock.now()},
            gateway::Gateway::Options{});
        transport = broker.make_client({"gateway", "gateway", ""});
        gateway->attach(*transport);
    }
    void restart_pda() {
        hub.reset();
        auto opened =
            pda::Hub::open(folder.pda() / "pdas.json", {}, {pda_disk, *pdas_use, clock, random});
        ASSERT_TRUE(opened) << opened.error().detail;
        hub = std::move(*opened);
    }
    void restart_device(const wire::DeviceId& id) {
        sessions.erase(id);
        auto credentials =
            askg::read_file<askg::DeviceCredentials>(Enrolment::credentials_of_device(folder, id));
        ASSERT_TRUE(credentials) << credentials.error().detail;
        auto opened = device::DeviceSession::open(
            {std::move(*credentials), "default"},
            device::make_simulated_source({"oximeter", 1, 0}, length),
            {folder.fleet(), device::PatientClock(start, 1'000, length), 16, std::nullopt},
            {clock, random});
        ASSERT_TRUE(opened) << opened.error().detail;
        (*opened)->attach(devices_use->make_client({"device", "device", ""}));
        sessions[id] = std::move(*opened);
    }
    virtual void round() {
        for (auto& [id, session] : sessions) ASSERT_TRUE(session->tick());
        hub->step(0ms);
        gateway->work_once();
        broker.poll(0ms);
        clock.advance(200ms);
    }
    void run(int rounds) {
        for (int i = 0; i < rounds; ++i) round();
    }
    [[nodiscard]] bool done() const {
        return std::ranges::all_of(sessions, [](const auto& one) { return one.second->done(); });
    }
    void run_to_end(int rounds = 6'000) {
        for (int i = 0; i < rounds && !done(); ++i) round();
        EXPECT_TRUE(done());
    }
    /// Counters stored of a device, in the order in which they were.
    [[nodiscard]] std::vector<std::uint64_t> stored(const wire::DeviceId& id) const {
        std::vector<std::uint64_t> out;
        EXPECT_TRUE(series->read_after(0, [&](const series::StoredBatch& batch) {
            if (batch.device == id) out.push_back(batch.counter);
            return true;
        }));
        return out;
    }
    void expect_each_stored_once(const wire::DeviceId& id) const {
        const auto counters = stored(id);
        const std::set<std::uint64_t> once(counters.begin(), counters.end());
        EXPECT_EQ(counters.size(), batches_a_device);
        EXPECT_EQ(once.size(), batches_a_device);
    }

    DataFolder folder;
    base::ManualClock clock{start};
    base::SeededRandom random{1};
    MemoryBroker broker;
    mqtt::Network* pdas_use = &broker;
    mqtt::Network* devices_use = &broker;
    storage::MemoryStore identities;
    storage::MemoryStore readings;
    storage::MemoryStore pda_disk;
    wire::LedgerId patient = base::draw<wire::LedgerId>(random);
    wire::DeviceId pda_id, oximeter, implant;
    std::vector<wire::Certify> certified;
    std::unique_ptr<identity::KeyStore> keys;
    std::unique_ptr<identity::Directory> directory;
    std::optional<identity::Peers> peers;
    std::unique_ptr<series::SeriesStore> series;
    std::unique_ptr<mqtt::MqttTransport> transport;
    std::unique_ptr<gateway::Gateway> gateway;
    std::unique_ptr<pda::Hub> hub;
    std::map<wire::DeviceId, std::unique_ptr<device::DeviceSession>> sessions;
};

TEST_F(WholePath, BringsEveryBatchIntoTheSeriesOnce) {
    restart_device(oximeter);
    restart_device(implant);
    run_to_end();
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
    EXPECT_EQ(gateway->counts().duplicates, 0U);
    EXPECT_TRUE(gateway->counts().refusals.empty());
    EXPECT_EQ(gateway->counts().sessions, 2U);
    // What seals to the cloud passes the PDA unopened.
    EXPECT_GT(hub->summary().counts.passed_on, batches_a_device);
    EXPECT_EQ(hub->summary().counts.batches_received, batches_a_device);
    // The cloud server, the PDA and two devices.
    EXPECT_EQ(certified.size(), 4U);
}

TEST_F(WholePath, SendsLaterInOrderWhatThePdaKeptWhileTheCloudWasAway) {
    restart_device(oximeter);
    run(20);
    transport->disconnect();
    gateway.reset();
    for (int i = 0; i < 400; ++i) {  // more than the device's whole run
        for (auto& [id, session] : sessions) ASSERT_TRUE(session->tick());
        hub->step(0ms);
        clock.advance(200ms);
        if (i == 200) restart_pda();
    }
    EXPECT_FALSE(sessions[oximeter]->done()) << "kept is not delivered";
    EXPECT_GT(sessions[oximeter]->counts().kept, batches_a_device / 2);
    restart_gateway();
    run_to_end();
    expect_each_stored_once(oximeter);
    EXPECT_TRUE(std::ranges::is_sorted(stored(oximeter)));
}

TEST_F(WholePath, LosesAndDoublesNothingUnderEveryFaultAtOnce) {
    // Method: seeded loss, doubling and delay of all messages, full disks, and random kills of
    // gateway, PDA, devices and broker. What the gateway refuses is only what was doubled, delayed
    // or of a session that died.
    base::SeededRandom chance(99);
    std::vector<MemoryBroker::Message> held;
    broker.set_fate([&](MemoryBroker::Message message) {
        std::vector<MemoryBroker::Message> out;
        const std::uint64_t dice = chance.below(30);
        if (dice < 3) return out;
        if (dice < 5) {
            held.push_back(std::move(message));
            return out;
        }
        if (dice < 7) out.push_back(message);
        out.push_back(std::move(message));
        if (dice == 29) {
            for (auto& late : held) out.push_back(std::move(late));
            held.clear();
        }
        return out;
    });
    const std::set<std::string> harmless = {"E_SEQ", "E_STATE",  "E_REPLAY", "E_CONFIRM",
                                            "E_TSP", "E_COOKIE", "E_RECORD"};
    restart_device(oximeter);
    restart_device(implant);
    for (int i = 0; i < 20'000 && !done(); ++i) {
        round();
        switch (chance.below(150)) {
            case 0:
                restart_gateway();
                break;
            case 1:
                restart_pda();
                break;
            case 2:
                restart_device(chance.below(2) == 0 ? oximeter : implant);
                break;
            case 3:
                broker.restart();
                break;
            case 4:
                readings.set_full(true);
                break;
            case 5:
                pda_disk.set_full(true);
                break;
            default:
                if (chance.below(10) == 0) readings.set_full(false);
                if (chance.below(10) == 0) pda_disk.set_full(false);
                break;
        }
        for (const auto& [reason, count] : gateway->counts().refusals) {
            EXPECT_TRUE(harmless.contains(reason)) << reason;
        }
    }
    EXPECT_TRUE(done());
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
}

TEST_F(WholePath, RefusesASuspendedDeviceUntilItServesAgain) {
    restart_device(oximeter);
    restart_device(implant);
    run(50);
    ASSERT_FALSE(stored(oximeter).empty());
    ASSERT_FALSE(stored(implant).empty());
    for (const auto& id : {oximeter, implant}) {
        ASSERT_TRUE(directory->set_state(id, DeviceState::suspended));
    }
    run(1);
    const auto before = std::pair(stored(oximeter).size(), stored(implant).size());
    run(100);
    EXPECT_EQ(std::pair(stored(oximeter).size(), stored(implant).size()), before);
    EXPECT_GT(gateway->counts().refusals["suspended_device"], 0U);
    EXPECT_GT(gateway->counts().refusals["E_REVOKED"], 0U);
    for (const auto& id : {oximeter, implant}) {
        ASSERT_TRUE(directory->set_state(id, DeviceState::active));
    }
    run_to_end();
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
}

TEST_F(WholePath, CutsOffForEverWhatWasRevoked) {
    restart_device(oximeter);
    restart_device(implant);
    run(50);
    {
        auto enrolment = Enrolment::open(parts());
        ASSERT_TRUE(enrolment) << enrolment.error().detail;
        for (const auto& id : {oximeter, implant}) {
            const auto ended = enrolment->end(id, DeviceState::revoked, {});
            ASSERT_TRUE(ended) << ended.error().detail;
        }
        publish(*enrolment);
    }
    EXPECT_EQ(certified.size(), 6U);
    EXPECT_EQ(certified.back().event, wire::CertificationEvent::revoked);
    run(1);
    const auto before = std::pair(stored(oximeter).size(), stored(implant).size());
    run(200);
    EXPECT_EQ(std::pair(stored(oximeter).size(), stored(implant).size()), before);
    EXPECT_FALSE(sessions[oximeter]->done());
    // Not even after everything has started anew.
    restart_gateway();
    restart_pda();
    restart_device(oximeter);
    restart_device(implant);
    run(200);
    EXPECT_EQ(std::pair(stored(oximeter).size(), stored(implant).size()), before);
    // And the PDA serves whom it still serves.
    auto enrolment = Enrolment::open(parts());
    ASSERT_TRUE(enrolment) << enrolment.error().detail;
    const auto fresh = add_device(*enrolment, SealedTo::pda);
    publish(*enrolment);
    sessions.clear();
    restart_device(fresh);
    run_to_end();
    expect_each_stored_once(fresh);
}

TEST_F(WholePath, GoesOnAfterThirtyDaysWithNewCredentials) {
    restart_device(implant);
    run_to_end();
    clock.advance(std::chrono::days(65));
    {
        const auto face = read_cloud_server(folder, 0);
        ASSERT_TRUE(face);
        EXPECT_TRUE(is_of_another_epoch(face->provision, clock.now()));
        auto enrolment = Enrolment::open(parts());
        ASSERT_TRUE(enrolment) << enrolment.error().detail;
        const auto renewed = enrolment->renew_epoch();
        ASSERT_TRUE(renewed) << renewed.error().detail;
        publish(*enrolment);
    }
    restart_gateway();
    restart_pda();
    sessions.clear();
    restart_device(oximeter);
    run_to_end();
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
}

/// The devices reach the PDA over CoAP, on real UDP; the PDA the gateway over the broker in memory.
struct WholePathOverCoap : WholePath {
    void SetUp() override {
        if (!coap::available()) GTEST_SKIP() << coap::absent_text;
        address.port = coap::free_port().value();
        way.emplace(address.port, 5);
        auto opened = coap::ClientNetwork::open(way->address(), {});
        ASSERT_TRUE(opened) << opened.error().detail;
        clients = std::move(*opened);
        devices_use = clients.get();
        kill_pda();
    }
    ~WholePathOverCoap() override {
        sessions.clear();
        hub.reset();
    }
    /// As kill -9 of the PDA's process, and its next start: observations and sessions are gone.
    void kill_pda() {
        hub.reset();
        over_coap.reset();
        auto server = coap::Server::listen(address, {}, {});
        ASSERT_TRUE(server) << server.error().detail;
        over_coap = std::make_unique<coap::PdaNetwork>(broker, std::move(*server));
        pdas_use = over_coap.get();
        restart_pda();
    }
    void round() override {
        for (int i = 0; i < 3; ++i) {
            clients->poll(1ms);
            way->poll();
            if (hub) hub->step(0ms);
            way->poll();
        }
        WholePath::round();
    }

    coap::Address address;
    std::optional<coap::testing::LossyRelay> way;
    std::unique_ptr<coap::ClientNetwork> clients;
    std::unique_ptr<coap::PdaNetwork> over_coap;
};

TEST_F(WholePathOverCoap, BringsEveryBatchIntoTheSeriesOnce) {
    restart_device(oximeter);
    restart_device(implant);
    run_to_end();
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
    EXPECT_TRUE(std::ranges::is_sorted(stored(oximeter)));
    EXPECT_EQ(gateway->counts().duplicates, 0U);
    EXPECT_TRUE(gateway->counts().refusals.empty());
    const auto counts = over_coap->server().counts();
    EXPECT_GE(counts.frames_up, 2 * batches_a_device);
    EXPECT_TRUE(counts.refusals.empty());
    // What seals to the cloud passes the PDA unopened on this way too.
    EXPECT_GT(hub->summary().counts.passed_on, batches_a_device);
}

TEST_F(WholePathOverCoap, LosesAndDoublesNothingWhilePartiesAreKilledAndDatagramsDoubled) {
    base::SeededRandom chance(11);
    way->set({.lost = 0, .doubled = 30, .late = 0});
    restart_device(oximeter);
    restart_device(implant);
    for (int i = 0; i < 10'000 && !done(); ++i) {
        round();
        switch (chance.below(100)) {
            case 0:
                restart_gateway();
                break;
            case 1:
                ASSERT_NO_FATAL_FAILURE(kill_pda());
                break;
            case 2:
                restart_device(chance.below(2) == 0 ? oximeter : implant);
                break;
            case 3:
                broker.restart();
                break;
            default:
                break;
        }
    }
    EXPECT_TRUE(done());
    expect_each_stored_once(oximeter);
    expect_each_stored_once(implant);
}

TEST_F(WholePathOverCoap, SendsLaterWhatThePdaKeptWhileItsBrokerWasAway) {
    restart_device(oximeter);
    run(20);
    broker.set_down(true);
    run(400);  // more than the device's whole run
    EXPECT_FALSE(sessions[oximeter]->done()) << "kept is not delivered";
    EXPECT_GT(sessions[oximeter]->counts().kept, batches_a_device / 2);
    ASSERT_NO_FATAL_FAILURE(kill_pda());
    run(100);
    broker.set_down(false);
    run_to_end();
    expect_each_stored_once(oximeter);
    EXPECT_TRUE(std::ranges::is_sorted(stored(oximeter)));
}

TEST_F(WholePath, RefusesToEnrolADeviceWithoutAPda) {
    auto enrolment = Enrolment::open(parts());
    ASSERT_TRUE(enrolment) << enrolment.error().detail;
    const NewDevice homeless{base::draw<wire::LedgerId>(random), "Device", {wire::Vital::spo2}};
    const auto refused = enrolment->enrol_device(homeless, SealedTo::pda, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::not_found);
    EXPECT_EQ(Enrolment::open(parts()).error().code, base::ErrorCode::busy);
}

}  // namespace
}  // namespace cli
