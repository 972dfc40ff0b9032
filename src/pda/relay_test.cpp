// SPDX-License-Identifier: Apache-2.0
// A patient's devices, the PDA between them and a gateway, while everything fails that can.
#include "pda/relay.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing.h"
#include "device/agreement.h"
#include "keyagreement/message.h"
#include "pda/testing/patient.h"

namespace pda {
namespace {

using mqtt::Direction;
using testing::start;
using namespace std::chrono_literals;

struct Relays : testing::Patient {};

TEST_F(Relays, HandOnEachBatchOnceAndPassTheAcknowledgementBack) {
    add_device(20s);
    add_device(20s);
    start_all();
    run(25s);
    expect_all_delivered();
    EXPECT_EQ(cloud->duplicates, 0U);
    EXPECT_EQ(cloud->handshakes, 1) << "one session for all of its devices";
    EXPECT_LT(cloud->records, 42U) << "batches of one round share a record";
    const auto counts = hub->summary().counts;
    EXPECT_EQ(counts.batches_received, 42U);
    EXPECT_EQ(counts.batches_forwarded, 42U);
    EXPECT_EQ(counts.batches_acknowledged, 42U);
    EXPECT_TRUE(counts.refusals.empty()) << counts.refusals.begin()->first;
}

TEST_F(Relays, WriteNothingToDiskWhileTheGatewayAnswers) {
    auto& device = add_device(20s);
    start_all();
    run(25s);
    EXPECT_TRUE(device.session->done());
    EXPECT_EQ(hub->summary().counts.batches_stored, 0U);
    EXPECT_EQ(device.counts().kept, 0U);
}

TEST_F(Relays, KeepAnHourOfReadingsAndSendThemInOrderWhenTheCloudIsBack) {
    add_device(3'700s);
    auto& second = add_device(3'700s);
    start_all();
    run(20s);
    cloud->away = true;
    run(3'600s, 500ms);
    EXPECT_GE(on_disk(), 7'190U);
    EXPECT_GE(second.counts().kept, 3'590U);
    EXPECT_LE(second.session->acknowledged_up_to(), 21U);
    cloud->away = false;
    cloud->restart();
    run(120s);
    expect_all_delivered();
    for (const auto& [device, order] : cloud->order) EXPECT_TRUE(std::ranges::is_sorted(order));
    EXPECT_EQ(on_disk(), 0U);
}

TEST_F(Relays, SendWhatIsKeptInFewRecords) {
    add_device(600s);
    start_all();
    cloud->away = true;
    run(599s, 500ms);
    cloud->away = false;
    cloud->records = 0;
    run(60s);
    expect_all_delivered();
    EXPECT_LT(cloud->records, 100U);
}

TEST_F(Relays, GoOnAfterTheBrokerWasAway) {
    add_device(60s);
    start_all();
    run(10s);
    broker.set_down(true);
    run(30s);
    broker.set_down(false);
    run(30s);
    expect_all_delivered();
}

TEST_F(Relays, AgreeAnewWithAGatewayThatForgotThem) {
    auto& device = add_device(60s);
    start_all();
    run(10s);
    cloud->restart();
    run(10s);
    EXPECT_EQ(cloud->handshakes, 2);
    EXPECT_GE(device.session->acknowledged_up_to(), 18U);
    EXPECT_EQ(device.counts().handshakes, 1U) << "the device's session with its PDA stays";
}

TEST_F(Relays, AgreeAnewAtOnceWithAGatewayThatSaysItStarted) {
    auto& device = add_device(60s);
    start_all();
    run(10s);
    cloud->away = true;
    run(20s);  // handshakes are lost, and the pauses between them have grown
    cloud->away = false;
    cloud->restart();
    cloud->say_that_it_started();
    run(1s);
    EXPECT_GE(device.session->acknowledged_up_to(), 29U);
}

TEST_F(Relays, KilledBeforeTheDeviceHeardThatABatchIsKeptLoseAndDoubleNothing) {
    auto& device = add_device(30s);
    start_all();
    run(5s);
    cloud->away = true;
    const auto to_devices = "/down";
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        const bool lost =
            message.topic.find("/pda/") != std::string::npos && message.topic.ends_with(to_devices);
        return lost ? std::vector<mqtt::MemoryBroker::Message>{}
                    : std::vector<mqtt::MemoryBroker::Message>{std::move(message)};
    });
    run(3s);
    EXPECT_GT(on_disk(), 0U);
    EXPECT_EQ(device.counts().kept, 0U);
    broker.set_fate({});
    start_pda();
    cloud->away = false;
    run(40s);
    expect_all_delivered();
}

TEST_F(Relays, KilledBetweenForwardingAndTheAcknowledgementLoseNothing) {
    add_device(30s);
    start_all();
    run(5s);
    cloud->answers = false;
    run(3s);
    const auto known = cloud->stored.size();
    EXPECT_GE(known, 7U);
    start_pda();
    cloud->answers = true;
    run(40s);
    expect_all_delivered();
    EXPECT_GT(cloud->duplicates, 0U) << "what it had forwarded came again, and was known";
}

TEST_F(Relays, KeepABatchUntilItsDeviceHeardThatItIsDelivered) {
    auto& device = add_device(30s);
    start_all();
    cloud->away = true;
    run(10s);
    device.session.reset();  // the device is off, and a new process of the PDA never met it
    start_pda();
    cloud->away = false;
    run(60s);
    EXPECT_GE(cloud->stored.size(), 9U);
    EXPECT_GE(hub->summary().waiting, 9U);
    start_device(device);
    run(30s);
    expect_all_delivered();
    EXPECT_EQ(on_disk(), 0U);
}

// Goal: kill -9 at any point loses nothing and lets a device believe nothing too early. Method:
// seeded schedules of lost, doubled and late messages, in which PDA, gateway and devices are killed
// at random moments; the rule is checked at each step.
TEST_F(Relays, SurviveKillsOfEverybodyAtRandomMoments) {
    add_device(60s);
    add_device(60s);
    add_device(60s, {.sealed_to_cloud = true});
    start_all();
    base::SeededRandom dices(base::testing::sanitized ? 5 : 4);
    std::vector<mqtt::MemoryBroker::Message> held;
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        std::vector<mqtt::MemoryBroker::Message> out;
        const auto dice = dices.below(20);
        if (dice == 0) return out;
        if (dice == 1) {
            held.push_back(std::move(message));
            return out;
        }
        if (dice == 2) out.push_back(message);
        out.push_back(std::move(message));
        if (dice == 3) {
            for (auto& late : held) out.push_back(std::move(late));
            held.clear();
        }
        return out;
    });
    for (int i = 0; i < 60; ++i) {
        run(std::chrono::milliseconds(100 + 100 * dices.below(30)));
        const auto dice = dices.below(8);
        if (dice < 3) start_pda();
        if (dice == 3) cloud->restart();
        if (dice == 4) start_device(*devices[dices.below(devices.size())]);
        if (dice == 5) broker.restart();
        if (dice == 6) cloud->away = !cloud->away;
    }
    broker.set_fate({});
    cloud->away = false;
    run(400s);
    expect_all_delivered();
    EXPECT_EQ(on_disk(), 0U);
}

TEST_F(Relays, TakeABatchThatIsSentAgainOnce) {
    auto& device = add_device(30s);
    start_all();
    cloud->away = true;
    run(3s);
    start_device(device);  // it has forgotten what the PDA keeps, and sends it again
    run(2s);
    EXPECT_GT(hub->summary().counts.batches_repeated, 0U);
    EXPECT_GE(device.counts().kept, 2U);
    cloud->away = false;
    run(40s);
    expect_all_delivered();
}

TEST_F(Relays, RefuseADevicesFramesOnAnothersTopic) {
    auto& honest = add_device(30s);
    auto& liar = add_device(30s);
    start_all();
    const auto name = [&](const Played& played) { return base::to_hex(played.id().view()); };
    const auto pda_name = base::to_hex(own.grant.id.view());
    const auto from = mqtt::pda_topic("default", pda_name, name(liar), Direction::up);
    const auto to = mqtt::pda_topic("default", pda_name, name(honest), Direction::up);
    run(2s);
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        if (message.topic == from) message.topic = to;
        return std::vector<mqtt::MemoryBroker::Message>{std::move(message)};
    });
    run(8s);
    EXPECT_GT(refused("other_device"), 0U);
    EXPECT_LE(liar.session->acknowledged_up_to(), 3U);
    EXPECT_GE(honest.session->acknowledged_up_to(), 9U);
}

TEST_F(Relays, NoticeTwoDevicesWithOneIdentityAndServeTheOthers) {
    auto& original = add_device(30s);
    auto& other = add_device(30s);
    add_copy(device::testing::copy_of(original.identity.credentials), 30s, 99);
    start_all();
    cloud->answers = false;
    run(10s);
    EXPECT_GT(refused("other_content"), 0U);
    cloud->answers = true;
    run(25s);
    EXPECT_TRUE(other.session->done());
    EXPECT_EQ(cloud->order[other.id()].size(), 31U);
    const auto& mixed = cloud->order[original.id()];
    EXPECT_EQ(std::set(mixed.begin(), mixed.end()).size(), mixed.size()) << "stored once each";
}

TEST_F(Relays, CutOffARevokedDeviceWithinASecondAndForgetWhatTheyKeptOfIt) {
    auto& good = add_device(60s);
    auto& stolen = add_device(60s);
    start_all();
    run(5s);
    cloud->away = true;
    run(5s);
    EXPECT_GE(on_disk(), 8U);
    family.revoke(stolen.id());
    own = family.renewed(own);
    write_files();
    run(3s);
    const auto received = stolen.counts().kept + stolen.counts().acknowledged;
    const auto refused_before = hub->summary().counts.refusals;
    run(10s);
    EXPECT_EQ(stolen.counts().kept + stolen.counts().acknowledged, received);
    EXPECT_GT(refused(std::string(keyagreement::name_of(keyagreement::Failure::state))), 0U);
    cloud->away = false;
    run(20s);
    EXPECT_GE(good.session->acknowledged_up_to(), 40U);
    EXPECT_LE(cloud->order[stolen.id()].size(), 6U);
    EXPECT_EQ(on_disk(), 0U);
    EXPECT_GT(refused(std::string(keyagreement::name_of(keyagreement::Failure::revoked))), 0U)
        << "its new handshakes are known as a revoked device's";
}

TEST_F(Relays, ServeADeviceThatIsEnrolledWhileTheyRun) {
    add_device(30s);
    start_all();
    run(5s);
    auto& late = add_device(30s);
    write_files();
    cloud->provide();
    start_device(late);
    run(40s);
    expect_all_delivered();
}

TEST_F(Relays, PassWhatIsSealedToTheCloudOnUnopened) {
    auto& device = add_device(20s, {.sealed_to_cloud = true});
    start_all();
    run(25s);
    EXPECT_TRUE(device.session->done());
    EXPECT_EQ(cloud->order[device.id()].size(), 21U);
    const auto counts = hub->summary().counts;
    EXPECT_GE(counts.passed_on, 42U);
    EXPECT_EQ(counts.batches_received, 0U);
    EXPECT_EQ(on_disk(), 0U);
    EXPECT_EQ(cloud->handshakes, 2) << "one of the PDA, one of the device itself";
}

TEST_F(Relays, PassOnAgainAfterTheyWereKilledAndAfterABrokerRestart) {
    auto& device = add_device(40s, {.sealed_to_cloud = true});
    start_all();
    run(10s);
    start_pda();
    run(10s);
    broker.restart();
    run(30s);
    EXPECT_TRUE(device.session->done());
    EXPECT_EQ(cloud->order[device.id()].size(), 41U);
}

TEST_F(Relays, PassNothingOnForMoreNamesThanTheirBound) {
    start_all();
    run(1s);
    base::Bytes frame(keyagreement::data_overhead_bytes, 0);
    frame[0] = 0x12;
    frame[1] = 0x04;
    const auto pda_name = base::to_hex(own.grant.id.view());
    for (std::uint8_t i = 0; i < 100; ++i) {
        const auto name = base::to_hex(device::testing::numbered<wire::DeviceId>(0x55, i).view());
        broker.inject({mqtt::pda_topic("default", pda_name, name, Direction::up), frame});
    }
    run(1s);
    EXPECT_EQ(hub->summary().counts.passed_on, Relay::passed_devices_max);
    EXPECT_EQ(refused("full"), 100 - Relay::passed_devices_max);
}

TEST_F(Relays, RefuseWhatTheyHaveNoRoomForAndTheDeviceKeepsIt) {
    limits.batches_max = 10;
    auto& device = add_device(60s);
    auto& other = add_device(60s);
    start_all();
    cloud->away = true;
    run(30s);
    EXPECT_EQ(on_disk(), 20U);
    EXPECT_GT(refused("full"), 0U);
    EXPECT_EQ(device.counts().kept, 10U);
    EXPECT_EQ(device.counts().handshakes, 1U) << "a PDA without room is not taken for dead";
    EXPECT_EQ(other.counts().kept, 10U);
    cloud->away = false;
    run(60s);
    expect_all_delivered();
}

TEST_F(Relays, KeepReadingsSealedAndAskForThoseThatTheDiskAltered) {
    auto& device = add_device(30s);
    start_all();
    cloud->away = true;
    run(20s);
    ASSERT_GE(on_disk(), 18U);
    storage::WriteBatch altered;
    ASSERT_TRUE(BatchStore(disk).scan(own.grant.id, [&](const BatchKey& key, base::ByteView value) {
        if (key.counter % 3 != 0) return;
        base::Bytes raw{'b'};
        base::append(raw, key.pda.view());
        base::append(raw, key.device.view());
        base::append_u64(raw, key.counter);
        base::Bytes bad(value.begin(), value.end());
        bad.back() ^= 1;
        altered.put(std::move(raw), std::move(bad));
    }));
    ASSERT_TRUE(disk.write(altered));
    cloud->away = false;
    run(100s);
    EXPECT_GE(refused("store_unreadable"), 6U);
    EXPECT_TRUE(device.session->done()) << "what the PDA lost the device still had";
    expect_all_delivered();
}

TEST_F(Relays, PromiseNothingWhileTheDiskIsFull) {
    auto& device = add_device(60s);
    start_all();
    run(5s);
    cloud->away = true;
    disk.set_full(true);
    run(10s);
    EXPECT_EQ(device.counts().kept, 0U);
    EXPECT_GT(refused("store_failed"), 0U);
    EXPECT_FALSE(hub->last_error().empty());
    disk.set_full(false);
    run(5s);
    EXPECT_GT(device.counts().kept, 0U);
    cloud->away = false;
    run(60s);
    expect_all_delivered();
}

TEST_F(Relays, HandOnWhileTheDiskIsFullAndTheGatewayAnswers) {
    disk.set_full(true);
    add_device(20s);
    start_all();
    run(25s);
    expect_all_delivered();
}

TEST_F(Relays, DoNotLetOneDeviceThatTheGatewayNeverAnswersHoldUpTheOthers) {
    auto& ignored = add_device(200s);
    auto& other = add_device(200s);
    start_all();
    cloud->unanswered.insert(ignored.id());
    run(190s);
    EXPECT_GE(other.session->acknowledged_up_to(), 188U);
    EXPECT_EQ(ignored.session->acknowledged_up_to(), 0U);
    EXPECT_LE(cloud->handshakes, 2) << "a gateway that answers others is not taken for dead";
}

TEST_F(Relays, MeetBadFramesWithSilenceAndACountedReason) {
    auto& device = add_device(30s);
    start_all();
    run(3s);
    const auto pda_name = base::to_hex(own.grant.id.view());
    const auto name = base::to_hex(device.id().view());
    const auto up = mqtt::pda_topic("default", pda_name, name, Direction::up);
    std::size_t answers = 0;
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        if (message.topic.ends_with("/down")) ++answers;
        return std::vector<mqtt::MemoryBroker::Message>{std::move(message)};
    });
    device.session.reset();
    run(2s);
    answers = 0;
    base::Bytes junk(114, 0x77);
    junk[0] = 0x11;
    junk[1] = 0x01;
    broker.inject({up, {}});
    broker.inject({up, {0xff}});
    broker.inject({up, junk});
    broker.inject({up, base::Bytes(70'000, 0x11)});
    broker.inject({mqtt::pda_topic("default", pda_name, "nobody", Direction::up), junk});
    broker.inject({mqtt::cloud_topic("default", pda_name, Direction::down), junk});
    run(1s);
    EXPECT_EQ(answers, 1U) << "the injected one itself";
    EXPECT_GE(refused("E_PARSE"), 3U);
    EXPECT_EQ(refused("E_MAC1"), 2U);
    start_device(device);
    run(35s);
    expect_all_delivered();
}

TEST_F(Relays, RefuseContentsThatNoDeviceAndNoGatewayMaySend) {
    // Method: a device's own, well sealed session with content of the wrong kind.
    auto& device = add_device(30s);
    start_all();
    device.session.reset();
    const auto pda_name = base::to_hex(own.grant.id.view());
    const auto name = base::to_hex(device.id().view());
    device::Link link(device::setup_with_pda(device.identity.credentials), random);
    struct Catcher final : mqtt::Listener {
        void on_connected() override {}
        void on_disconnected(std::string_view) override {}
        void on_message(std::string_view, base::ByteView payload) override {
            frames.emplace_back(payload.begin(), payload.end());
        }
        std::vector<base::Bytes> frames;
    } catcher;
    auto client = broker.make_client({"device", "device", ""});
    client->connect(catcher);
    broker.poll(0ms);
    ASSERT_TRUE(client->subscribe(mqtt::pda_topic("default", pda_name, name, Direction::down)));
    const auto up = mqtt::pda_topic("default", pda_name, name, Direction::up);
    const auto send = [&](std::vector<base::Bytes> frames) {
        for (auto& frame : frames) ASSERT_TRUE(client->publish(up, std::move(frame)));
    };
    send(link.on_connected(clock.now()).to_send);
    for (int i = 0; i < 10 && !link.ready(); ++i) {
        run(100ms);
        for (const auto& frame : std::exchange(catcher.frames, {})) {
            send(link.receive(frame, clock.now()).to_send);
        }
    }
    ASSERT_TRUE(link.ready());
    send({link.seal(wire::encode_content(wire::Kept{{1}}), clock.now()).value(),
          link.seal(base::Bytes{1}, clock.now()).value(),
          link.seal(base::Bytes{0x77, 1, 2}, clock.now()).value()});
    run(100ms);
    EXPECT_EQ(refused("unexpected_content"), 1U);
    EXPECT_EQ(refused("malformed"), 2U);
}

}  // namespace
}  // namespace pda
