// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "base/testing.h"
#include "device/device_session.h"
#include "device/sensors.h"
#include "mqtt/memory_broker.h"
#include "mqtt/topics.h"
#include "storage/memory_store.h"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using mqtt::MemoryBroker;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

wire::DeviceId device_id(std::uint8_t number) {
    wire::DeviceId id;
    id.bytes.fill(number);
    return id;
}

/// A gateway over in-memory stores and broker, and sealed frames made by hand.
struct GatewayWithDevices : testing::Test {
    GatewayWithDevices() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-gateway-" + std::to_string(::getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        directory = std::move(*identity::Directory::open(identities));
        identity::Person patient;
        patient.id.bytes.fill(1);
        patient.role = wire::Role::patient;
        patient.name = "Test Patient";
        EXPECT_TRUE(directory->add(patient));
        for (const std::uint8_t number : {std::uint8_t{7}, std::uint8_t{8}}) {
            identity::DeviceRecord record;
            record.id = device_id(number);
            record.label = "Device";
            record.patient = patient.id;
            record.vitals = {wire::Vital::heart_rate};
            record.frame_key = base::Bytes(32, number);
            record.ack_key = base::Bytes(32, static_cast<std::uint8_t>(number + 100));
            EXPECT_TRUE(directory->add(record));
        }
        restart_gateway();
    }
    ~GatewayWithDevices() override {
        gateway.reset();
        std::filesystem::remove_all(folder);
    }

    /// As after kill -9: what the gateway held in memory is gone, the stores are not.
    void restart_gateway() {
        gateway.reset();
        transport.reset();
        series.reset();
        series = std::move(*series::SeriesStore::open(readings));
        sequences.emplace(std::move(*storage::SequenceRange::open(folder / "acks", 1, 1'024)));
        gateway = std::make_unique<Gateway>(Gateway::Parts{*directory, *series, *sequences, clock},
                                            Gateway::Options{});
        transport = broker.make_client({"gateway", "gateway", ""});
        gateway->attach(*transport);
        broker.poll(0ms);
    }

    static wire::ReadingBatch batch(std::uint64_t counter) {
        wire::ReadingBatch out;
        out.counter = counter;
        out.clock = start;
        out.readings = {{wire::Vital::heart_rate,
                         start + std::chrono::seconds(counter),
                         static_cast<std::int64_t>(60'000 + counter % 1'000),
                         {},
                         0}};
        return out;
    }
    static base::Bytes frame(std::uint8_t device, std::uint64_t sequence, base::ByteView plain) {
        base::Bytes out = wire::encode({wire::FrameType::readings, device_id(device), sequence});
        crypto::Aes256Gcm key(base::Bytes(32, device));
        base::append(out, key.seal(crypto::nonce_of(sequence), out, plain));
        return out;
    }
    static base::Bytes frame(std::uint8_t device, std::uint64_t sequence) {
        return frame(device, sequence, wire::encode(batch(sequence)));
    }
    static std::string topic(std::uint8_t device) {
        return mqtt::telemetry_topic("default", base::to_hex(device_id(device).view()));
    }
    void deliver(const std::string& to, const base::Bytes& bytes) {
        gateway->on_message(to, bytes);
        while (gateway->work_once() != 0) {
        }
    }
    std::uint64_t refused(Refusal refusal) const {
        const auto counts = gateway->counts();
        const auto found = counts.refusals.find(std::string(name_of(refusal)));
        return found == counts.refusals.end() ? 0 : found->second;
    }
    std::uint64_t refused_in_all() const {
        std::uint64_t sum = 0;
        for (const auto& [reason, count] : gateway->counts().refusals) sum += count;
        return sum;
    }
    /// Counters stored, by device; fails the test where one is stored twice.
    std::map<wire::DeviceId, std::multiset<std::int64_t>> stored() const {
        std::map<wire::DeviceId, std::multiset<std::int64_t>> out;
        EXPECT_TRUE(series->read_after(0, [&](const series::StoredBatch& b) {
            for (const auto& reading : b.readings) {
                out[b.device].insert(base::to_unix_ms(reading.time));
            }
            return true;
        }));
        return out;
    }

    std::filesystem::path folder;
    base::ManualClock clock{start};
    MemoryBroker broker;
    storage::MemoryStore identities;
    storage::MemoryStore readings;
    std::unique_ptr<identity::Directory> directory;
    std::unique_ptr<series::SeriesStore> series;
    std::optional<storage::SequenceRange> sequences;
    std::unique_ptr<mqtt::MqttTransport> transport;
    std::unique_ptr<Gateway> gateway;
};

TEST_F(GatewayWithDevices, StoresAReadingWithThePatientItBelongsTo) {
    deliver(topic(7), frame(7, 1));
    EXPECT_EQ(gateway->counts().readings_accepted, 1U);
    EXPECT_EQ(gateway->counts().batches_accepted, 1U);
    EXPECT_TRUE(gateway->counts().refusals.empty());
    wire::LedgerId patient;
    patient.bytes.fill(1);
    EXPECT_EQ(series->latest(patient).size(), 1U);
    EXPECT_EQ(series->frame_sequence(device_id(7)), std::uint64_t{1});
}

TEST_F(GatewayWithDevices, RefusesEachBadFrameWithItsReason) {
    const base::Bytes good = frame(7, 10);
    const auto altered = [&](std::size_t at) {
        base::Bytes out = good;
        out[at] ^= 1U;
        return out;
    };
    const auto one = [&](const std::string& to, const base::Bytes& bytes, Refusal expected) {
        const std::uint64_t before = refused(expected);
        deliver(to, bytes);
        EXPECT_EQ(refused(expected), before + 1) << name_of(expected);
    };
    one(topic(7), {}, Refusal::malformed);
    one(topic(7), base::Bytes(25, 1), Refusal::malformed);
    one(topic(7), altered(0), Refusal::malformed);  // version
    one(topic(7), wire::encode({wire::FrameType::acknowledgement, device_id(7), 1}),
        Refusal::malformed);
    one(topic(7), base::Bytes(wire::frame_bytes_max + 1, 1), Refusal::too_large);
    one(topic(7), base::Bytes(1'000'000, 1), Refusal::too_large);
    one(topic(9), frame(9, 1), Refusal::unknown_device);
    one(topic(8), good, Refusal::topic_mismatch);
    one(topic(7), frame(9, 1), Refusal::topic_mismatch);
    one("salus/v1/other/x/telemetry", good, Refusal::topic_mismatch);
    one("", good, Refusal::topic_mismatch);
    one(topic(7), altered(wire::frame_header_bytes - 1), Refusal::bad_tag);  // sequence
    one(topic(7), altered(wire::frame_header_bytes), Refusal::bad_tag);
    one(topic(7), altered(good.size() - 1), Refusal::bad_tag);
    one(topic(7), {good.begin(), good.end() - 1}, Refusal::bad_tag);
    one(topic(7), {good.begin(), good.begin() + wire::frame_header_bytes}, Refusal::bad_tag);
    one(topic(7), frame(7, 20, base::Bytes{1, 2, 3}), Refusal::malformed);  // sealed nonsense
    EXPECT_EQ(gateway->counts().readings_accepted, 0U);
    EXPECT_TRUE(stored().empty());
    // None of it spoils what the device itself sends.
    deliver(topic(7), good);
    EXPECT_EQ(gateway->counts().readings_accepted, 1U);
}

TEST_F(GatewayWithDevices, RefusesWhatWasSealedUnderAnotherDevicesKey) {
    base::Bytes forged = wire::encode({wire::FrameType::readings, device_id(7), 1});
    crypto::Aes256Gcm other(base::Bytes(32, 8));
    base::append(forged, other.seal(crypto::nonce_of(1), forged, wire::encode(batch(1))));
    deliver(topic(7), forged);
    EXPECT_EQ(refused(Refusal::bad_tag), 1U);
    EXPECT_TRUE(stored().empty());
}

TEST_F(GatewayWithDevices, RefusesReplaysAndTakesReorderedFramesWithinTheWindow) {
    for (const std::uint64_t sequence : {5, 3, 4, 1'027}) deliver(topic(7), frame(7, sequence));
    EXPECT_EQ(gateway->counts().batches_accepted, 4U);
    for (const std::uint64_t sequence : {5, 3, 4, 1'027}) deliver(topic(7), frame(7, sequence));
    EXPECT_EQ(refused(Refusal::replayed), 4U);
    deliver(topic(7), frame(7, 6));  // still in the window of 1,024
    EXPECT_EQ(gateway->counts().batches_accepted, 5U);
    deliver(topic(7), frame(7, 2));  // below it
    deliver(topic(7), frame(7, 0));
    EXPECT_EQ(refused(Refusal::replayed), 6U);
}

TEST_F(GatewayWithDevices, KnowsOldFramesAsOldAfterARestart) {
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
        deliver(topic(7), frame(7, sequence));
    }
    restart_gateway();
    for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) {
        deliver(topic(7), frame(7, sequence));
    }
    EXPECT_EQ(refused(Refusal::replayed), 20U);
    deliver(topic(7), frame(7, 21));
    EXPECT_EQ(gateway->counts().batches_accepted, 1U);
}

TEST_F(GatewayWithDevices, AnswersABatchSealedAnewAsADuplicate) {
    deliver(topic(7), frame(7, 1));
    deliver(topic(7), frame(7, 2, wire::encode(batch(1))));
    EXPECT_EQ(gateway->counts().readings_accepted, 1U);
    EXPECT_EQ(gateway->counts().duplicates, 1U);
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 2U);
    EXPECT_EQ(refused_in_all(), 0U);
    EXPECT_EQ(stored()[device_id(7)].size(), 1U);
}

TEST_F(GatewayWithDevices, RefusesASuspendedDeviceUntilItIsAllowedAgain) {
    deliver(topic(7), frame(7, 1));
    ASSERT_TRUE(directory->set_suspended(device_id(7), true));
    clock.advance(FrameOpener::refresh);
    deliver(topic(7), frame(7, 2));
    deliver(topic(8), frame(8, 1));
    EXPECT_EQ(refused(Refusal::suspended_device), 1U);
    EXPECT_EQ(gateway->counts().batches_accepted, 2U);
    ASSERT_TRUE(directory->set_suspended(device_id(7), false));
    clock.advance(FrameOpener::refresh);
    deliver(topic(7), frame(7, 2));
    EXPECT_EQ(gateway->counts().batches_accepted, 3U);
}

TEST_F(GatewayWithDevices, AcknowledgesManyBatchesOfADeviceAtOnce) {
    for (std::uint64_t sequence = 1; sequence <= 100; ++sequence) {
        gateway->on_message(topic(7), frame(7, sequence));
        gateway->on_message(topic(8), frame(8, sequence));
    }
    EXPECT_EQ(gateway->work_once(), 200U);
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 2U);
}

TEST_F(GatewayWithDevices, AcknowledgesNothingWhileTheDiskIsFull) {
    readings.set_full(true);
    deliver(topic(7), frame(7, 1));
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 0U);
    EXPECT_EQ(gateway->counts().storage_failed, 1U);
    EXPECT_FALSE(gateway->health().storage_writable);
    EXPECT_THAT(gateway->health().trouble, testing::HasSubstr("cannot be stored"));
    readings.set_full(false);
    deliver(topic(7), frame(7, 2, wire::encode(batch(1))));  // the device's resend
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 1U);
    EXPECT_TRUE(gateway->health().good());
    EXPECT_TRUE(gateway->health().trouble.empty());
    EXPECT_EQ(stored()[device_id(7)].size(), 1U);
}

TEST_F(GatewayWithDevices, DropsFramesThatFindItsQueueFull) {
    gateway.reset();
    gateway = std::make_unique<Gateway>(Gateway::Parts{*directory, *series, *sequences, clock},
                                        Gateway::Options{.queue_frames_max = 3});
    for (std::uint64_t sequence = 1; sequence <= 5; ++sequence) {
        gateway->on_message(topic(7), frame(7, sequence));
    }
    EXPECT_EQ(gateway->work_once(), 3U);
    EXPECT_EQ(gateway->counts().overload_dropped, 2U);
    EXPECT_EQ(gateway->counts().frames_received, 5U);
}

TEST_F(GatewayWithDevices, CountsTenThousandMutatedFramesAndStoresNone) {
    // Method: seeded mutations of good frames: bits, lengths, joins and random bytes. None may
    // open, since only the untouched frame carries its tag; each must be counted once.
    base::SeededRandom random(7);
    constexpr std::uint64_t count = base::testing::rounds(std::uint64_t{10'000});
    for (std::uint64_t i = 0; i < count; ++i) {
        const base::Bytes original = frame(7, 1 + random.below(2'000));
        base::Bytes bytes = original;
        switch (random.below(5)) {
            case 0:
                bytes[random.below(bytes.size())] ^=
                    static_cast<std::uint8_t>(1U << random.below(8));
                break;
            case 1:
                bytes.resize(random.below(bytes.size()));
                break;
            case 2:
                bytes.resize(bytes.size() + 1 + random.below(100), 0xff);
                break;
            case 3:
                bytes.resize(1 + random.below(200));
                random.fill(bytes);
                break;
            default:
                for (int k = 0; k < 4; ++k) bytes[random.below(bytes.size())] ^= 0x55;
                break;
        }
        if (bytes == original) bytes.push_back(0);
        const bool own_topic = random.below(4) != 0;
        gateway->on_message(own_topic ? topic(7) : topic(8), bytes);
        if (i % 100 == 0) {
            while (gateway->work_once() != 0) {
            }
        }
    }
    while (gateway->work_once() != 0) {
    }
    EXPECT_EQ(refused_in_all(), count);
    EXPECT_EQ(gateway->counts().frames_received, count);
    EXPECT_EQ(gateway->counts().readings_accepted, 0U);
    EXPECT_EQ(series->last_position(), 0U);
}

TEST_F(GatewayWithDevices, SurvivesSealedNonsenseFromADeviceThatWasTakenOver) {
    // Method: random and mutated plaintexts under the true key, so that the parser itself is met.
    base::SeededRandom random(8);
    const base::Bytes good = wire::encode(batch(1));
    constexpr std::uint64_t count = base::testing::rounds(std::uint64_t{5'000});
    for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
        base::Bytes plain = good;
        if (random.below(2) == 0) {
            plain.resize(random.below(300));
            random.fill(plain);
        } else {
            plain[random.below(plain.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
        }
        deliver(topic(7), frame(7, sequence, plain));
    }
    const auto counts = gateway->counts();
    EXPECT_EQ(refused_in_all() + counts.batches_accepted + counts.duplicates, count);
    EXPECT_GT(refused(Refusal::malformed), count / 2);
}

TEST_F(GatewayWithDevices, WorksInAThreadOfItsOwn) {
    gateway->start();
    for (std::uint64_t sequence = 1; sequence <= 500; ++sequence) {
        gateway->on_message(topic(7), frame(7, sequence));
    }
    gateway->stop();
    EXPECT_EQ(gateway->counts().batches_accepted, 500U);
}

TEST_F(GatewayWithDevices, SaysThatTheBrokerIsGone) {
    EXPECT_TRUE(gateway->health().broker_connected);
    broker.set_down(true);
    EXPECT_FALSE(gateway->health().good());
    EXPECT_THAT(gateway->health().trouble, testing::HasSubstr("broker"));
    broker.set_down(false);
    broker.poll(0ms);
    EXPECT_TRUE(gateway->health().good());
}

/// The same gateway with a real device session at the other end.
struct DeviceAndGateway : GatewayWithDevices {
    static constexpr auto length = 60s;
    static constexpr std::uint64_t batches = 61;

    DeviceAndGateway() { restart_device(); }
    void restart_device() {
        session.reset();
        auto opened = device::DeviceSession::open(
            {device_id(7), base::Bytes(32, 7), base::Bytes(32, 107), "default"},
            device::make_simulated_source({"oximeter", 1, 0}, length),
            {folder, device::PatientClock(start, 1'000, length), 16, std::nullopt}, clock);
        ASSERT_TRUE(opened) << opened.error().detail;
        session = std::move(*opened);
        session->attach(broker.make_client({"device", "device", ""}));
    }
    void round() {
        broker.poll(0ms);
        ASSERT_TRUE(session->tick());
        broker.poll(0ms);
        gateway->work_once();
        broker.poll(0ms);
        clock.advance(200ms);
    }
    void run_to_end() {
        for (int i = 0; i < 5'000 && !session->done(); ++i) round();
        EXPECT_TRUE(session->done());
    }
    void expect_each_stored_once() {
        const auto all = stored();
        ASSERT_EQ(all.size(), 1U);
        const auto& times = all.begin()->second;
        EXPECT_EQ(times.size(), batches * 2);  // SpO2 and pulse
        for (const std::int64_t time : times) EXPECT_EQ(times.count(time), 2U);
    }
    std::unique_ptr<device::DeviceSession> session;
};

TEST_F(DeviceAndGateway, LoseAndDoubleNothingWhenAllGoesWell) {
    run_to_end();
    expect_each_stored_once();
    EXPECT_EQ(gateway->counts().readings_accepted, batches * 2);
    EXPECT_EQ(gateway->counts().duplicates, 0U);
    EXPECT_EQ(refused_in_all(), 0U);
}

TEST_F(DeviceAndGateway, StoreOnceWhatWasStoredButNotAcknowledgedAtAKill) {
    // Method: acknowledgements are lost, so each batch is on disk without the device knowing; then
    // the gateway dies.
    broker.set_fate([](MemoryBroker::Message message) {
        std::vector<MemoryBroker::Message> out;
        if (!message.topic.ends_with("/ack")) out.push_back(std::move(message));
        return out;
    });
    for (int i = 0; i < 40; ++i) round();
    EXPECT_GT(series->last_position(), 0U);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    restart_gateway();
    broker.set_fate({});
    run_to_end();
    expect_each_stored_once();
    EXPECT_GT(gateway->counts().duplicates, 0U);
    EXPECT_EQ(refused_in_all(), 0U);
}

TEST_F(DeviceAndGateway, LoseAndDoubleNothingUnderEveryFaultAtOnce) {
    // Method: seeded loss, doubling and delay of all messages, and random kills of gateway, device
    // and broker. Doubled frames are refused as replayed, and nothing else is refused.
    base::SeededRandom random(99);
    std::vector<MemoryBroker::Message> held;
    broker.set_fate([&](MemoryBroker::Message message) {
        std::vector<MemoryBroker::Message> out;
        const std::uint64_t dice = random.below(20);
        if (dice < 3) return out;
        if (dice < 5) {
            held.push_back(std::move(message));
            return out;
        }
        if (dice < 7) out.push_back(message);
        out.push_back(std::move(message));
        if (dice == 19) {
            for (auto& late : held) out.push_back(std::move(late));
            held.clear();
        }
        return out;
    });
    for (int i = 0; i < 5'000 && !session->done(); ++i) {
        round();
        switch (random.below(60)) {
            case 0:
                restart_gateway();
                break;
            case 1:
                restart_device();
                break;
            case 2:
                broker.restart();
                break;
            case 3:
                readings.set_full(true);
                break;
            default:
                readings.set_full(false);
                break;
        }
        for (const auto& [reason, count] : gateway->counts().refusals) {
            EXPECT_EQ(reason, "replayed");
        }
    }
    EXPECT_TRUE(session->done());
    expect_each_stored_once();
}

}  // namespace
}  // namespace gateway
