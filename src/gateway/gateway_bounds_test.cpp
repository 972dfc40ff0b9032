// SPDX-License-Identifier: Apache-2.0
// Goal: a client that floods, makes counters up or shares its identity costs the others nothing,
// and loses nothing in silence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gateway/gateway.h"
#include "gateway/testing/gateway_world.h"

namespace gateway {
namespace {

// Goal: a client that sends faster than the gateway works loses its own frames and nobody else's.
// Method: 10,000 frames of one client before the worker comes, then one of another.
TEST_F(GatewayWithClients, AFloodOfOneClientDropsNothingOfAnother) {
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    const auto before = gateway->counts();
    for (int i = 0; i < 10'000; ++i) gateway->on_message(topic_of(pda_b), base::Bytes(40, 1));
    gateway->on_message(topic_of(pda_a), a.sealed(relayed(oximeter, 2)));
    settle();
    EXPECT_EQ(gateway->counts().batches_accepted, before.batches_accepted + 1);
    EXPECT_EQ(gateway->counts().overload_dropped, 10'000U - 1'024U);
    deliver(pda_b, b.sealed(relayed(thermometer, 1)));
    EXPECT_EQ(gateway->counts().batches_accepted, before.batches_accepted + 2)
        << "once its frames are worked off it is heard again";
}

// Goal: two devices with one identity do not lose the second one's readings in silence. Method: the
// same counter twice, with other readings.
TEST_F(GatewayWithClients, OtherReadingsUnderAStoredCounterAreCountedAndNotAcknowledged) {
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    wire::ReadingBatch other = batch(1);
    other.readings.front().value_milli += 20'000;
    const wire::Relayed both{
        {{id_of(oximeter), wire::encode(other)}, {id_of(oximeter), wire::encode(batch(2))}}};
    deliver(pda_a, a.sealed(both));
    EXPECT_EQ(refused(Refusal::other_content), 1U);
    EXPECT_EQ(gateway->counts().duplicates, 0U);
    EXPECT_THAT(a.acknowledged,
                testing::ElementsAre(Pair{id_of(oximeter), 1}, Pair{id_of(oximeter), 2}));
    EXPECT_EQ(stored().size(), 2U);
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    EXPECT_EQ(gateway->counts().duplicates, 1U) << "the same again is what it was";
    EXPECT_EQ(a.acknowledged.count(Pair{id_of(oximeter), 1}), 2U);
}

TEST_F(GatewayWithClients, CountersThatLeaveGapsWithoutEndAreRefused) {
    for (std::uint64_t counter = 2; counter <= 2 * 4'100; counter += 2) {
        gateway->on_message(topic_of(pda_a), a.sealed(relayed(oximeter, counter)));
        if (counter % 1'000 == 0) settle();
    }
    settle();
    EXPECT_EQ(refused(Refusal::too_many_gaps), 4U);
    EXPECT_EQ(stored().size(), 4'096U);
}

// Goal: a copied identity is noticed while both are in use. Method: the copy agrees on a session
// after the first one, and then both speak.
TEST_F(GatewayWithClients, OneIdentityInTwoPlacesIsNoticed) {
    deliver(pda_a, a.sealed(relayed(oximeter, 1)));
    a.agree();
    settle();
    deliver(pda_a, a.sealed(relayed(oximeter, 2)));
    EXPECT_EQ(gateway->counts().identity_in_two_places, 0U) << "one that begins anew is no two";
    Speaker copy(pda_a, server, broker, clock, "copy");
    settle();
    copy.agree();
    settle();
    ASSERT_TRUE(copy.ready());
    deliver(pda_a, copy.sealed(relayed(oximeter, 3)));
    EXPECT_EQ(gateway->counts().identity_in_two_places, 0U);
    deliver(pda_a, a.sealed(relayed(oximeter, 4)));
    EXPECT_EQ(gateway->counts().identity_in_two_places, 1U);
}

}  // namespace
}  // namespace gateway
