// SPDX-License-Identifier: Apache-2.0
#include "attack/user_live.h"

#include <gtest/gtest.h>

#include <deque>

#include "askg/user_secret.h"
#include "crypto/random.h"
#include "keyagreement/message.h"

namespace attack {
namespace {

using namespace std::chrono_literals;

/// A node's users' side in this process: the real responder, and an answer to a sign-in record.
class NodeInMemory final : public UserWay {
public:
    NodeInMemory(keyagreement::Server server, const base::Clock& clock)
        : server_(std::move(server)), clock_(clock) {}

    bool gullible = false;   ///< Answers every MSG1.
    bool forgetful = false;  ///< Takes each frame for one of another source.
    bool absent = false;

    base::Result<void> connect() override {
        answers_.clear();
        if (absent) return base::fail(base::ErrorCode::unavailable, "no node");
        return {};
    }
    bool send(base::ByteView frame) override {
        ++frames_;
        const auto source = forgetful ? "source " + std::to_string(frames_) : std::string("one");
        auto outcome = server_.receive(source, frame, clock_.now());
        for (auto& answer : outcome.to_send) answers_.push_back(std::move(answer));
        if (outcome.received && outcome.received->plaintext.front() == 1) {
            auto told =
                server_.seal(outcome.received->session, base::as_bytes("\x02{}"), clock_.now());
            answers_.push_back(*std::move(told));
            server_.close(outcome.received->peer);
        }
        if (gullible && frame.size() == keyagreement::message1_bytes && answers_.empty()) {
            Bytes made(keyagreement::message2_bytes);
            std::ranges::copy(frame.first(10), made.begin());
            made[1] = 2;
            answers_.push_back(made);
        }
        return true;
    }
    std::optional<Bytes> receive(std::chrono::milliseconds /*patience*/) override {
        if (answers_.empty()) return std::nullopt;
        auto out = std::move(answers_.front());
        answers_.pop_front();
        return out;
    }

private:
    keyagreement::Server server_;
    const base::Clock& clock_;
    std::deque<Bytes> answers_;
    std::size_t frames_ = 0;
};

// Goal: attacks on a user's login say what happened. Method: the real responder as the node, and
// one that answers whatever asks it, or that does not slow who guesses.
struct UserLiveTest : testing::Test {
    crypto::SystemRandom random;
    World world{random};
    Line line = line_of(world.user_file, world.user_token);
    NodeInMemory node{world.station_of(line).server(world.now() - 1h, random), world.clock};

    [[nodiscard]] Verdict attack_with(std::string_view name) {
        const auto u = base::as_bytes(World::biometric);
        UserTarget target{.file = {},
                          .secret = {u.begin(), u.end()},
                          .line = line_of(world.user_file, world.user_token),
                          .in_table = line.parties().initiator,
                          .table_psk = line.psk_at(world.now()).clone(),
                          .server_static = world.station_of(line).static_private.clone()};
        target.file = *askg::decode<askg::UserCredentials>(askg::encode(world.user_file));
        UserLive live(std::move(target), {node, world.clock, random,
                                          [this](auto time) { world.clock.advance(time); }});
        const auto verdict = live.run(name);
        EXPECT_TRUE(verdict);
        return verdict.value_or(Verdict{});
    }
};

TEST_F(UserLiveTest, AnImpostorOfAUserIsMetWithSilence) {
    const auto verdict = attack_with("impersonation");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(UserLiveTest, ALoginWhoseEphemeralKeysLeakedKeepsItsKeys) {
    const auto verdict = attack_with("ephemeral_leak");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(UserLiveTest, VOfTheTableOrEverySecretOfTheServerSignsNobodyIn) {
    for (const auto* name : {"stolen_verifier", "key_compromise"}) {
        const auto verdict = attack_with(name);
        EXPECT_TRUE(verdict.resisted) << verdict.detail;
    }
}

TEST_F(UserLiveTest, GuessesAreNeitherToldByALoginNorTakenOneAfterAnother) {
    const auto verdict = attack_with("offline_guessing");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(UserLiveTest, ANodeThatAnswersWhateverAsksIsFoundOut) {
    node.gullible = true;
    EXPECT_FALSE(attack_with("impersonation").resisted);
    EXPECT_FALSE(attack_with("stolen_verifier").resisted);
}

TEST_F(UserLiveTest, ANodeThatLetsGuessesFollowOneAnotherIsFoundOut) {
    node.forgetful = true;
    EXPECT_FALSE(attack_with("offline_guessing").resisted);
}

TEST_F(UserLiveTest, ANodeThatIsNotThereIsNoSuccess) {
    node.absent = true;
    for (const auto* name : {"impersonation", "ephemeral_leak", "stolen_verifier",
                             "offline_guessing", "key_compromise"}) {
        EXPECT_FALSE(attack_with(name).resisted) << name;
    }
}

}  // namespace
}  // namespace attack
