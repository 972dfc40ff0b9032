// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "gateway/testing/gateway_world.h"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using identity::DeviceState;
using mqtt::Direction;

TEST_F(GatewayWithClients, StoresAReadingWithThePatientItBelongsTo) {
    EXPECT_EQ(gateway->counts().handshakes, 3U);
    EXPECT_EQ(gateway->counts().sessions, 3U);
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    deliver(pda_b, b.sealed(relayed(thermometer, 1)));
    EXPECT_EQ(gateway->counts().readings_accepted, 2U);
    EXPECT_EQ(gateway->counts().batches_accepted, 2U);
    EXPECT_TRUE(gateway->counts().refusals.empty());
    EXPECT_EQ(series->latest(patient_of(1)).size(), 1U);
    EXPECT_EQ(series->latest(patient_of(2)).size(), 1U);
    EXPECT_THAT(a.acknowledged, testing::ElementsAre(Pair{id_of(oximeter), 1}));
    EXPECT_THAT(b.acknowledged, testing::ElementsAre(Pair{id_of(thermometer), 1}));
}

TEST_F(GatewayWithClients, AnswersADeviceThatSealsToTheCloudItself) {
    deliver(implant, own.sealed(batch(1)));
    EXPECT_THAT(own.acknowledged, testing::ElementsAre(Pair{id_of(implant), 1}));
    EXPECT_EQ(series->latest(patient_of(1)).size(), 1U);
    EXPECT_EQ(refused_in_all(), 0U);
}

TEST_F(GatewayWithClients, RefusesEachBadFrameWithItsReason) {
    const auto one = [&](const std::string& to, const base::Bytes& bytes, std::string_view why) {
        const std::uint64_t before = refused(why);
        deliver(to, bytes);
        EXPECT_EQ(refused(why), before + 1) << why;
    };
    const auto altered = [&](std::size_t at) {
        base::Bytes out = a.sealed(relayed(oximeter, 1));
        out[at < out.size() ? at : out.size() - 1] ^= 1U;
        return out;
    };
    const std::string from_a = topic_of(pda_a);
    one(from_a, {}, "E_PARSE");
    one(from_a, base::Bytes(25, 1), "E_PARSE");
    one(from_a, altered(0), "E_PARSE");  // version and profile
    one(from_a, altered(2), "E_STATE");  // session
    one(from_a, altered(keyagreement::data_header_bytes), "E_RECORD");
    one(from_a, altered(SIZE_MAX), "E_RECORD");
    one(from_a, base::Bytes(frame_bytes_max + 1, 1), name_of(Refusal::too_large));
    one(from_a, base::Bytes(1'000'000, 1), name_of(Refusal::too_large));
    // On a topic that is not the session's own, or none at all.
    const std::string_view mismatch = name_of(Refusal::topic_mismatch);
    one(topic_of(pda_b), a.sealed(relayed(oximeter, 1)), mismatch);
    one(topic_of(oximeter), a.sealed(relayed(oximeter, 1)), mismatch);
    for (const char* topic : {"", "salus/v1/other/cloud/x/up", "salus/v1/default/cloud/started"}) {
        one(topic, a.sealed(relayed(oximeter, 1)), mismatch);
    }
    one(topic_of(pda_a, Direction::down), a.sealed(relayed(oximeter, 1)), mismatch);
    // Sealed, but nothing that a client sends.
    const std::string_view malformed = name_of(Refusal::malformed);
    one(from_a, a.sealed(base::Bytes{9, 9, 9}), malformed);
    one(from_a, a.sealed(wire::Acknowledgement{{1}, start}), malformed);
    one(from_a, a.sealed(wire::Kept{{1}}), malformed);
    one(from_a, a.sealed(wire::Relayed{{{id_of(oximeter), {1, 2, 3}}}}), malformed);
    EXPECT_EQ(gateway->counts().readings_accepted, 0U);
    EXPECT_TRUE(stored().empty());
    EXPECT_TRUE(a.acknowledged.empty());
    // None of it spoils what the client itself sends.
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(gateway->counts().readings_accepted, 1U);
}

TEST_F(GatewayWithClients, HearsAPdaForItsOwnDevicesAlone) {
    const auto one = [&](std::uint8_t client, const base::Bytes& record, Refusal why) {
        const std::uint64_t before = refused(why);
        deliver(client, record);
        EXPECT_EQ(refused(why), before + 1) << name_of(why);
    };
    one(pda_b, b.sealed(relayed(oximeter, 1)), Refusal::foreign_device);
    one(pda_a, a.sealed(relayed(implant, 1)), Refusal::foreign_device);  // it seals to the cloud
    one(pda_a, a.sealed(relayed(nobody, 1)), Refusal::unknown_device);
    one(pda_a, a.sealed(relayed(pda_a, 1)), Refusal::unknown_device);
    one(pda_a, a.sealed(batch(1)), Refusal::unknown_device);  // a PDA measures nothing itself
    EXPECT_TRUE(stored().empty());
    // One batch that is refused does not spoil the others in the record.
    wire::Relayed mixed = relayed(oximeter, 1);
    mixed.batches.push_back({id_of(thermometer), wire::encode(batch(1))});
    mixed.batches.push_back({id_of(cuff), {0xFF}});
    mixed.batches.push_back({id_of(cuff), wire::encode(batch(5))});
    deliver(pda_a, a.sealed(mixed));
    EXPECT_THAT(a.acknowledged,
                testing::ElementsAre(Pair{id_of(oximeter), 1}, Pair{id_of(cuff), 5}));
    EXPECT_EQ(stored(), a.acknowledged);
}

TEST_F(GatewayWithClients, RefusesReplaysAndTakesReorderedRecordsWithinTheWindow) {
    std::vector<base::Bytes> records;
    for (std::uint64_t counter = 1; counter <= 20; ++counter) {
        records.push_back(a.sealed(relayed(oximeter, counter)));
    }
    for (auto at = records.rbegin(); at != records.rend(); ++at) deliver(pda_a, *at);
    EXPECT_EQ(gateway->counts().batches_accepted, 20U);
    for (const base::Bytes& record : records) deliver(pda_a, record);
    EXPECT_EQ(refused("E_SEQ"), 20U);
    EXPECT_EQ(stored().size(), 20U);
}

TEST_F(GatewayWithClients, KnowsNothingOfASessionAfterARestart) {
    const base::Bytes delivered = a.sealed(relayed(oximeter, 1));
    deliver(pda_a, delivered);
    const base::Bytes late = a.sealed(relayed(oximeter, 2));
    clock.advance(1s);
    restart_gateway();
    deliver(pda_a, delivered);
    deliver(pda_a, late);
    EXPECT_EQ(refused("E_STATE"), 2U);
    EXPECT_EQ(stored().size(), 1U);
    a.agree();
    settle();
    deliver(pda_a, a.sealed(relayed(oximeter, 2)));
    EXPECT_EQ(stored().size(), 2U);
}

TEST_F(GatewayWithClients, AnswersABatchSealedAnewAsADuplicate) {
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(gateway->counts().readings_accepted, 1U);
    EXPECT_EQ(gateway->counts().duplicates, 1U);
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 2U);
    EXPECT_EQ(refused_in_all(), 0U);
    EXPECT_EQ(stored().size(), 1U);
}

TEST_F(GatewayWithClients, RefusesASuspendedDeviceUntilItIsAllowedAgain) {
    ASSERT_TRUE(directory->set_state(id_of(oximeter), DeviceState::suspended));
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    deliver(pda_a, a.sealed(relayed(cuff, 1)));
    EXPECT_EQ(refused(Refusal::suspended_device), 1U);
    EXPECT_THAT(stored(), testing::ElementsAre(Pair{id_of(cuff), 1}));
    ASSERT_TRUE(directory->set_state(id_of(oximeter), DeviceState::active));
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(stored().size(), 2U);
    for (const auto last : {DeviceState::revoked, DeviceState::retired}) {
        const std::uint8_t device = last == DeviceState::revoked ? oximeter : cuff;
        ASSERT_TRUE(directory->set_state(id_of(device), last));
        deliver(pda_a, a.sealed(relayed(device, 2)));
    }
    EXPECT_EQ(refused(Refusal::revoked_device), 2U);
}

// Goal: a live session ends with the right to speak. Method: suspended in the directory, or revoked
// by the key generator; the next record finds no session, and no new one is agreed on.
TEST_F(GatewayWithClients, EndsTheSessionsOfWhoMayNoLongerSpeak) {
    ASSERT_TRUE(directory->set_state(id_of(pda_a), DeviceState::suspended));
    provide({pda_b});
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    deliver(pda_b, b.sealed(relayed(thermometer, 1)));
    EXPECT_EQ(refused("E_STATE"), 2U);
    a.agree();
    b.agree();
    settle();
    EXPECT_EQ(refused("E_REVOKED") + refused("E_UNKNOWN_PID"), 2U);
    EXPECT_TRUE(stored().empty());
    EXPECT_EQ(gateway->counts().sessions, 1U);
    // The device that seals to the cloud is nobody's concern but its own.
    deliver(implant, own.sealed(batch(1)));
    EXPECT_EQ(stored().size(), 1U);
    ASSERT_TRUE(directory->set_state(id_of(pda_a), DeviceState::active));
    clock.advance(10s);
    a.agree();
    settle();
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(stored().size(), 2U);
}

TEST_F(GatewayWithClients, AcknowledgesManyBatchesOfAPdaAtOnce) {
    for (std::uint64_t counter = 1; counter <= 100; ++counter) {
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(oximeter, counter)));
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(cuff, counter)));
    }
    EXPECT_EQ(gateway->work_once(), 200U);
    settle();
    EXPECT_EQ(a.answers, 1U);
    EXPECT_EQ(a.acknowledged.size(), 200U);
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 1U);
}

TEST_F(GatewayWithClients, KeepsAcknowledgementsWithinTheirBounds) {
    gateway = make_gateway({.client_frames_max = 4'096, .group_frames_max = 4'096});
    transport = broker.make_client({"gateway", "gateway", ""});
    gateway->attach(*transport);
    agree();
    for (std::uint64_t counter = 1; counter <= wire::content_counters_max; ++counter) {
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(oximeter, counter)));
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(cuff, counter)));
        gateway->on_message(topic_of(implant), own.sealed(batch(counter)));
    }
    gateway->on_message(topic_of(implant), own.sealed(batch(wire::content_counters_max + 1)));
    EXPECT_EQ(gateway->work_once(), 3 * wire::content_counters_max + 1);
    settle();
    EXPECT_EQ(a.answers, 2U);
    EXPECT_EQ(a.acknowledged.size(), 2 * wire::content_counters_max);
    EXPECT_EQ(own.answers, 2U);
    EXPECT_EQ(own.acknowledged.size(), wire::content_counters_max + 1);
}

TEST_F(GatewayWithClients, AcknowledgesNothingWhileTheDiskIsFull) {
    readings.set_full(true);
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 0U);
    EXPECT_EQ(gateway->counts().storage_failed, 1U);
    EXPECT_FALSE(gateway->health().storage_writable);
    EXPECT_THAT(gateway->health().trouble, testing::HasSubstr("cannot be stored"));
    readings.set_full(false);
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));  // the PDA sends it again
    EXPECT_EQ(gateway->counts().acknowledgements_sent, 1U);
    EXPECT_TRUE(gateway->health().good());
    EXPECT_TRUE(gateway->health().trouble.empty());
    EXPECT_EQ(stored().size(), 1U);
}

TEST_F(GatewayWithClients, DropsFramesThatFindItsQueueFull) {
    gateway = make_gateway({.queue_frames_max = 3});
    for (int i = 0; i < 5; ++i) gateway->on_message(topic_of(pda_a), base::Bytes(10, 1));
    EXPECT_EQ(gateway->work_once(), 3U);
    EXPECT_EQ(gateway->counts().overload_dropped, 2U);
    EXPECT_EQ(gateway->counts().frames_received, 5U);
}

TEST_F(GatewayWithClients, CountsTenThousandMutatedFramesAndStoresNone) {
    // Method: seeded mutations of good records: bits, lengths, joins and random bytes. None may
    // open, since only the untouched record carries its tag; each must be counted once.
    base::SeededRandom chance(7);
    constexpr std::uint64_t count = base::testing::rounds(std::uint64_t{10'000});
    const std::uint64_t before = gateway->counts().frames_received;
    for (std::uint64_t i = 0; i < count; ++i) {
        const base::Bytes original = a.sealed(relayed(oximeter, 1 + chance.below(2'000)));
        base::Bytes bytes = original;
        switch (chance.below(5)) {
            case 0:
                bytes[chance.below(bytes.size())] ^=
                    static_cast<std::uint8_t>(1U << chance.below(8));
                break;
            case 1:
                bytes.resize(chance.below(bytes.size()));
                break;
            case 2:
                bytes.resize(bytes.size() + 1 + chance.below(100), 0xff);
                break;
            case 3:
                bytes.resize(1 + chance.below(200));
                chance.fill(bytes);
                break;
            default:
                for (int k = 0; k < 4; ++k) bytes[chance.below(bytes.size())] ^= 0x55;
                break;
        }
        if (bytes == original) bytes.push_back(0);
        gateway->on_message(chance.below(4) != 0 ? topic_of(pda_a) : topic_of(pda_b), bytes);
        if (i % 100 == 0) settle();
    }
    settle();
    EXPECT_EQ(refused_in_all(), count);
    EXPECT_EQ(gateway->counts().frames_received, before + count);
    EXPECT_EQ(gateway->counts().readings_accepted, 0U);
    EXPECT_EQ(series->last_position(), 0U);
}

TEST_F(GatewayWithClients, SurvivesSealedNonsenseFromAPdaThatWasTakenOver) {
    // Method: random and mutated plaintexts in a true session, so that the parser itself is met.
    base::SeededRandom chance(8);
    const base::Bytes good = wire::encode_content(relayed(oximeter, 1));
    constexpr std::uint64_t count = base::testing::rounds(std::uint64_t{5'000});
    for (std::uint64_t i = 0; i < count; ++i) {
        base::Bytes plain = good;
        if (chance.below(2) == 0) {
            plain.resize(1 + chance.below(300));
            chance.fill(plain);
        } else {
            plain[chance.below(plain.size())] ^= static_cast<std::uint8_t>(1 + chance.below(255));
        }
        deliver(pda_a, a.sealed(plain));
    }
    const auto counts = gateway->counts();
    EXPECT_EQ(refused_in_all() + counts.batches_accepted + counts.duplicates, count);
    EXPECT_GT(refused(Refusal::malformed), count / 2);
}

TEST_F(GatewayWithClients, WorksInAThreadOfItsOwn) {
    gateway->start();
    for (std::uint64_t counter = 1; counter <= 500; ++counter) {
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(oximeter, counter)));
    }
    gateway->stop();
    EXPECT_EQ(gateway->counts().batches_accepted, 500U);
}

TEST_F(GatewayWithClients, SaysThatTheBrokerIsGone) {
    EXPECT_TRUE(gateway->health().broker_connected);
    broker.set_down(true);
    EXPECT_FALSE(gateway->health().good());
    EXPECT_THAT(gateway->health().trouble, testing::HasSubstr("broker"));
    broker.set_down(false);
    broker.poll(0ms);
    EXPECT_TRUE(gateway->health().good());
}

}  // namespace
}  // namespace gateway
