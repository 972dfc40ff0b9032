// SPDX-License-Identifier: Apache-2.0
// Goal: no flipped bit of the 214 bytes of a handshake is answered, in any profile or suite: each
// has a counted reason, and the genuine messages complete afterwards. Method: every bit of MSG1,
// once as it comes and once with the mac1 that fits it, then every bit of MSG2 at the initiator and
// of MSG3 at the responder.
#include <gtest/gtest.h>

#include <string>
#include <tuple>

#include "base/testing.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using testing::Cast;
using testing::flipped;

constexpr std::size_t mac1_at = 98;
/// An end looks at eight wrong MSG2 or MSG3 of a handshake; so many leave room for the right one.
constexpr std::size_t wrong_in_a_handshake = 7;

class FlippedBits : public ::testing::TestWithParam<std::tuple<Profile, Suite>> {
protected:
    FlippedBits() { cast.enrol(1); }
    static ServerLimits patient() {
        // So that each frame is judged by what it says, and none by how many there were.
        auto limits = ServerLimits::cloud();
        limits.messages1_a_source = limits.messages1_in_all = 1'000'000;
        return limits;
    }
    [[nodiscard]] std::uint64_t refused_by_server() const {
        return cast.server->counts().failures.total();
    }
    Outcome to_server(base::ByteView frame, std::string_view source) {
        return cast.server->receive(source, frame, cast.clock.now());
    }
    void expect_server_silent(const base::Bytes& frame, std::size_t bit) {
        const auto before = refused_by_server();
        const auto outcome = to_server(frame, "attacker");
        EXPECT_TRUE(outcome.to_send.empty()) << bit;
        EXPECT_FALSE(outcome.established) << bit;
        EXPECT_TRUE(outcome.failure) << bit;
        EXPECT_EQ(refused_by_server(), before + 1) << bit;
    }
    Cast cast{std::get<0>(GetParam()), std::get<1>(GetParam()), patient()};
};

TEST_P(FlippedBits, OfMessage1AreSilenceWithACountedReason) {
    auto client = cast.client(1);
    const auto message1 = client.start(cast.clock.now()).to_send.at(0);
    ASSERT_EQ(message1.size(), message1_bytes);
    for (std::size_t bit = 0; bit < message1.size() * 8; bit += base::testing::stride) {
        expect_server_silent(flipped(message1, bit), bit);
    }
    EXPECT_EQ(cast.server->counts().dh_operations, 0U) << "mac1 stops them all";
    for (std::size_t bit = 0; bit < mac1_at * 8; bit += base::testing::stride) {
        const auto altered = flipped(message1, bit);
        expect_server_silent(testing::with_fresh_mac1(altered, cast.prologue().responder), bit);
    }
    EXPECT_GT(cast.server->counts().dh_operations, 0U) << "those got further";
    Outcome genuine;
    genuine.to_send.push_back(message1);
    (void)cast.carry(client, std::move(genuine));
    EXPECT_TRUE(client.ready());
    EXPECT_EQ(cast.server->counts().established, 1U);
}

TEST_P(FlippedBits, OfMessage2And3AreSilenceWithACountedReason) {
    constexpr std::size_t bits2 = message2_bytes * 8, bits3 = message3_bytes * 8;
    std::uint64_t handshakes = 0;
    for (std::size_t bit = 0; bit < bits2;) {
        auto client = cast.client(1);
        const auto now = cast.clock.now();
        const auto message1 = client.start(now).to_send.at(0);
        const auto message2 = to_server(message1, "home").to_send.at(0);
        ASSERT_EQ(message2.size(), message2_bytes);
        const auto first = bit;
        for (; bit < bits2 && bit - first < wrong_in_a_handshake; ++bit) {
            const auto before = client.counts().failures.total();
            const auto outcome = client.receive(flipped(message2, bit), now);
            EXPECT_TRUE(outcome.to_send.empty()) << bit;
            EXPECT_TRUE(outcome.failure) << bit;
            EXPECT_EQ(client.counts().failures.total(), before + 1) << bit;
        }
        const auto message3 = client.receive(message2, now).to_send.at(0);
        ASSERT_EQ(message3.size(), message3_bytes);
        for (auto wrong = first; wrong < bit && wrong < bits3; ++wrong) {
            expect_server_silent(flipped(message3, wrong), wrong);
        }
        const auto done = to_server(message3, "home");
        ASSERT_TRUE(done.established) << bit;
        EXPECT_TRUE(client.receive(done.to_send.at(0), now).established) << bit;
        ++handshakes;
        cast.clock.advance(std::chrono::seconds(1));
    }
    EXPECT_EQ(cast.server->counts().established, handshakes);
}

INSTANTIATE_TEST_SUITE_P(
    All, FlippedBits,
    ::testing::Combine(::testing::Values(Profile::device_pda, Profile::pda_cloud,
                                         Profile::user_cloud),
                       ::testing::Values(Suite::chacha20_poly1305, Suite::aes_256_gcm)),
    [](const auto& parameters) {
        return "profile_" + std::to_string(static_cast<int>(std::get<0>(parameters.param))) +
               (std::get<1>(parameters.param) == Suite::aes_256_gcm ? "_aes_256_gcm"
                                                                    : "_chacha20_poly1305");
    });

}  // namespace
}  // namespace keyagreement
