// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/server.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/testing.h"
#include "crypto/hash.h"
#include "keyagreement/credentials.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::Cast;
using testing::flipped;
using testing::repeated;
using testing::secret_of;

const auto reading = base::as_bytes("SpO2 97 %");

class ServerTest : public ::testing::Test {
protected:
    ServerTest() {
        for (std::uint32_t number = 1; number <= 3; ++number) cast.enrol(number);
    }
    Outcome receive(base::ByteView frame, std::string_view source = "source") {
        return cast.server->receive(source, frame, cast.clock.now());
    }
    /// A MSG1 by hand, with whatever the test wants to be wrong in it.
    [[nodiscard]] base::Bytes message1(std::uint32_t number, std::uint64_t time_ms,
                                       std::int64_t day) {
        const auto setup = cast.setup_of(number);
        return Initiator::begin(
                   cast.prologue(), {setup.own, pid_of(setup.pid_key, day), setup.psk({})},
                   {base::draw<Sid>(cast.random), PrivateKey::draw(cast.random), time_ms})
            .value()
            .message1();
    }
    [[nodiscard]] base::Bytes message1(std::uint32_t number) {
        return message1(number, now_ms(), day_of(cast.clock.now()));
    }
    [[nodiscard]] std::uint64_t now_ms() const {
        return static_cast<std::uint64_t>(base::to_unix_ms(cast.clock.now()));
    }
    /// Nothing goes out, the reason is counted, and nothing completes.
    void expect_silence(const Outcome& outcome, Failure failure) {
        EXPECT_TRUE(outcome.to_send.empty());
        EXPECT_FALSE(outcome.received);
        EXPECT_FALSE(outcome.established);
        ASSERT_TRUE(outcome.failure);
        EXPECT_EQ(name_of(*outcome.failure), name_of(failure));
        EXPECT_GE(cast.server->counts().failures.of(failure), 1U);
    }
    [[nodiscard]] bool serves_others() {
        auto other = cast.client(3);
        if (!cast.connect(other, "another source")) return false;
        const auto frame = other.seal(reading, cast.clock.now()).value();
        const auto outcome = receive(frame, "another source");
        return outcome.received && outcome.received->peer == Cast::name_of(3) &&
               base::as_text(outcome.received->plaintext) == base::as_text(reading);
    }
    Cast cast{Profile::device_pda};
};

class ServerOf : public ::testing::TestWithParam<std::tuple<Profile, Suite>> {};

TEST_P(ServerOf, AgreesWithAClientAndCarriesDataBothWays) {
    Cast cast(std::get<0>(GetParam()), std::get<1>(GetParam()));
    cast.enrol(1);
    auto client = cast.client(1);
    const auto said = cast.carry(client, client.start(cast.clock.now()));
    ASSERT_TRUE(client.ready());
    ASSERT_EQ(said.size(), 2U) << "MSG1 and MSG3";
    ASSERT_TRUE(said.back().established);
    const auto& established = *said.back().established;
    EXPECT_EQ(established.peer, Cast::name_of(1));
    EXPECT_EQ(cast.server->newest_session(Cast::name_of(1)), established.session);

    const auto up = client.seal(reading, cast.clock.now()).value();
    const auto received = cast.server->receive("source", up, cast.clock.now()).received;
    ASSERT_TRUE(received);
    EXPECT_EQ(received->peer, Cast::name_of(1));
    EXPECT_EQ(received->session, established.session);
    EXPECT_EQ(base::as_text(received->plaintext), base::as_text(reading));
    const auto down = cast.server->seal(established.session, reading, cast.clock.now()).value();
    EXPECT_EQ(base::as_text(client.receive(down, cast.clock.now()).received->plaintext),
              base::as_text(reading));

    const auto counts = cast.server->counts();
    EXPECT_EQ(counts.dh_operations, 4U);
    EXPECT_EQ(counts.keys_made, 1U);
    EXPECT_EQ(counts.failures.total(), 0U);
    if (cast.profile == Profile::user_cloud) {
        ASSERT_TRUE(established.user);
        EXPECT_TRUE(established.user->session_key == *client.session_key());
        EXPECT_EQ(established.user->token_hash, crypto::sha512(client.login_token()->view()));
    } else {
        EXPECT_FALSE(established.user);
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, ServerOf,
    ::testing::Combine(::testing::Values(Profile::device_pda, Profile::pda_cloud,
                                         Profile::user_cloud),
                       ::testing::Values(Suite::chacha20_poly1305, Suite::aes_256_gcm)),
    [](const auto& one) {
        return std::string(name_of(std::get<0>(one.param))) + "_" +
               std::string(name_of(std::get<1>(one.param)));
    });

TEST_F(ServerTest, RefusesWhomItDoesNotKnow) {
    expect_silence(receive(message1(9)), Failure::unknown_pid);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, RefusesWhoWasRevokedAndClosesTheirSessions) {
    auto client = cast.client(1);
    ASSERT_TRUE(cast.connect(client));
    const auto session = cast.server->newest_session(Cast::name_of(1)).value();
    const auto half_open = message1(1);
    ASSERT_EQ(receive(half_open).to_send.size(), 1U);
    cast.peers.revoke(Cast::name_of(1));
    cast.server->close(Cast::name_of(1));
    expect_silence(receive(client.seal(reading, cast.clock.now()).value()), Failure::state);
    EXPECT_EQ(cast.server->seal(session, reading, cast.clock.now()).error().code,
              base::ErrorCode::not_found);
    EXPECT_EQ(cast.server->counts().half_open, 0U);
    EXPECT_FALSE(cast.server->newest_session(Cast::name_of(1)));
    expect_silence(receive(message1(1)), Failure::revoked);
    cast.peers.remove(Cast::name_of(1));
    expect_silence(receive(message1(1)), Failure::unknown_pid);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, KnowsThePseudonymsOfYesterdayTodayAndTomorrowAlone) {
    const auto today = day_of(cast.clock.now());
    for (const std::int64_t day : {today - 1, today, today + 1}) {
        EXPECT_EQ(receive(message1(1, now_ms(), day)).to_send.size(), 1U) << day - today;
    }
    expect_silence(receive(message1(1, now_ms(), today - 2)), Failure::unknown_pid);
    expect_silence(receive(message1(1, now_ms(), today + 2)), Failure::unknown_pid);
    cast.clock.advance(24h);
    expect_silence(receive(message1(1, now_ms(), today - 1)), Failure::unknown_pid);
    EXPECT_EQ(receive(message1(1, now_ms(), today + 2)).to_send.size(), 1U);
}

TEST_F(ServerTest, RefusesTimesMoreThan5SecondsOff) {
    cast.clock.advance(1min);
    const auto today = day_of(cast.clock.now());
    EXPECT_EQ(receive(message1(1, now_ms() - 5'000, today)).to_send.size(), 1U);
    EXPECT_EQ(receive(message1(1, now_ms() + 5'000, today)).to_send.size(), 1U);
    expect_silence(receive(message1(1, now_ms() - 5'001, today)), Failure::time);
    expect_silence(receive(message1(1, now_ms() + 5'001, today)), Failure::time);
    expect_silence(receive(message1(1, 0, today)), Failure::time);
    expect_silence(receive(message1(1, std::uint64_t{1} << 63, today)), Failure::time);
    expect_silence(receive(message1(1, no_time - 1, today)), Failure::time);
    EXPECT_EQ(cast.server->counts().replay_entries, 2U) << "only what c2 proved and time allowed";
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, AllowsNoTimeOnlyToWhomThePolicyAllowsIt) {
    expect_silence(receive(message1(1, no_time, day_of(cast.clock.now()))), Failure::time);
    expect_silence(receive(message1(1, no_time, no_day)), Failure::unknown_pid);
    cast.enrol(2, true);
    EXPECT_EQ(receive(message1(2, no_time, no_day)).to_send.size(), 1U);

    Cast cloud(Profile::pda_cloud);
    cloud.enrol(1, true);
    auto client = cloud.client(1, false);
    EXPECT_FALSE(cloud.connect(client)) << "profile 1 alone";
    EXPECT_EQ(cloud.server->counts().failures.of(Failure::time), 1U);
}

// Rows 1 and 2 of the attacks: a MSG1 answered once is answered no more, early, late or after a
// restart.
TEST_F(ServerTest, AnswersNoMessage1Twice) {
    cast.clock.advance(1min);
    const auto recorded = message1(1);
    ASSERT_EQ(receive(recorded).to_send.size(), 1U);
    expect_silence(receive(recorded), Failure::replay);
    cast.clock.advance(2'500ms);
    expect_silence(receive(recorded), Failure::replay);
    cast.restart_server();
    expect_silence(receive(recorded), Failure::time);
    cast.clock.advance(3'500ms);
    expect_silence(receive(recorded), Failure::time);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, AStolenPreSharedKeyAloneOpensNothing) {
    auto setup = cast.setup_of(1);
    setup.own = PrivateKey::draw(cast.random);
    Client thief(std::move(setup), cast.random);
    EXPECT_FALSE(cast.connect(thief));
    EXPECT_EQ(cast.server->counts().failures.of(Failure::aead2), 1U);
    EXPECT_EQ(cast.server->counts().replay_entries, 0U) << "written only after c2";
}

// The two copies of one identity: each login replaces the other's session, nothing else suffers.
TEST_F(ServerTest, KeepsTheNewestTwoSessionsOfADuplicatedIdentity) {
    auto first = cast.client(1);
    auto copy = cast.client(1);
    ASSERT_TRUE(cast.connect(first));
    ASSERT_TRUE(cast.connect(copy, "elsewhere"));
    EXPECT_TRUE(receive(first.seal(reading, cast.clock.now()).value()).received);
    EXPECT_TRUE(receive(copy.seal(reading, cast.clock.now()).value()).received);
    EXPECT_EQ(cast.server->counts().sessions, 2U);
    cast.clock.advance(10s);
    expect_silence(receive(first.seal(reading, cast.clock.now()).value()), Failure::state);
    EXPECT_TRUE(receive(copy.seal(reading, cast.clock.now()).value()).received);
    cast.server->tick(cast.clock.now());
    EXPECT_EQ(cast.server->counts().sessions, 1U);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, RefusesPointsOfLowOrderEvenUnderARightMac1) {
    auto message = decode_message1(message1(1)).value();
    message.ephemeral = {};
    expect_silence(receive(testing::with_fresh_mac1(encode(message), cast.prologue().responder)),
                   Failure::low_order);
    EXPECT_TRUE(serves_others());
}

// docs/protocol.md 2.5 says it: the refusal of times before the start does not reach a MSG1 whose
// initiator's clock was fast.
TEST_F(ServerTest, AMessage1OfAFastClockMayBeAnsweredAgainAfterARestartAndNeverCompletes) {
    auto fast = cast.client(1);
    const auto first = fast.start(cast.clock.now() + 3s).to_send.at(0);
    const auto second = receive(first).to_send.at(0);
    const auto third = fast.receive(second, cast.clock.now() + 3s).to_send.at(0);
    ASSERT_TRUE(receive(third).established);
    cast.clock.advance(1s);
    cast.restart_server();
    EXPECT_EQ(receive(first).to_send.at(0).size(), message2_bytes);
    expect_silence(receive(first), Failure::replay);
    expect_silence(receive(third), Failure::state);
    EXPECT_EQ(cast.server->counts().established, 0U);
    cast.clock.advance(5s);
    cast.server->tick(cast.clock.now());
    EXPECT_EQ(cast.server->counts().half_open, 0U);
}

// Goal: no flipped bit of MSG1 or MSG3 completes, each has a counted reason, and the true frames
// still complete afterwards.
TEST_F(ServerTest, AnyFlippedBitIsSilenceAndACountedReason) {
    auto client = cast.client(1);
    const auto first = client.start(cast.clock.now()).to_send.at(0);
    std::uint64_t refused = 0;
    for (std::size_t bit = 0; bit < first.size() * 8; bit += base::testing::stride) {
        const auto outcome = receive(flipped(first, bit));
        EXPECT_TRUE(outcome.to_send.empty()) << bit;
        EXPECT_TRUE(outcome.failure) << bit;
        ++refused;
    }
    EXPECT_EQ(cast.server->counts().failures.total(), refused);
    EXPECT_EQ(cast.server->counts().dh_operations, 0U) << "mac1 stops them all";
    const auto second = receive(first).to_send.at(0);
    const auto third = client.receive(second, cast.clock.now()).to_send.at(0);
    // Eight wrong ones are looked at; then the handshake is over.
    for (std::size_t bit = 3; bit < third.size() * 8; bit += 30) {
        const auto outcome = receive(flipped(third, bit));
        EXPECT_TRUE(outcome.to_send.empty()) << bit;
        EXPECT_TRUE(outcome.failure) << bit;
    }
    EXPECT_TRUE(receive(third).established);
    EXPECT_EQ(cast.server->counts().established, 1U);
}

TEST_F(ServerTest, DropsAHandshakeAfterEightWrongConfirmations) {
    auto client = cast.client(1);
    const auto second = receive(client.start(cast.clock.now()).to_send.at(0)).to_send.at(0);
    const auto third = client.receive(second, cast.clock.now()).to_send.at(0);
    for (std::size_t i = 0; i < 8; ++i) {
        expect_silence(receive(flipped(third, third.size() * 8 - 1 - i)), Failure::confirm);
    }
    expect_silence(receive(third), Failure::state);
}

TEST_F(ServerTest, AnswersARepeatedConfirmationWithANewEmptyRecord) {
    auto client = cast.client(1);
    const auto second = receive(client.start(cast.clock.now()).to_send.at(0)).to_send.at(0);
    const auto third = client.receive(second, cast.clock.now()).to_send.at(0);
    const auto confirmed = receive(third).to_send.at(0);
    EXPECT_EQ(confirmed.size(), data_overhead_bytes);
    base::Bytes before = confirmed;
    expect_silence(receive(flipped(third, third.size() * 8 - 1)), Failure::state);
    for (int i = 0; i < 8; ++i) {
        const auto again = receive(third);
        EXPECT_FALSE(again.established);
        ASSERT_EQ(again.to_send.size(), 1U);
        EXPECT_NE(again.to_send[0], before);
        before = again.to_send[0];
    }
    expect_silence(receive(third), Failure::state);
    EXPECT_EQ(cast.server->counts().established, 1U);
    EXPECT_TRUE(client.receive(before, cast.clock.now()).established) << "any record will do";
}

TEST_F(ServerTest, TakesAConfirmationFor5Seconds) {
    auto client = cast.client(1);
    const auto second = receive(client.start(cast.clock.now()).to_send.at(0)).to_send.at(0);
    const auto third = client.receive(second, cast.clock.now()).to_send.at(0);
    cast.clock.advance(5s);
    expect_silence(receive(third), Failure::state);
    EXPECT_EQ(cast.server->counts().half_open, 0U);
}

TEST_F(ServerTest, RefusesReplayedDataAndDataOfNoSession) {
    auto client = cast.client(1);
    ASSERT_TRUE(cast.connect(client));
    const auto frame = client.seal(reading, cast.clock.now()).value();
    EXPECT_TRUE(receive(frame).received);
    expect_silence(receive(frame), Failure::sequence);
    expect_silence(receive(flipped(client.seal(reading, cast.clock.now()).value(), 18 * 8)),
                   Failure::record);
    auto stray = frame;
    stray[2] ^= 1;
    expect_silence(receive(stray), Failure::state);
    cast.restart_server();
    expect_silence(receive(client.seal(reading, cast.clock.now()).value()), Failure::state);
}

// A forged sequence above 2^32 ended its session once.
TEST_F(ServerTest, NoFlippedBitOfARecordEndsItsSession) {
    auto client = cast.client(1);
    ASSERT_TRUE(cast.connect(client));
    const auto frame = client.seal(reading, cast.clock.now()).value();
    for (std::size_t bit = 0; bit < frame.size() * 8; ++bit) {
        const auto outcome = receive(flipped(frame, bit));
        EXPECT_TRUE(outcome.to_send.empty()) << bit;
        EXPECT_FALSE(outcome.received) << bit;
        EXPECT_TRUE(outcome.failure) << bit;
    }
    EXPECT_EQ(cast.server->counts().sessions, 1U);
    EXPECT_TRUE(receive(frame).received);
}

TEST_F(ServerTest, EndsASessionAfter30Minutes) {
    auto client = cast.client(1);
    ASSERT_TRUE(cast.connect(client));
    const auto session = cast.server->newest_session(Cast::name_of(1)).value();
    const auto frame = client.seal(reading, cast.clock.now()).value();
    cast.clock.advance(30min);
    expect_silence(receive(frame), Failure::expired);
    EXPECT_EQ(cast.server->counts().sessions, 0U);
    EXPECT_FALSE(cast.server->newest_session(Cast::name_of(1)));
    EXPECT_EQ(cast.server->seal(session, reading, cast.clock.now()).error().code,
              base::ErrorCode::not_found);
}

TEST_F(ServerTest, RefusesFramesThatAreNotForAResponderOrNotOfItsProfile) {
    expect_silence(receive({}), Failure::parse);
    auto frame = message1(1);
    frame[0] = 0x12;
    expect_silence(receive(frame), Failure::parse);
    frame = message1(1);
    frame[1] = 2;
    expect_silence(receive(frame), Failure::state);
    frame[1] = 6;
    expect_silence(receive(frame), Failure::state);
    frame[1] = 3;
    expect_silence(receive(frame), Failure::parse);
    frame.resize(message3_bytes);
    expect_silence(receive(frame), Failure::state);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, RefusesToSealMoreThanARecordHolds) {
    auto client = cast.client(1);
    ASSERT_TRUE(cast.connect(client));
    const auto session = cast.server->newest_session(Cast::name_of(1)).value();
    const base::Bytes large(data_plaintext_bytes_max + 1);
    EXPECT_EQ(cast.server->seal(session, large, cast.clock.now()).error().code,
              base::ErrorCode::too_large);
}

// A clock that is set back must not lock everybody out until it has caught up.
TEST_F(ServerTest, ServesOnWhenItsClockIsSetBack) {
    cast.clock.advance(1min);
    ASSERT_TRUE(serves_others());
    cast.clock.advance(-1h);
    EXPECT_TRUE(serves_others());
}

TEST_F(ServerTest, ASetBackClockProlongsNothing) {
    ASSERT_EQ(receive(message1(1)).to_send.size(), 1U);
    EXPECT_EQ(cast.server->counts().half_open, 1U);
    cast.clock.advance(-1h);
    cast.server->tick(cast.clock.now());
    cast.clock.advance(5s);
    cast.server->tick(cast.clock.now());
    EXPECT_EQ(cast.server->counts().half_open, 0U);
    cast.clock.advance(5s);
    cast.server->tick(cast.clock.now());
    EXPECT_EQ(cast.server->counts().replay_entries, 0U);
}

}  // namespace
}  // namespace keyagreement
