// SPDX-License-Identifier: Apache-2.0
#include "device/device_session.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "crypto/aead.h"
#include "device/fleet.h"
#include "device/sensors.h"
#include "mqtt/memory_broker.h"
#include "mqtt/topics.h"
#include "wire/frame.h"

namespace device {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

/// Answers as the gateway would, and remembers what it opened.
class FakeGateway final : public mqtt::Listener {
public:
    FakeGateway(mqtt::Network& network, wire::DeviceId device)
        : device_(device), frames_(base::Bytes(32, 1)), acks_(base::Bytes(32, 2)) {
        transport_ = network.make_client({"gateway", "gateway", ""});
        transport_->connect(*this);
    }
    void on_connected() override {
        ASSERT_TRUE(transport_->subscribe(mqtt::telemetry_topic("default", "+")));
    }
    void on_disconnected(std::string_view) override {}
    void on_message(std::string_view, base::ByteView payload) override {
        const auto header = wire::decode_frame_header(payload);
        ASSERT_TRUE(header);
        EXPECT_TRUE(sequences.insert(header->sequence).second) << "a nonce was used twice";
        const auto plain = frames_.open(crypto::nonce_of(header->sequence),
                                        payload.first(wire::frame_header_bytes),
                                        payload.subspan(wire::frame_header_bytes));
        ASSERT_TRUE(plain);
        const auto batch = wire::decode_batch(*plain);
        ASSERT_TRUE(batch);
        const auto [known, first] = batches.emplace(batch->counter, *batch);
        if (!first) {
            EXPECT_EQ(known->second, *batch) << "sent again with another content";
        }
        order.push_back(batch->counter);
        if (answers) acknowledge({batch->counter});
    }
    void acknowledge(std::vector<std::uint64_t> counters) {
        base::Bytes frame =
            wire::encode({wire::FrameType::acknowledgement, device_, ++ack_sequence_});
        base::append(frame, acks_.seal(crypto::nonce_of(ack_sequence_), frame,
                                       wire::encode(wire::Acknowledgement{counters, start})));
        ASSERT_TRUE(transport_->publish(
            mqtt::acknowledgement_topic("default", base::to_hex(device_.view())), frame));
    }

    bool answers = true;
    std::map<std::uint64_t, wire::ReadingBatch> batches;
    std::vector<std::uint64_t> order;
    std::set<std::uint64_t> sequences;

private:
    wire::DeviceId device_;
    crypto::Aes256Gcm frames_;
    crypto::Aes256Gcm acks_;
    std::uint64_t ack_sequence_ = 0;
    std::unique_ptr<mqtt::MqttTransport> transport_;
};

struct Sessions : testing::Test {
    Sessions() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-session-" + std::to_string(::getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        id.bytes.fill(9);
        gateway = std::make_unique<FakeGateway>(broker, id);
        broker.poll(0ms);
        open();
    }
    ~Sessions() override {
        session.reset();
        std::filesystem::remove_all(folder);
    }
    void open(std::chrono::milliseconds length = 20s) {
        session.reset();
        auto opened =
            DeviceSession::open({id, base::Bytes(32, 1), base::Bytes(32, 2), "default"},
                                make_simulated_source({"oximeter", 1, 0}, length),
                                {folder, PatientClock(start, 1'000, length), 8, backlog}, clock);
        ASSERT_TRUE(opened) << opened.error().detail;
        session = std::move(*opened);
        session->attach(broker.make_client({"device", "device", ""}));
    }
    /// `seconds` of device, broker and gateway, ten rounds a second.
    void run(int seconds) {
        for (int i = 0; i < seconds * 10; ++i) {
            broker.poll(0ms);
            ASSERT_TRUE(session->tick());
            broker.poll(0ms);
            broker.poll(0ms);
            clock.advance(100ms);
        }
    }

    std::filesystem::path folder;
    base::ManualClock clock{start};
    mqtt::MemoryBroker broker;
    wire::DeviceId id;
    std::optional<std::chrono::milliseconds> backlog;
    std::unique_ptr<FakeGateway> gateway;
    std::unique_ptr<DeviceSession> session;
};

TEST_F(Sessions, SendEachBatchOnceWhenAllGoesWell) {
    run(25);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(gateway->batches.size(), 21U);
    EXPECT_EQ(gateway->order.size(), 21U);
    EXPECT_EQ(session->counts().batches_sent, 21U);
    EXPECT_EQ(session->counts().readings_sent, 42U);
    EXPECT_EQ(session->counts().resent, 0U);
    EXPECT_EQ(session->acknowledged_up_to(), 21U);
    const wire::ReadingBatch& last = gateway->batches.at(21);
    EXPECT_EQ(last.status, wire::DeviceStatus::finished);
    EXPECT_EQ(last.clock, start + 20s);
    EXPECT_EQ(gateway->batches.at(20).status, wire::DeviceStatus::running);
}

TEST_F(Sessions, SendNothingThatIsNotDue) {
    run(5);
    EXPECT_EQ(gateway->batches.size(), 5U);
    EXPECT_FALSE(session->done());
}

TEST_F(Sessions, ResendSealedAnewUntilTheGatewayAnswers) {
    gateway->answers = false;
    run(10);
    EXPECT_EQ(session->acknowledged_up_to(), 0U);
    EXPECT_GT(session->counts().resent, 5U);
    EXPECT_EQ(gateway->batches.size(), 8U) << "no more than the window may wait";
    gateway->answers = true;
    run(25);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(gateway->batches.size(), 21U);
}

TEST_F(Sessions, SurviveLossDoublingAndReordering) {
    // Method: a seeded fate loses a fifth of all messages, doubles the acknowledgements and delays
    // some; the fake gateway checks that no nonce comes twice and that contents never change.
    base::SeededRandom random(42);
    std::vector<mqtt::MemoryBroker::Message> held;
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        std::vector<mqtt::MemoryBroker::Message> out;
        const std::uint64_t dice = random.below(10);
        if (dice < 2) return out;
        if (dice < 4) {
            held.push_back(std::move(message));
            return out;
        }
        if (message.topic.ends_with("/ack")) out.push_back(message);
        out.push_back(std::move(message));
        if (dice == 9) {
            for (auto& late : held) out.push_back(std::move(late));
            held.clear();
        }
        return out;
    });
    run(120);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(gateway->batches.size(), 21U);
}

TEST_F(Sessions, SendAgainAtOnceAfterTheBrokerRestarted) {
    gateway->answers = false;
    run(3);
    const std::size_t before = gateway->order.size();
    gateway->answers = true;
    broker.restart();
    run(1);
    EXPECT_GE(gateway->order.size(), before + 3);
    run(25);
    EXPECT_TRUE(session->done());
}

TEST_F(Sessions, GoOnAfterAKillWithTheSameCountersAndNewNonces) {
    run(7);
    open();  // as after kill -9: the progress file may be behind, the sequences may not
    run(20);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(gateway->batches.size(), 21U);
    EXPECT_GT(*gateway->sequences.rbegin(), 65'536U);
}

TEST_F(Sessions, RememberTheirProgressWhenTheyEndInOrder) {
    run(7);
    ASSERT_TRUE(session->save_progress());
    const std::size_t before = gateway->order.size();
    open();
    EXPECT_EQ(session->acknowledged_up_to(), 7U);
    run(20);
    EXPECT_EQ(gateway->order.size(), before + 14);
    open();
    EXPECT_TRUE(session->done());
}

TEST_F(Sessions, BelieveOnlyASealedAcknowledgement) {
    gateway->answers = false;
    run(2);
    const std::string topic = mqtt::acknowledgement_topic("default", base::to_hex(id.view()));
    const base::Bytes plain = wire::encode(wire::Acknowledgement{{1, 2}, start});
    const auto forged = [&](wire::FrameHeader header, std::uint8_t key_byte) {
        base::Bytes frame = wire::encode(header);
        crypto::Aes256Gcm key(base::Bytes(32, key_byte));
        base::append(frame, key.seal(crypto::nonce_of(header.sequence), frame, plain));
        broker.inject({topic, frame});
    };
    wire::DeviceId other;
    forged({wire::FrameType::acknowledgement, id, 500}, 1);     // the device's own sending key
    forged({wire::FrameType::readings, id, 501}, 2);            // another type
    forged({wire::FrameType::acknowledgement, other, 502}, 2);  // for another device
    broker.inject({topic, plain});
    broker.inject({topic, {}});
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    EXPECT_EQ(session->counts().bad_acknowledgements, 5U);
    forged({wire::FrameType::acknowledgement, id, 503}, 2);
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 2U);
}

TEST_F(Sessions, IgnoreAcknowledgementsOfWhatTheyNeverSent) {
    gateway->answers = false;
    run(2);
    gateway->acknowledge({1'000, 0, UINT64_MAX});
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    EXPECT_EQ(session->acknowledged_up_to(), 0U);
}

TEST_F(Sessions, MakeUpForAPauseOnlySoFar) {
    backlog = 5s;
    open(100s);
    clock.advance(50s);
    open(100s);
    run(2);
    EXPECT_EQ(gateway->batches.begin()->first, 46U);  // 45 s, by its counter
}

TEST_F(Sessions, NameABrokenProgressFile) {
    session.reset();
    ASSERT_TRUE(storage::write_file_synced(folder / (base::to_hex(id.view()) + ".progress"),
                                           base::Bytes{1, 2, 3}));
    const auto opened =
        DeviceSession::open({id, base::Bytes(32, 1), base::Bytes(32, 2), "default"},
                            make_simulated_source({"oximeter", 1, 0}, 1s),
                            {folder, PatientClock(start, 1'000, 1s), 8, std::nullopt}, clock);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
}

TEST_F(Sessions, OfAFleetKeepTheirStartSpeedAndLength) {
    session.reset();
    FleetConfig config;
    config.devices = {{id, base::Bytes(32, 1), base::Bytes(32, 2), "p", 0, {}, "oximeter"}};
    FleetOptions options{.folder = folder / "fleet", .speed_milli = 10'000, .duration = 20s};
    for (int start_of_process = 0; start_of_process < 3; ++start_of_process) {
        auto fleet = Fleet::open(config, options, broker, clock);
        ASSERT_TRUE(fleet) << fleet.error().detail;
        EXPECT_EQ((*fleet)->warnings().size(), start_of_process == 0 ? 0U : 1U);
        for (int i = 0; i < 8; ++i) {
            (*fleet)->step(0ms);
            broker.poll(0ms);
            clock.advance(100ms);
        }
        options.speed_milli = 1'000;
        if (start_of_process == 2) {
            EXPECT_TRUE((*fleet)->done());
            EXPECT_EQ((*fleet)->summary().devices_done, 1U);
            EXPECT_EQ((*fleet)->summary().connected, 1U);
        }
    }
    ASSERT_EQ(gateway->batches.size(), 21U);
    EXPECT_EQ(gateway->batches.at(1).speed_milli, 10'000U);
    EXPECT_EQ(gateway->batches.at(21).clock, start + 2s);
}

TEST_F(Sessions, OfAFleetRefuseWhatCannotBePlayed) {
    session.reset();
    FleetConfig config;
    config.devices = {{id, base::Bytes(32, 1), base::Bytes(32, 2), "p", 0, {}, "toaster"}};
    FleetOptions options{.folder = folder / "fleet"};
    EXPECT_FALSE(Fleet::open(config, options, broker, clock));
    config.devices[0].recording = folder / "missing_Numerics.csv";
    EXPECT_FALSE(Fleet::open(config, options, broker, clock));
    options.speed_milli = 999;
    config.devices.clear();
    const auto slow = Fleet::open(config, options, broker, clock);
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, base::ErrorCode::malformed);
}

}  // namespace
}  // namespace device
