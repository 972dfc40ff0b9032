// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/handshake.h"

#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "base/testing.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using testing::flipped;
using testing::repeated;
using testing::secret_of;

/// Two ends with fixed keys that a test takes through one handshake.
struct Ends {
    Profile profile = Profile::device_pda;
    Suite suite = Suite::chacha20_poly1305;
    PrivateKey own_i = PrivateKey::from_bytes(secret_of(0x01));
    PrivateKey own_r = PrivateKey::from_bytes(secret_of(0x02));
    PrivateKey ephemeral_r = PrivateKey::from_bytes(secret_of(0x04));
    Secret32 psk_i = secret_of(0x05);
    Secret32 psk_r = secret_of(0x05);
    Pid pid = repeated<Pid>(0x10);

    [[nodiscard]] Prologue prologue() const {
        return {profile, suite, repeated<DomainName>(0xa5), own_r.public_key()};
    }
    [[nodiscard]] Initiator begin() const {
        return Initiator::begin(
                   prologue(), {own_i, pid, psk_i},
                   {repeated<Sid>('I'), PrivateKey::from_bytes(secret_of(0x03)), 1'700'000'000'000})
            .value();
    }
    [[nodiscard]] Responder open(base::ByteView message1) const {
        return Responder::open(prologue(), own_r, message1).value();
    }
    [[nodiscard]] std::expected<std::uint64_t, Failure> identify(Responder& responder) const {
        return responder.identify(own_r, own_i.public_key(), psk_r, nullptr);
    }
    [[nodiscard]] base::Bytes answer(Responder& responder) const {
        return responder.answer({repeated<Sid>('R'), ephemeral_r, 1'700'000'000'123}).value();
    }
    /// A responder that answered; MSG2 in `message2`.
    [[nodiscard]] Responder answered(base::ByteView message1, base::Bytes& message2) const {
        auto responder = open(message1);
        EXPECT_TRUE(identify(responder));
        message2 = answer(responder);
        return responder;
    }
};

// Source: docs/protocol.md 2.4, the test vector.
TEST(Handshake, FollowsTheTestVectorByteForByte) {
    const Ends ends;
    const auto initiator = ends.begin();
    EXPECT_EQ(base::to_hex(initiator.message1()),
              "110149494949494949495dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22"
              "b6b8e6d34d1cf742a5518800e7f721a07d242b367896237e073c39161717aa679430fb43466a654e42f7"
              "dad9e76a787674d2b1c924ff0d93690825e87542366fed16d951b169b2d1");
    EXPECT_TRUE(Responder::mac1_fits(ends.own_r.public_key(), initiator.message1()));
    auto responder = ends.open(initiator.message1());
    EXPECT_EQ(responder.pid(), ends.pid);
    EXPECT_EQ(ends.identify(responder).value(), 1'700'000'000'000U);
    const auto message2 = ends.answer(responder);
    EXPECT_EQ(base::to_hex(message2),
              "110249494949494949495252525252525252ac01b2209e86354fb853237b5de0f4fab13c7fcbf433a61c"
              "019369617fecf10b8947a47dd07106ea072f0a02998bd5876f6d49d8a67d54de");
    const auto finished = initiator.finish(ends.own_i, message2).value();
    EXPECT_EQ(finished.time_ms, 1'700'000'000'123U);
    EXPECT_EQ(base::to_hex(finished.message3),
              "1103525252525252525294c9cfcde961bd7bba2c4ad341c54e0f");
    const auto agreed = responder.confirm(finished.message3).value();
    for (const auto* end : {&finished.agreed, &agreed}) {
        EXPECT_EQ(base::to_hex(end->session_key.view()),
                  "35008aa064b4e8fd614ec4d8d6f59945fbaab7c8c541112a25e65041585c6e1d");
        EXPECT_EQ(base::to_hex(end->initiator_to_responder.view().first(32)),
                  "7618ecddbd0fd0e2f736563b679b581afc135da59934101dc40cd3732c9bb863");
    }
}

class HandshakeOf : public ::testing::TestWithParam<std::tuple<Profile, Suite>> {};

TEST_P(HandshakeOf, EveryProfileAndSuiteAgreesOnFourDistinctKeys) {
    const Ends ends{.profile = std::get<0>(GetParam()), .suite = std::get<1>(GetParam())};
    const auto initiator = ends.begin();
    base::Bytes message2;
    const auto responder = ends.answered(initiator.message1(), message2);
    const auto finished = initiator.finish(ends.own_i, message2).value();
    const auto agreed = responder.confirm(finished.message3).value();
    EXPECT_EQ(initiator.message1().size() + message2.size() + finished.message3.size(), 214U);
    EXPECT_TRUE(agreed.initiator_to_responder == finished.agreed.initiator_to_responder);
    EXPECT_TRUE(agreed.responder_to_initiator == finished.agreed.responder_to_initiator);
    EXPECT_TRUE(agreed.session_key == finished.agreed.session_key);
    EXPECT_TRUE(agreed.login_token == finished.agreed.login_token);
    EXPECT_FALSE(agreed.initiator_to_responder == agreed.responder_to_initiator);
    EXPECT_FALSE(agreed.session_key == agreed.login_token);
}

INSTANTIATE_TEST_SUITE_P(
    All, HandshakeOf,
    ::testing::Combine(::testing::Values(Profile::device_pda, Profile::pda_cloud,
                                         Profile::user_cloud),
                       ::testing::Values(Suite::chacha20_poly1305, Suite::aes_256_gcm)),
    [](const auto& one) {
        return std::string(name_of(std::get<0>(one.param))) + "_" +
               std::string(name_of(std::get<1>(one.param)));
    });

// Whatever one end knows differently, the handshake ends where that first enters.
TEST(Handshake, EndsWhereTheTwoEndsDiffer) {
    const Ends right;
    const auto opened_by = [&right](const Ends& other) {
        return Responder::open(other.prologue(), other.own_r, right.begin().message1());
    };
    EXPECT_EQ(opened_by({.suite = Suite::aes_256_gcm}).error(), Failure::aead1);
    EXPECT_EQ(opened_by({.own_r = PrivateKey::from_bytes(secret_of(0x22))}).error(),
              Failure::aead1);
    EXPECT_EQ(opened_by({.profile = Profile::pda_cloud}).error(), Failure::parse);
    auto other_domain = right.prologue();
    other_domain.domain = repeated<DomainName>(0xa6);
    EXPECT_EQ(Responder::open(other_domain, right.own_r, right.begin().message1()).error(),
              Failure::aead1);

    const Ends other_psk{.psk_r = secret_of(0x55)};
    auto responder = right.open(right.begin().message1());
    EXPECT_EQ(other_psk.identify(responder).error(), Failure::aead2);
    const Ends other_static{.own_i = PrivateKey::from_bytes(secret_of(0x11))};
    responder = right.open(right.begin().message1());
    EXPECT_EQ(other_static.identify(responder).error(), Failure::aead2);
}

TEST(Handshake, TakesThePreSharedKeyOfThePeriodBefore) {
    const Ends ends;
    const auto initiator = ends.begin();
    auto responder = ends.open(initiator.message1());
    const auto current = secret_of(0x55);
    ASSERT_TRUE(responder.identify(ends.own_r, ends.own_i.public_key(), current, &ends.psk_r));
    const auto finished = initiator.finish(ends.own_i, ends.answer(responder)).value();
    EXPECT_TRUE(responder.confirm(finished.message3));
}

// Goal: no bit of the 214 bytes can change and a handshake still complete, even for an attacker who
// knows S_R and therefore makes mac1 fit again. Method: flip each, then show that the true frame is
// still taken, so that the forgery spoilt nothing.
TEST(Handshake, AnyFlippedBitOfItsMessagesIsRefused) {
    const Ends ends;
    const auto initiator = ends.begin();
    const auto& message1 = initiator.message1();
    for (std::size_t bit = 0; bit < message1.size() * 8; bit += base::testing::stride) {
        const auto bad = flipped(message1, bit);
        EXPECT_FALSE(Responder::mac1_fits(ends.own_r.public_key(), bad)) << bit;
        if (bit >= 98 * 8) continue;  // mac1 itself
        const auto forged = testing::with_fresh_mac1(bad, ends.own_r.public_key());
        auto responder = Responder::open(ends.prologue(), ends.own_r, forged);
        if (!responder) continue;
        EXPECT_FALSE(ends.identify(*responder)) << bit;
    }
    base::Bytes message2;
    const auto responder = ends.answered(message1, message2);
    for (std::size_t bit = 0; bit < message2.size() * 8; bit += base::testing::stride) {
        EXPECT_FALSE(initiator.finish(ends.own_i, flipped(message2, bit))) << bit;
    }
    const auto finished = initiator.finish(ends.own_i, message2);
    ASSERT_TRUE(finished);
    for (std::size_t bit = 0; bit < finished->message3.size() * 8; ++bit) {
        EXPECT_FALSE(responder.confirm(flipped(finished->message3, bit))) << bit;
    }
    EXPECT_TRUE(responder.confirm(finished->message3));
}

TEST(Handshake, FramesOfAnotherSizeAreRefused) {
    const Ends ends;
    const auto initiator = ends.begin();
    base::Bytes message2;
    const auto responder = ends.answered(initiator.message1(), message2);
    for (std::size_t size = 0; size < 200; ++size) {
        const base::Bytes bytes(size, 0x11);
        EXPECT_FALSE(Responder::mac1_fits(ends.own_r.public_key(), bytes)) << size;
        EXPECT_FALSE(Responder::open(ends.prologue(), ends.own_r, bytes)) << size;
        EXPECT_FALSE(initiator.finish(ends.own_i, bytes)) << size;
        EXPECT_FALSE(responder.confirm(bytes)) << size;
    }
}

TEST(Handshake, PointsOfLowOrderAreRefused) {
    const Ends ends;
    const auto initiator = ends.begin();
    auto message = decode_message1(initiator.message1()).value();
    message.ephemeral = {};
    EXPECT_EQ(Responder::open(ends.prologue(), ends.own_r, encode(message)).error(),
              Failure::low_order);

    base::Bytes message2;
    (void)ends.answered(initiator.message1(), message2);
    auto answer = decode_message2(message2).value();
    answer.ephemeral = {1};
    EXPECT_EQ(initiator.finish(ends.own_i, encode(answer)).error(), Failure::low_order);

    auto responder = ends.open(initiator.message1());
    EXPECT_EQ(responder.identify(ends.own_r, PublicKey{}, ends.psk_r, nullptr).error(),
              Failure::low_order);
    auto prologue = ends.prologue();
    prologue.responder = {};
    EXPECT_EQ(Initiator::begin(prologue, {ends.own_i, ends.pid, ends.psk_i},
                               {repeated<Sid>('I'), PrivateKey::from_bytes(secret_of(3)), 0})
                  .error(),
              Failure::low_order);
}

// Someone who holds the responder's static key and the pre-shared key (key compromise) still cannot
// finish as the initiator: se needs s_I.
TEST(Handshake, CannotBeFinishedForAnInitiatorWithoutItsStaticKey) {
    const Ends ends;
    const Ends attacker{.own_i = PrivateKey::from_bytes(secret_of(0x66))};
    const auto initiator = ends.begin();
    base::Bytes message2;
    const auto responder = ends.answered(initiator.message1(), message2);
    // c3 is under ee and se, so the attacker cannot even open MSG2.
    EXPECT_EQ(initiator.finish(attacker.own_i, message2).error(), Failure::aead3);
}

}  // namespace
}  // namespace keyagreement
