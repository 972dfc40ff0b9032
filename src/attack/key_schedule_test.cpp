// SPDX-License-Identifier: Apache-2.0
#include "attack/key_schedule.h"

#include <gtest/gtest.h>

#include "attack/world.h"
#include "crypto/random.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

// Goal: "could not be computed" is worth something only if the one who computes is able to. Method:
// with every secret input the same code reads all of a session; without any one of them, nothing
// that depends on it.
struct KeyScheduleTest : testing::Test {
    crypto::SystemRandom random;
    World world{random};

    struct Session {
        Heard heard;
        Secret32 key;
        Known known;
    };
    /// A session of which the initiator's ephemeral key is the attacker's to see.
    [[nodiscard]] Session session(const Line& line) {
        auto server = world.station_of(line).server(world.now() - 1h, random);
        const auto ephemeral = crypto::X25519PrivateKey::draw(random);
        const auto own = line.own();
        const auto pid = line.pid_at(world.now());
        auto initiator = keyagreement::Initiator::begin(
            line.parties().prologue, {own, pid, line.psk_at(world.now())},
            {base::draw<keyagreement::Sid>(random),
             crypto::X25519PrivateKey::from_bytes(ephemeral.to_bytes()),
             static_cast<std::uint64_t>(base::to_unix_ms(world.now()))});
        Session out;
        out.heard.message1 = initiator->message1();
        out.heard.message2 =
            server.receive(line_name, out.heard.message1, world.now()).to_send.at(0);
        auto finished = initiator->finish(own, out.heard.message2);
        out.heard.message3 = finished->message3;
        out.key = std::move(finished->agreed.session_key);
        const auto confirmed = server.receive(line_name, out.heard.message3, world.now());
        EXPECT_TRUE(confirmed.established);
        keyagreement::PublicKey theirs{};
        std::copy_n(out.heard.message2.begin() + 18, 32, theirs.begin());
        out.known = {.es = ephemeral.agree(line.responder),
                     .ss = own.agree(line.responder),
                     .psk = line.psk_at(world.now()).clone(),
                     .ee = ephemeral.agree(theirs),
                     .se = own.agree(theirs)};
        return out;
    }
};

TEST_F(KeyScheduleTest, WithEverySecretItReadsTheWholeHandshake) {
    for (const auto* line : world.lines()) {
        const auto all = session(*line);
        const auto reading = read(line->parties(), all.known, all.heard);
        EXPECT_EQ(reading.pid, line->pid_at(world.now()));
        EXPECT_TRUE(reading.time1 && reading.time2 && reading.confirmation);
        EXPECT_TRUE(reading.session_key == all.key);
    }
}

TEST_F(KeyScheduleTest, WithoutAnyOneSecretTheSessionKeyIsAnother) {
    const auto& line = world.device;
    std::optional<Secret32> Known::* const inputs[] = {&Known::es, &Known::ss, &Known::psk,
                                                       &Known::ee, &Known::se};
    for (const auto input : inputs) {
        auto all = session(line);
        (all.known.*input).reset();
        const auto reading = read(line.parties(), all.known, all.heard);
        EXPECT_FALSE(reading.confirmation);
        EXPECT_FALSE(reading.session_key == all.key);
    }
}

TEST_F(KeyScheduleTest, WithNothingItReadsNothing) {
    const auto all = session(world.user);
    EXPECT_TRUE(read(world.user.parties(), {}, all.heard).nothing());
}

}  // namespace
}  // namespace attack
