// SPDX-License-Identifier: Apache-2.0
// The whole way in: a fleet of devices, a real broker over TLS, the gateway and the series.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "crypto/random.h"
#include "device/fleet.h"
#include "device/recording.h"
#include "device/sensors.h"
#include "gateway/broker_config.h"
#include "gateway/gateway.h"
#include "gateway/internal/test_broker.h"
#include "mqtt/mosquitto_network.h"
#include "mqtt/network_thread.h"
#include "storage/memory_store.h"

namespace gateway {
namespace {

using internal::TestBroker;
using namespace std::chrono_literals;

struct WholeWay : testing::Test {
    void SetUp() override {
        if (!TestBroker::available()) GTEST_SKIP() << "no mosquitto at " << TestBroker::program;
        folder = std::filesystem::temp_directory_path() /
                 ("salus-whole-way-" + std::to_string(::getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        directory = std::move(*identity::Directory::open(identities));
        series = std::move(*series::SeriesStore::open(readings));
        sequences.emplace(std::move(*storage::SequenceRange::open(folder / "acks", 1, 65'536)));
        setup.port = TestBroker::free_port();
        setup.users = {{std::string(gateway_user), "gateway-password"}};
    }
    ~WholeWay() override { std::filesystem::remove_all(folder); }

    void add_device(const wire::LedgerId& patient, std::uint32_t index,
                    const device::DevicePlan& plan, const std::filesystem::path& recording) {
        device::FleetDevice device;
        random.fill(device.id.bytes);
        device.frame_key.resize(32);
        random.fill(device.frame_key);
        device.ack_key.resize(32);
        random.fill(device.ack_key);
        device.password = device_password(device.frame_key);
        device.patient = index;
        device.recording = recording;
        device.source = plan.source;
        ASSERT_TRUE(directory->add(identity::DeviceRecord{device.id, plan.label, patient,
                                                          plan.vitals, device.frame_key,
                                                          device.ack_key, plan.interval_ms}));
        setup.users.push_back({base::to_hex(device.id.view()), device.password});
        config.devices.push_back(std::move(device));
    }
    wire::LedgerId add_patient() {
        identity::Person patient;
        random.fill(patient.id.bytes);
        patient.role = wire::Role::patient;
        patient.name = "Test Patient";
        EXPECT_TRUE(directory->add(patient));
        return patient.id;
    }
    void start_broker_and_gateway() {
        const auto files = write_broker_config(folder / "broker", setup, random);
        ASSERT_TRUE(files) << files.error().detail;
        broker = std::make_unique<TestBroker>(files->config(), setup.port);
        ASSERT_TRUE(broker->start());
        address = {"127.0.0.1", setup.port, files->ca()};
        network = std::move(*mqtt::MosquittoNetwork::open(address));
        transport =
            network->make_client({"gateway", std::string(gateway_user), "gateway-password"});
        gateway = std::make_unique<Gateway>(Gateway::Parts{*directory, *series, *sequences, clock},
                                            Gateway::Options{});
        gateway->attach(*transport);
        gateway->start();
        polling = std::make_unique<mqtt::NetworkThread>(*network);
    }
    void stop() {
        polling.reset();
        gateway->stop();
    }

    std::filesystem::path folder;
    crypto::SystemRandom random;
    base::SystemClock clock;
    storage::MemoryStore identities;
    storage::MemoryStore readings;
    std::unique_ptr<identity::Directory> directory;
    std::unique_ptr<series::SeriesStore> series;
    std::optional<storage::SequenceRange> sequences;
    BrokerSetup setup;
    device::FleetConfig config;
    mqtt::BrokerAddress address;
    std::unique_ptr<TestBroker> broker;
    std::unique_ptr<mqtt::MosquittoNetwork> network;
    std::unique_ptr<mqtt::MqttTransport> transport;
    std::unique_ptr<Gateway> gateway;
    std::unique_ptr<mqtt::NetworkThread> polling;
};

TEST_F(WholeWay, BringsEveryRecordedValueIntoTheSeries) {
    const std::filesystem::path recorded = std::filesystem::path(SALUS_DATA_DIR) / "bidmc";
    if (!std::filesystem::exists(recorded)) GTEST_SKIP() << "no recorded patients in " << recorded;
    std::uint64_t expected = 0;
    const auto files = device::Recording::find(recorded);
    ASSERT_TRUE(files);
    for (std::uint32_t i = 0; i < files->size(); ++i) {
        const auto recording = device::Recording::read((*files)[i]);
        ASSERT_TRUE(recording) << recording.error().detail;
        expected += recording->value_count();
        const auto patient = add_patient();
        for (const auto& part : recording->parts()) {
            add_device(patient, i, part.plan, (*files)[i]);
        }
    }
    start_broker_and_gateway();

    auto device_network = mqtt::MosquittoNetwork::open(address);
    ASSERT_TRUE(device_network);
    const device::FleetOptions options{.folder = folder / "fleet", .speed_milli = 240'000};
    auto fleet = device::Fleet::open(config, options, **device_network, clock);
    ASSERT_TRUE(fleet) << fleet.error().detail;
    const auto began = std::chrono::steady_clock::now();
    (*fleet)->run({});
    ASSERT_TRUE((*fleet)->close());
    const auto took = std::chrono::steady_clock::now() - began;
    stop();

    const device::FleetSummary summary = (*fleet)->summary();
    const Counts counts = gateway->counts();
    EXPECT_EQ(counts.readings_accepted, expected);
    EXPECT_EQ(summary.readings_sent, expected);
    EXPECT_EQ(summary.batches_acknowledged, summary.batches_sent);
    EXPECT_EQ(summary.devices_done, 16U);
    EXPECT_TRUE(counts.refusals.empty()) << counts.refusals.begin()->first;
    EXPECT_EQ(counts.overload_dropped, 0U);
    RecordProperty("ms", static_cast<int>(took / 1ms));
    RecordProperty("resent", static_cast<int>(summary.resent));
}

TEST_F(WholeWay, LosesNothingWhileTheBrokerIsKilledAgainAndAgain) {
    // Method: two simulated patients at 60 times real time; the broker is killed and started five
    // times meanwhile. Each reading must be in the series exactly once.
    std::uint64_t batches = 0;
    constexpr auto length = 480s;
    for (std::uint32_t i = 0; i < 2; ++i) {
        const auto patient = add_patient();
        for (const auto& plan : device::simulated_devices()) {
            add_device(patient, i, plan, {});
            batches += *device::make_simulated_source({plan.source, 1, i}, length)->batch_count();
        }
    }
    start_broker_and_gateway();
    auto device_network = mqtt::MosquittoNetwork::open(address);
    ASSERT_TRUE(device_network);
    const device::FleetOptions options{
        .folder = folder / "fleet", .speed_milli = 240'000, .duration = length};
    auto fleet = device::Fleet::open(config, options, **device_network, clock);
    ASSERT_TRUE(fleet) << fleet.error().detail;
    std::jthread killer([&](const std::stop_token& stop) {
        for (int i = 0; i < 5 && !stop.stop_requested(); ++i) {
            std::this_thread::sleep_for(300ms);
            broker->kill();
            std::this_thread::sleep_for(100ms);
            EXPECT_TRUE(broker->start());
        }
    });
    (*fleet)->run({});
    killer.join();
    stop();

    std::map<std::pair<wire::DeviceId, std::int64_t>, int> seen;  // by device and device time
    ASSERT_TRUE(series->read_after(0, [&](const series::StoredBatch& batch) {
        ++seen[{batch.device, base::to_unix_ms(batch.clock)}];
        return true;
    }));
    EXPECT_EQ(seen.size(), batches);
    EXPECT_EQ(gateway->counts().batches_accepted, batches);
    EXPECT_EQ(series->last_position(), batches);
    EXPECT_TRUE(gateway->counts().refusals.empty());
}

}  // namespace
}  // namespace gateway
