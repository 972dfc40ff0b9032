// SPDX-License-Identifier: Apache-2.0
// What a flood costs the responder, and that others are served through it.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "base/testing.h"
#include "keyagreement/credentials.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::Cast;

class Flood : public ::testing::Test {
protected:
    explicit Flood(Profile profile = Profile::pda_cloud,
                   ServerLimits limits = ServerLimits::cloud())
        : cast(profile, Suite::chacha20_poly1305, limits) {
        for (std::uint32_t number = 1; number <= 40; ++number) cast.enrol(number);
    }
    Outcome receive(base::ByteView frame, std::string_view source) {
        return cast.server->receive(source, frame, cast.clock.now());
    }
    /// MSG1 with a right mac1 and nothing else right: what anyone can make who knows S_R.
    [[nodiscard]] base::Bytes junk_with_mac1() {
        Message1 message{.profile = cast.profile,
                         .initiator = base::draw<Sid>(cast.random),
                         .ephemeral = {},
                         .pid = base::draw<SealedPid>(cast.random),
                         .time = base::draw<SealedTime>(cast.random),
                         .mac1 = {},
                         .cookie = std::nullopt};
        cast.random.fill(message.ephemeral);
        return testing::with_fresh_mac1(encode(message), cast.prologue().responder);
    }
    [[nodiscard]] base::Bytes true_message1(std::uint32_t number) {
        return cast.client(number).start(cast.clock.now()).to_send.at(0);
    }
    Cast cast;
};

TEST_F(Flood, TenThousandJunkMessages1CostNoX25519AtAll) {
    for (int i = 0; i < 10'000; ++i) {
        Message1 message{.profile = cast.profile,
                         .initiator = base::draw<Sid>(cast.random),
                         .ephemeral = {},
                         .pid = base::draw<SealedPid>(cast.random),
                         .time = base::draw<SealedTime>(cast.random),
                         .mac1 = base::draw<Mac1>(cast.random),
                         .cookie = std::nullopt};
        cast.random.fill(message.ephemeral);
        EXPECT_TRUE(receive(encode(message), "flood").to_send.empty());
    }
    const auto counts = cast.server->counts();
    EXPECT_EQ(counts.dh_operations, 0U);
    EXPECT_EQ(counts.keys_made, 0U);
    EXPECT_EQ(counts.failures.of(Failure::mac1), 10'000U);
    auto client = cast.client(1);
    EXPECT_TRUE(cast.connect(client)) << "in the midst of it, and without a cookie";
    EXPECT_EQ(client.counts().cookies, 0U);
}

TEST_F(Flood, OfOneSourceWithARightMac1IsAskedForACookieAfterTwenty) {
    for (int i = 0; i < 10'000; ++i) {
        const auto outcome = receive(junk_with_mac1(), "flood");
        EXPECT_EQ(outcome.to_send.size(), i < 20 ? 0U : 1U);
        if (i < 20) continue;
        EXPECT_EQ(outcome.to_send[0].size(), cookie_reply_bytes);
    }
    EXPECT_EQ(cast.server->counts().dh_operations, 20U) << "one each, before the cookie";
    EXPECT_EQ(cast.server->counts().cookies_sent, 9'980U);
    auto client = cast.client(1);
    EXPECT_TRUE(cast.connect(client, "another source"));
}

TEST_F(Flood, OfManySourcesIsAskedForCookiesByAllAndOthersStillConnect) {
    for (int i = 0; i < 10'000; ++i) {
        (void)receive(junk_with_mac1(), "source " + std::to_string(i));
    }
    EXPECT_EQ(cast.server->counts().dh_operations, cast.limits.messages1_in_all);
    auto client = cast.client(1);
    EXPECT_TRUE(cast.connect(client)) << "with a cookie";
    EXPECT_EQ(client.counts().cookies, 1U);
    EXPECT_EQ(client.counts().started, 1U);
}

TEST_F(Flood, ACookieFitsOneSourceOneMessageAndFourMinutes) {
    for (int i = 0; i < 21; ++i) (void)receive(junk_with_mac1(), "busy");
    auto client = cast.client(1);
    const auto message1 = client.start(cast.clock.now()).to_send.at(0);
    const auto asked = receive(message1, "busy");
    ASSERT_EQ(asked.to_send.size(), 1U);
    const auto retry = client.receive(asked.to_send[0], cast.clock.now()).to_send.at(0);
    ASSERT_EQ(retry.size(), message1_with_cookie_bytes);
    EXPECT_TRUE(std::equal(message1.begin(), message1.end(), retry.begin()))
        << "the very same 114 bytes";

    // Another source that is busy too cannot use it.
    for (int i = 0; i < 21; ++i) (void)receive(junk_with_mac1(), "thief");
    EXPECT_EQ(receive(retry, "thief").failure, Failure::cookie);
    // Nor does it fit another message.
    auto other = true_message1(2);
    other.insert(other.end(), retry.end() - 16, retry.end());
    EXPECT_EQ(receive(other, "busy").failure, Failure::cookie);
    const auto dh_before = cast.server->counts().dh_operations;
    EXPECT_EQ(receive(testing::flipped(retry, 129 * 8), "busy").failure, Failure::cookie);
    EXPECT_EQ(cast.server->counts().dh_operations, dh_before);
    EXPECT_EQ(receive(retry, "busy").to_send.at(0).size(), message2_bytes);
}

TEST_F(Flood, AnOldCookieIsRefused) {
    const auto busy = [this] {
        for (int i = 0; i < 21; ++i) (void)receive(junk_with_mac1(), "busy");
    };
    busy();
    auto client = cast.client(1);
    const auto asked = receive(client.start(cast.clock.now()).to_send.at(0), "busy");
    const auto retry = client.receive(asked.to_send.at(0), cast.clock.now()).to_send.at(0);
    cast.clock.advance(4min);
    busy();
    EXPECT_EQ(receive(retry, "busy").failure, Failure::cookie);
}

/// What the client says to the cookie that `server` asks it for; `source` must be busy.
class CookieFlood : public Flood {
protected:
    [[nodiscard]] base::Bytes retry_of(base::Bytes message1, std::string_view source) {
        const auto asked = decode_cookie_reply(receive(message1, source).to_send.at(0));
        base::append(message1, asked->cookie.view());
        return message1;
    }
    void make_busy(std::string_view source) {
        for (std::uint32_t i = 0; i < cast.limits.messages1_a_source; ++i) {
            (void)receive(junk_with_mac1(), source);
        }
    }
};

// One cookie bought X25519 without end for four minutes, once: what fails inside is in no table.
TEST_F(CookieFlood, OneCookieBuysTwentyX25519ASecondAndOthersAreServed) {
    make_busy("flood");
    const auto retry = retry_of(junk_with_mac1(), "flood");
    const auto before = cast.server->counts();
    for (int i = 0; i < 10'000; ++i) EXPECT_TRUE(receive(retry, "flood").to_send.empty());
    const auto after = cast.server->counts();
    EXPECT_EQ(after.dh_operations - before.dh_operations, 20U);
    EXPECT_EQ(after.failures.of(Failure::throttled), 9'980U);
    auto client = cast.client(1);
    EXPECT_TRUE(cast.connect(client, "another source")) << "in the same second";
    make_busy("busy and honest");
    auto busy = cast.client(2);
    EXPECT_TRUE(cast.connect(busy, "busy and honest")) << "with a cookie, in the same second";
    EXPECT_EQ(busy.counts().cookies, 1U);

    cast.clock.advance(1s);
    make_busy("flood");
    const auto next = cast.server->counts().dh_operations;
    for (int i = 0; i < 100; ++i) (void)receive(retry, "flood");
    EXPECT_EQ(cast.server->counts().dh_operations - next, 20U) << "each second anew";
}

TEST_F(CookieFlood, AnEnrolledPeerWithCookiesFillsNoTable) {
    const auto everything = [this] {
        for (int i = 0; i < 60; ++i) {
            const auto message1 = true_message1(1);
            const auto answer = receive(message1, "peer 1").to_send;
            if (answer.empty() || answer[0].size() != cookie_reply_bytes) continue;
            (void)receive(retry_of(message1, "peer 1"), "peer 1");
        }
    };
    for (int second = 0; second < 10; ++second) everything(), cast.clock.advance(1s);
    EXPECT_EQ(cast.server->counts().replay_entries, 400U);
    EXPECT_EQ(cast.server->counts().half_open, 8U);
}

TEST_F(CookieFlood, CookiesOfVeryManySourcesHaveABoundTogether) {
    constexpr std::uint64_t bound = 8 * 2'000;
    const auto before = [this] { return cast.server->counts().dh_operations; };
    for (int i = 0; i < 2'000; ++i) (void)receive(junk_with_mac1(), "s" + std::to_string(i));
    const auto begun = before();
    for (int i = 0; i < 1'000; ++i) {
        const auto source = "proven " + std::to_string(i);
        const auto retry = retry_of(junk_with_mac1(), source);
        for (int again = 0; again < 25; ++again) (void)receive(retry, source);
    }
    EXPECT_EQ(before() - begun, bound);
}

class DomainFlood : public Flood {
protected:
    DomainFlood() : Flood(Profile::device_pda, ServerLimits::pda()) {}
};

// Who has a PDA's broker account can make all its devices begin anew once a second.
TEST_F(DomainFlood, AllDevicesOfADomainMayBeginEverySecond) {
    for (int second = 0; second < 12; ++second) {
        for (std::uint32_t number = 1; number <= 31; ++number) {
            auto client = cast.client(number);
            EXPECT_TRUE(cast.connect(client, "device " + std::to_string(number))) << second;
        }
        cast.clock.advance(1s);
    }
    EXPECT_EQ(cast.server->counts().failures.of(Failure::full), 0U);
}

class CrowdedFlood : public Flood {
protected:
    CrowdedFlood()
        : Flood(Profile::pda_cloud, {.half_open = 16,
                                     .replay_entries = 64,
                                     .sessions = 4,
                                     .messages1_a_source = 1'000,
                                     .messages1_in_all = 1'000}) {}
};

TEST_F(CrowdedFlood, HalfOpenHandshakesNeverExceedTheirBoundAndDemandCookiesAboveThreeQuarters) {
    for (std::uint32_t number = 1; number <= 13; ++number) {
        EXPECT_EQ(receive(true_message1(number), "s").to_send.at(0).size(), message2_bytes);
    }
    const auto dh = cast.server->counts().dh_operations;
    EXPECT_EQ(receive(true_message1(14), "s").to_send.at(0).size(), cookie_reply_bytes);
    EXPECT_EQ(cast.server->counts().dh_operations, dh) << "a cookie before any X25519";
    for (std::uint32_t number = 14; number <= 30; ++number) {
        auto client = cast.client(number);
        const auto asked = receive(client.start(cast.clock.now()).to_send.at(0), "s").to_send.at(0);
        const auto retry = client.receive(asked, cast.clock.now()).to_send.at(0);
        const auto outcome = receive(retry, "s");
        EXPECT_EQ(outcome.failure, number > 16 ? std::optional(Failure::full) : std::nullopt);
        EXPECT_LE(cast.server->counts().half_open, 16U);
    }
    cast.clock.advance(5s);
    auto client = cast.client(31);
    EXPECT_TRUE(cast.connect(client)) << "half-open handshakes end after 5 s";
}

TEST_F(CrowdedFlood, OnePeerCannotFillTheTable) {
    for (int i = 0; i < 30; ++i) (void)receive(true_message1(1), "s");
    EXPECT_EQ(cast.server->counts().half_open, 8U);
    auto client = cast.client(2);
    EXPECT_TRUE(cast.connect(client));
}

TEST_F(CrowdedFlood, AFullReplayCacheRefusesForAtMost10Seconds) {
    for (int i = 0; i < 64; ++i) (void)receive(true_message1(1), "s");
    EXPECT_EQ(cast.server->counts().replay_entries, 64U);
    EXPECT_EQ(receive(true_message1(2), "s").failure, Failure::full);
    cast.clock.advance(10s);
    auto client = cast.client(2);
    EXPECT_TRUE(cast.connect(client));
}

TEST_F(CrowdedFlood, AFullTableOfSessionsRefusesNewPeersAndKeepsThoseItHas) {
    std::vector<Client> clients;
    for (std::uint32_t number = 1; number <= 4; ++number) {
        clients.push_back(cast.client(number));
        EXPECT_TRUE(cast.connect(clients.back()));
    }
    EXPECT_EQ(receive(true_message1(5), "s").failure, Failure::full);
    EXPECT_TRUE(cast.connect(clients[0])) << "new keys for a peer that is there";
}

class Guessing : public Flood {
protected:
    Guessing() : Flood(Profile::user_cloud) {}
    [[nodiscard]] std::optional<Failure> guess(std::string_view source) {
        auto setup = cast.setup_of(1);
        setup.own = PrivateKey::draw(cast.random);  // of a wrong token
        Client client(std::move(setup), cast.random);
        return receive(client.start(cast.clock.now()).to_send.at(0), source).failure;
    }
};

TEST_F(Guessing, IsSlowedFromTheFifthFailureOnAndStoppedAtTwenty) {
    for (int i = 0; i < 5; ++i) EXPECT_EQ(guess("attacker"), Failure::aead2);
    EXPECT_EQ(guess("attacker"), Failure::throttled);
    cast.clock.advance(1s);
    EXPECT_EQ(guess("attacker"), Failure::aead2);
    cast.clock.advance(1s);
    EXPECT_EQ(guess("attacker"), Failure::throttled);
    cast.clock.advance(1s);
    EXPECT_EQ(guess("attacker"), Failure::aead2);
    int tried = 7;
    for (auto waited = 0s; waited < 14min; waited += 1s) {
        cast.clock.advance(1s);
        if (guess("attacker") == Failure::aead2) ++tried;
    }
    EXPECT_LE(tried, 20);
    EXPECT_GE(tried, 12) << "1 + 2 + ... + 512 s";
}

TEST_F(Guessing, LocksNobodyOutElsewhere) {
    for (int i = 0; i < 30; ++i) (void)guess("attacker");
    auto client = cast.client(1);
    EXPECT_FALSE(cast.connect(client, "attacker"));
    client.restart();
    EXPECT_TRUE(cast.connect(client, "home"));
}

TEST_F(Guessing, IsForgottenAfterASuccess) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(guess("ward"), Failure::aead2);
    auto client = cast.client(1);
    EXPECT_TRUE(cast.connect(client, "ward"));
    for (int i = 0; i < 4; ++i) EXPECT_EQ(guess("ward"), Failure::aead2);
    client.restart();
    EXPECT_TRUE(cast.connect(client, "ward"));
}

}  // namespace
}  // namespace keyagreement
