// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/client.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/testing.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::Cast;
using testing::flipped;

const auto reading = base::as_bytes("respiration 14/min");

class ClientTest : public ::testing::Test {
protected:
    ClientTest() { cast.enrol(1, true); }
    [[nodiscard]] base::TimePoint now() const { return cast.clock.now(); }
    [[nodiscard]] Outcome at_server(base::ByteView frame) {
        return cast.server->receive("source", frame, now());
    }
    /// Ticks each 100 ms of `time`, nothing being delivered; when each frame went out, and its
    /// size.
    [[nodiscard]] std::vector<std::pair<std::chrono::milliseconds, std::size_t>> wait_alone(
        std::chrono::milliseconds time) {
        std::vector<std::pair<std::chrono::milliseconds, std::size_t>> out;
        for (auto waited = 0ms; waited < time;) {
            cast.clock.advance(100ms);
            waited += 100ms;
            for (const auto& frame : client.tick(now()).to_send) {
                out.emplace_back(waited, frame.size());
            }
        }
        return out;
    }
    Cast cast{Profile::device_pda};
    Client client = cast.client(1);
};

TEST_F(ClientTest, SendsNothingBeforeItIsStartedAndSealsNothingBeforeItIsReady) {
    EXPECT_TRUE(client.tick(now()).to_send.empty());
    EXPECT_EQ(client.next_wake(), base::TimePoint::max());
    EXPECT_EQ(client.seal(reading, now()).error().code, base::ErrorCode::unavailable);
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    const auto third = client.receive(second, now()).to_send.at(0);
    EXPECT_FALSE(client.ready()) << "MSG3 is not confirmed yet";
    EXPECT_EQ(client.seal(reading, now()).error().code, base::ErrorCode::unavailable);
    EXPECT_EQ(client.session_key(), nullptr);
    const auto outcome = client.receive(at_server(third).to_send.at(0), now());
    EXPECT_TRUE(outcome.established);
    EXPECT_FALSE(outcome.received) << "the empty record is no data";
    EXPECT_TRUE(client.ready());
    EXPECT_TRUE(client.seal(reading, now()));
}

TEST_F(ClientTest, BeginsAnewAfter5SecondsAndBacksOff) {
    std::vector<base::Bytes> sent = client.start(now()).to_send;
    std::vector<std::chrono::milliseconds> gaps;
    auto last = now();
    while (sent.size() < 7) {
        cast.clock.set(client.next_wake());
        for (auto& frame : client.tick(now()).to_send) {
            gaps.push_back(now() - last);
            last = now();
            sent.push_back(std::move(frame));
        }
    }
    const auto expected = {1s, 2s, 4s, 8s, 8s, 8s};
    ASSERT_EQ(gaps.size(), expected.size());
    for (std::size_t i = 0; i < gaps.size(); ++i) {
        EXPECT_GE(gaps[i], 5s + expected.begin()[i]) << i;
        EXPECT_LT(gaps[i], 6s + expected.begin()[i]) << i;
    }
    for (std::size_t i = 1; i < sent.size(); ++i) {
        EXPECT_NE(decode_message1(sent[i])->ephemeral, decode_message1(sent[i - 1])->ephemeral);
    }
}

TEST_F(ClientTest, RepeatsItsConfirmationAfter1And2And4SecondsByteForByte) {
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    const auto third = client.receive(second, now()).to_send.at(0);
    const auto sent = wait_alone(4s);
    ASSERT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent[0].first, 1s);
    EXPECT_EQ(sent[1].first, 2s);
    EXPECT_EQ(sent[2].first, 4s);
    const auto outcome = at_server(third);
    EXPECT_TRUE(outcome.established) << "the repeat is what was sent first";
    EXPECT_TRUE(client.receive(outcome.to_send.at(0), now()).established);
    EXPECT_EQ(client.counts().started, 1U);
}

TEST_F(ClientTest, BeginsAnewWhenItsConfirmationIsNeverAnswered) {
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    (void)client.receive(second, now());
    const auto sent = wait_alone(11s);
    ASSERT_EQ(sent.size(), 4U);
    EXPECT_EQ(sent[3].second, message1_bytes);
    EXPECT_GE(sent[3].first, 9s);
}

TEST_F(ClientTest, AnyFlippedBitOfTheAnswerIsCountedAndTheTrueOneStillTaken) {
    Cast calm(Profile::device_pda, Suite::chacha20_poly1305,
              {.messages1_a_source = 10'000, .messages1_in_all = 10'000});
    calm.enrol(1);
    for (std::size_t bit = 0; bit < message2_bytes * 8; bit += base::testing::stride) {
        // A fresh handshake for each, because eight forgeries of one are all that is looked at.
        auto one = calm.client(1);
        const auto first = one.start(now()).to_send.at(0);
        const auto second = calm.server->receive("source", first, now()).to_send.at(0);
        const auto refused = one.receive(flipped(second, bit), now());
        EXPECT_TRUE(refused.to_send.empty()) << bit;
        EXPECT_TRUE(refused.failure) << bit;
        EXPECT_EQ(one.counts().failures.total(), 1U) << bit;
        EXPECT_EQ(one.receive(second, now()).to_send.size(), 1U) << bit;
    }
}

TEST_F(ClientTest, LooksAtEightForgedAnswersAndThenWaits) {
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    for (std::size_t bit = 400; bit < 408; ++bit) (void)client.receive(flipped(second, bit), now());
    EXPECT_EQ(client.receive(second, now()).failure, Failure::state);
    cast.clock.advance(8s);
    EXPECT_TRUE(client.tick(now()).to_send.empty());
    cast.clock.advance(8s);
    (void)cast.carry(client, client.tick(now()));
    EXPECT_TRUE(client.ready());
}

TEST_F(ClientTest, TakesAnAnswerOnce) {
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    EXPECT_EQ(client.receive(second, now()).to_send.size(), 1U);
    EXPECT_EQ(client.receive(second, now()).failure, Failure::state);
}

TEST_F(ClientTest, RefusesAnAnswerWhoseTimeIsOff) {
    const auto second = at_server(client.start(now()).to_send.at(0)).to_send.at(0);
    cast.clock.advance(5'001ms);
    EXPECT_EQ(client.receive(second, now()).failure, Failure::time);
    EXPECT_FALSE(client.ready());
}

TEST_F(ClientTest, FollowsThreeCookiesAndNoMore) {
    const auto first = client.start(now()).to_send.at(0);
    const auto name = decode_message1(first)->initiator;
    for (std::uint8_t i = 0; i < 3; ++i) {
        const auto retry = client.receive(
            encode(CookieReply{Profile::device_pda, name, testing::repeated<Cookie>(i)}), now());
        ASSERT_EQ(retry.to_send.size(), 1U);
        EXPECT_TRUE(std::equal(first.begin(), first.end(), retry.to_send[0].begin()));
        EXPECT_EQ(retry.to_send[0].back(), i);
    }
    EXPECT_EQ(client.receive(encode(CookieReply{Profile::device_pda, name, {}}), now()).failure,
              Failure::state);
    EXPECT_EQ(client.receive(encode(CookieReply{Profile::device_pda, {}, {}}), now()).failure,
              Failure::state)
        << "of another handshake";
}

TEST_F(ClientTest, RenewsItsKeysAfter15MinutesWhileTheOldOnesServe) {
    ASSERT_TRUE(cast.connect(client));
    const auto old_session = cast.server->newest_session(Cast::name_of(1)).value();
    cast.clock.advance(15min);
    const auto overtaken = cast.server->seal(old_session, reading, now()).value();
    auto begun = client.tick(now());
    ASSERT_EQ(begun.to_send.size(), 1U);
    EXPECT_TRUE(client.ready());
    EXPECT_TRUE(at_server(client.seal(reading, now()).value()).received);
    (void)cast.carry(client, std::move(begun));
    EXPECT_EQ(client.counts().established, 2U);
    EXPECT_NE(cast.server->newest_session(Cast::name_of(1)), old_session);
    EXPECT_TRUE(client.receive(overtaken, now()).received) << "still on its way under the old keys";
    cast.clock.advance(10s);
    const auto late = cast.server->seal(old_session, reading, now());
    EXPECT_FALSE(late) << "closed at both ends after 2 dT";
    EXPECT_TRUE(client.tick(now()).to_send.empty());
}

TEST_F(ClientTest, BeginsAnewWhenItSpeaksAndHearsNothingFor15Seconds) {
    ASSERT_TRUE(cast.connect(client));
    cast.clock.advance(1min);
    EXPECT_TRUE(client.tick(now()).to_send.empty()) << "it said nothing, so it misses nothing";
    (void)client.seal(reading, now());
    cast.restart_server();
    EXPECT_EQ(client.next_wake(), now() + 15s);
    cast.clock.advance(15s);
    (void)cast.carry(client, client.tick(now()));
    EXPECT_EQ(client.counts().established, 2U);
    EXPECT_TRUE(at_server(client.seal(reading, now()).value()).received);
}

TEST_F(ClientTest, IsNotReadyAfter30MinutesWithoutTheOtherEnd) {
    ASSERT_TRUE(cast.connect(client));
    (void)wait_alone(29min);
    EXPECT_TRUE(client.ready());
    (void)wait_alone(1min);
    EXPECT_FALSE(client.ready());
}

TEST_F(ClientTest, WithoutAClockLearnsTheTimeAndThenStatesIt) {
    auto lost = cast.client(1, false);
    // Its own clock stands at the first second of 1970.
    const auto boot = base::TimePoint{1s};
    const auto started = cast.clock.now();
    const auto local = [&] { return boot + (cast.clock.now() - started); };
    const auto second = at_server(lost.start(local()).to_send.at(0)).to_send.at(0);
    const auto outcome = lost.receive(second, local());
    EXPECT_EQ(outcome.peer_time, cast.clock.now());
    (void)lost.receive(at_server(outcome.to_send.at(0)).to_send.at(0), local());
    ASSERT_TRUE(lost.ready());
    cast.clock.advance(15min);
    // No policy for the clockless any more: the next MSG1 states the time it learnt.
    cast.enrol(1, false);
    const auto again = at_server(lost.tick(local()).to_send.at(0));
    ASSERT_FALSE(again.failure) << name_of(*again.failure);
    EXPECT_FALSE(lost.receive(again.to_send.at(0), local()).peer_time);
}

// Any time up to 2^63 ms was taken once, and the next sum with it overflowed.
TEST_F(ClientTest, WithoutAClockTakesNoTimeAfterTheYear9999) {
    constexpr auto year_10000 = base::from_unix_ms(253'402'300'800'000);
    const auto boot = base::TimePoint{1s};
    cast.enrol(1, true);
    for (const auto& [time, taken] : {std::pair{year_10000 - 1ms, true}, {year_10000, false}}) {
        cast.clock.set(time);
        auto lost = cast.client(1, false);
        const auto second = at_server(lost.start(boot).to_send.at(0)).to_send.at(0);
        const auto outcome = lost.receive(second, boot);
        EXPECT_EQ(outcome.peer_time.has_value(), taken);
        EXPECT_EQ(outcome.to_send.size(), taken ? 1U : 0U);
        EXPECT_EQ(outcome.failure, taken ? std::nullopt : std::optional(Failure::time));
    }
}

TEST_F(ClientTest, GoesOnWhenTheClockIsSetBackOrForth) {
    ASSERT_TRUE(cast.connect(client));
    cast.clock.advance(-2h);
    EXPECT_TRUE(at_server(client.seal(reading, now()).value()).received);
    (void)client.start(now());
    EXPECT_LE(client.next_wake(), now() + 5s) << "no wait of two hours";
    cast.clock.advance(5s);
    (void)client.tick(now());
    cast.clock.advance(9h);
    (void)cast.carry(client, client.tick(now()));
    EXPECT_TRUE(client.ready());
    EXPECT_TRUE(at_server(client.seal(reading, now()).value()).received);
}

TEST_F(ClientTest, ForgetsEverythingAtARestart) {
    ASSERT_TRUE(cast.connect(client));
    client.restart();
    EXPECT_FALSE(client.ready());
    EXPECT_EQ(client.session_key(), nullptr);
    EXPECT_EQ(client.next_wake(), base::TimePoint::max());
    EXPECT_TRUE(client.tick(now() + 1h).to_send.empty());
    EXPECT_TRUE(cast.connect(client));
}

TEST_F(ClientTest, RefusesFramesThatAreNotForIt) {
    const auto first = client.start(now()).to_send.at(0);
    EXPECT_EQ(client.receive(first, now()).failure, Failure::state);
    EXPECT_EQ(client.receive({}, now()).failure, Failure::parse);
    auto other_profile = first;
    other_profile[0] = 0x12;
    EXPECT_EQ(client.receive(other_profile, now()).failure, Failure::parse);
    base::Bytes stray(data_overhead_bytes);
    stray[0] = 0x11;
    stray[1] = 4;
    EXPECT_EQ(client.receive(stray, now()).failure, Failure::state);
    EXPECT_EQ(client.seal(base::Bytes(data_plaintext_bytes_max + 1), now()).error().code,
              base::ErrorCode::too_large);
}

}  // namespace
}  // namespace keyagreement
