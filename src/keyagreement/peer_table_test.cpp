// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/peer_table.h"

#include <gtest/gtest.h>

#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::repeated;
using testing::secret_of;

constexpr base::TimePoint now{std::chrono::milliseconds{1'700'000'000'000}};

PeerTable::Entry entry(std::uint8_t number) {
    return {.profile = Profile::pda_cloud,
            .peer = {.name = repeated<PeerName>(number),
                     .static_public = {number},
                     .psk = secret_of(number),
                     .psk_previous = std::nullopt,
                     .revoked = false,
                     .clockless_allowed = false},
            .pid_key = secret_of(number)};
}

Pid today_of(std::uint8_t number, std::int64_t later = 0) {
    return pid_of(secret_of(number), day_of(now) + later);
}

TEST(PeerTable, FindsAPeerByItsNameOfTheDayAndForItsProfileAlone) {
    PeerTable table;
    table.put(entry(1));
    table.put(entry(2));
    const auto found = table.find(Profile::pda_cloud, today_of(2), now);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->name, repeated<PeerName>(2));
    EXPECT_TRUE(found->psk == secret_of(2));
    EXPECT_FALSE(found->psk_previous);
    EXPECT_FALSE(table.find(Profile::user_cloud, today_of(2), now));
    EXPECT_FALSE(table.find(Profile::pda_cloud, today_of(3), now));
    EXPECT_FALSE(table.find(Profile::pda_cloud, pid_of(secret_of(1), no_day), now));
}

TEST(PeerTable, FollowsTheDayInBothDirections) {
    PeerTable table;
    table.put(entry(1));
    const auto knows = [&table](std::int64_t later, base::TimePoint at) {
        return table.find(Profile::pda_cloud, today_of(1, later), at).has_value();
    };
    for (int round = 0; round < 2; ++round) {
        EXPECT_TRUE(knows(-1, now) && knows(0, now) && knows(1, now));
        EXPECT_FALSE(knows(-2, now) || knows(2, now));
        EXPECT_TRUE(knows(2, now + 24h) && knows(0, now + 24h));
        EXPECT_FALSE(knows(-1, now + 24h));
    }
}

TEST(PeerTable, ReplacesAPeerWithItsNamesAndKeys) {
    PeerTable table;
    table.put(entry(1));
    ASSERT_TRUE(table.find(Profile::pda_cloud, today_of(1), now));
    auto renewed = entry(1);
    renewed.pid_key = secret_of(9);
    renewed.peer.psk = secret_of(8);
    renewed.peer.psk_previous = secret_of(1);
    table.put(std::move(renewed));
    EXPECT_EQ(table.size(), 1U);
    EXPECT_FALSE(table.find(Profile::pda_cloud, today_of(1), now)) << "the former name is gone";
    const auto found = table.find(Profile::pda_cloud, today_of(9), now);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->psk == secret_of(8));
    EXPECT_TRUE(*found->psk_previous == secret_of(1));
}

TEST(PeerTable, KeepsTheNameOfARevokedPeerAndNoKeyOfIt) {
    PeerTable table;
    table.put(entry(1));
    table.revoke(repeated<PeerName>(1));
    table.revoke(repeated<PeerName>(7));  // unknown: nothing happens
    const auto found = table.find(Profile::pda_cloud, today_of(1), now);
    ASSERT_TRUE(found);
    EXPECT_TRUE(found->revoked);
    EXPECT_TRUE(found->psk == Secret32{});
    EXPECT_EQ(found->static_public, PublicKey{});
}

TEST(PeerTable, ForgetsARemovedPeer) {
    PeerTable table;
    table.put(entry(1));
    ASSERT_TRUE(table.find(Profile::pda_cloud, today_of(1), now));
    table.remove(repeated<PeerName>(1));
    EXPECT_EQ(table.size(), 0U);
    EXPECT_TRUE(table.names().empty());
    EXPECT_FALSE(table.find(Profile::pda_cloud, today_of(1), now));
    EXPECT_FALSE(table.find(Profile::pda_cloud, today_of(1), now + 24h));
}

TEST(PeerTable, KnowsTheNamelessDayOfThoseAllowedToStateNoTime) {
    PeerTable table;
    auto clockless = entry(1);
    clockless.peer.clockless_allowed = true;
    table.put(std::move(clockless));
    EXPECT_TRUE(table.find(Profile::pda_cloud, pid_of(secret_of(1), no_day), now));
    table.put(entry(1));
    EXPECT_FALSE(table.find(Profile::pda_cloud, pid_of(secret_of(1), no_day), now));
}

}  // namespace
}  // namespace keyagreement
