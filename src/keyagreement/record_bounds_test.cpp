// SPDX-License-Identifier: Apache-2.0
// Goal: keys are renewed after 2^24 records in a direction and end after 2^32. Method: a sender
// that is set forward to each ratchet, so that the receiver follows it through every key there is
// on the way.
#include <gtest/gtest.h>

#include "keyagreement/credentials.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::Cast;
using testing::repeated;

/// Names a private member, as an explicit instantiation may ([temp.spec] 6), so that the class
/// needs no door for tests.
template <auto Member>
struct Named {
    friend std::uint64_t& next_of(Session& session) { return session.*Member; }
};
std::uint64_t& next_of(Session& session);
template struct Named<&Session::next_>;

const auto reading = base::as_bytes("SpO2 96 %");

Session session(Side side) {
    Agreed agreed{.initiator_to_responder = *DirectionKeys::from(base::Bytes(44, 1)),
                  .responder_to_initiator = *DirectionKeys::from(base::Bytes(44, 2)),
                  .session_key = {},
                  .login_token = {}};
    const auto i = repeated<Sid>('I'), r = repeated<Sid>('R');
    return {{.profile = Profile::pda_cloud,
             .suite = Suite::aes_256_gcm,
             .side = side,
             .own = side == Side::initiator ? i : r,
             .peer = side == Side::initiator ? r : i},
            agreed,
            0s};
}

/// A record under each key up to that of `sequence`, which is the sender's next one then. `take`
/// gets each.
template <class Take>
void send_up_to(Session& sender, std::uint64_t sequence, const Take& take) {
    auto& next = next_of(sender);
    for (auto step = next / records_a_ratchet + 1; step <= sequence / records_a_ratchet; ++step) {
        next = step * records_a_ratchet;
        if (next == sequence) return;
        take(sender.seal(reading, 0s).value());
    }
    next = sequence;
}

class RecordBounds : public ::testing::Test {
protected:
    void go_to(std::uint64_t sequence) {
        send_up_to(sender, sequence,
                   [this](const base::Bytes& frame) { ASSERT_TRUE(receiver.open(frame, 0s)); });
    }
    Session sender = session(Side::initiator);
    Session receiver = session(Side::responder);
};

TEST_F(RecordBounds, NewKeysAreDueAfterTwoToThe24InEitherDirection) {
    go_to(records_before_rekey - 2);
    ASSERT_TRUE(receiver.open(sender.seal(reading, 0s).value(), 0s));
    EXPECT_FALSE(sender.due_for_rekey(0s));
    EXPECT_FALSE(receiver.due_for_rekey(0s));
    const auto last = sender.seal(reading, 0s).value();
    EXPECT_TRUE(sender.due_for_rekey(0s)) << "2^24 sent";
    EXPECT_FALSE(receiver.due_for_rekey(0s));
    ASSERT_TRUE(receiver.open(last, 0s));
    EXPECT_TRUE(receiver.due_for_rekey(0s)) << "2^24 received";
    EXPECT_TRUE(receiver.open(sender.seal(reading, 0s).value(), 0s)) << "the old ones serve on";
}

TEST_F(RecordBounds, ASessionEndsAfterTwoToThe32InEitherDirection) {
    go_to(records_max - 1);
    EXPECT_FALSE(sender.expired(0s));
    const auto last = sender.seal(reading, 0s).value();
    const auto beyond = sender.seal(reading, 0s);
    ASSERT_FALSE(beyond);
    EXPECT_EQ(beyond.error(), Failure::expired);
    EXPECT_FALSE(receiver.expired(0s));
    ASSERT_TRUE(receiver.open(last, 0s)) << "the last there is";
    EXPECT_TRUE(receiver.expired(0s));
    EXPECT_EQ(receiver.seal(reading, 0s).error(), Failure::expired) << "in its direction too";
    EXPECT_EQ(receiver.open(last, 0s).error(), Failure::expired);
}

/// A responder by hand, whose session can be set forward.
TEST(RecordBoundsOf, AnInitiatorThatReceivedTwoToThe24BeginsAnew) {
    Cast cast(Profile::pda_cloud, Suite::aes_256_gcm);
    const auto now = cast.clock.now();
    auto client = cast.client(1);
    const auto setup = cast.setup_of(1);
    const auto answering = cast.server_setup();
    const auto& own = answering.own;
    auto responder = Responder::open(cast.prologue(), own, client.start(now).to_send.at(0)).value();
    const auto psk = setup.psk(now);
    ASSERT_TRUE(responder.identify(own, setup.own.public_key(), psk, nullptr));
    const auto ephemeral = PrivateKey::draw(cast.random);
    const auto name = base::draw<Sid>(cast.random);
    const auto now_ms = static_cast<std::uint64_t>(base::to_unix_ms(now));
    const auto message2 = responder.answer({name, ephemeral, now_ms}).value();
    const auto message3 = client.receive(message2, now).to_send.at(0);
    auto agreed = responder.confirm(message3).value();
    Session sender({.profile = Profile::pda_cloud,
                    .suite = Suite::aes_256_gcm,
                    .side = Side::responder,
                    .own = name,
                    .peer = responder.initiator()},
                   agreed, 0s);
    ASSERT_TRUE(client.receive(sender.seal({}, 0s).value(), now).established);
    send_up_to(sender, records_before_rekey - 2,
               [&](const base::Bytes& frame) { ASSERT_TRUE(client.receive(frame, now).received); });
    ASSERT_TRUE(client.receive(sender.seal(reading, 0s).value(), now).received);
    EXPECT_TRUE(client.tick(now).to_send.empty());
    ASSERT_TRUE(client.receive(sender.seal(reading, 0s).value(), now).received);
    const auto renewed = client.tick(now).to_send;
    ASSERT_EQ(renewed.size(), 1U);
    EXPECT_EQ(renewed[0].size(), message1_bytes);
    EXPECT_TRUE(client.ready()) << "the old keys serve until the new ones are confirmed";
}

}  // namespace
}  // namespace keyagreement
