// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/handshake.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "crypto/hash.h"
#include "keyagreement/testing/cast.h"

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

}  // namespace
}  // namespace keyagreement
