// SPDX-License-Identifier: Apache-2.0
// Goal: once a session is closed, none of its secrets is in the process's memory, so that neither a
// core dump nor a later intruder finds them. Method: search all writable memory for them. The test
// keeps what it looks for masked, or it would find itself.
#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/testing.h"
#include "keyagreement/credentials.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using testing::Cast;

constexpr std::uint8_t mask = 0xa7;

class Masked {
public:
    explicit Masked(base::ByteView secret) : bytes_(secret.begin(), secret.end()) {
        for (auto& byte : bytes_) byte ^= mask;
    }
    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] std::uint8_t first() const { return static_cast<std::uint8_t>(bytes_[0] ^ mask); }
    [[nodiscard]] bool stands_at(const std::uint8_t* at) const {
        for (std::size_t i = 0; i < bytes_.size(); ++i) {
            if (static_cast<std::uint8_t>(at[i] ^ mask) != bytes_[i]) return false;
        }
        return true;
    }
    [[nodiscard]] Secret32 unmasked() const {
        Secret32 out;
        for (std::size_t i = 0; i < bytes_.size(); ++i) {
            out.writable()[i] = static_cast<std::uint8_t>(bytes_[i] ^ mask);
        }
        return out;
    }

private:
    base::Bytes bytes_;
};

struct Region {
    std::uintptr_t begin;
    std::uintptr_t end;
};

std::vector<Region> writable_memory() {
    std::vector<Region> out;
    std::ifstream maps("/proc/self/maps");
    for (std::string line; std::getline(maps, line);) {
        const auto dash = line.find('-');
        const auto space = line.find(' ');
        if (line.substr(space + 1, 2) != "rw") continue;
        Region region{};
        std::from_chars(line.data(), line.data() + dash, region.begin, 16);
        std::from_chars(line.data() + dash + 1, line.data() + space, region.end, 16);
        out.push_back(region);
    }
    return out;
}

int copies_of(const Masked& secret) {
    int copies = 0;
    for (const auto& region : writable_memory()) {
        const auto* at = reinterpret_cast<const std::uint8_t*>(region.begin);  // NOLINT
        const auto* end = reinterpret_cast<const std::uint8_t*>(region.end) -  // NOLINT
                          secret.size();
        while (at <= end) {
            at = static_cast<const std::uint8_t*>(
                std::memchr(at, secret.first(), static_cast<std::size_t>(end - at) + 1));
            if (at == nullptr) break;
            if (secret.stands_at(at)) ++copies;
            ++at;
        }
    }
    return copies;
}

/// Remembers, masked, what was drawn: the ephemeral keys are among it.
class RememberingRandom final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        source_.fill(out);
        drawn.emplace_back(out);
    }
    std::vector<Masked> drawn;

private:
    base::SeededRandom source_{77};
};

using Secrets = std::map<std::string, Masked>;

/// The drawn value with 32 bytes that has this number.
Secret32 drawn_key(const RememberingRandom& random, std::size_t number) {
    for (const auto& drawn : random.drawn) {
        if (drawn.size() == Secret32::size_bytes && number-- == 0) return drawn.unmasked();
    }
    ADD_FAILURE() << "fewer keys were drawn";
    return {};
}

/// Runs the initiator's half again from what was drawn, and notes all that was agreed on.
Secrets secrets_of(const Cast& cast, base::ByteView message1, base::ByteView message2,
                   const RememberingRandom& random) {
    const auto setup = cast.setup_of(1);
    const auto e_i = drawn_key(random, 0);
    const auto e_r = drawn_key(random, 1);
    const auto first = decode_message1(message1).value();
    const auto second = decode_message2(message2).value();
    const auto time_ms = static_cast<std::uint64_t>(base::to_unix_ms(cast.clock.now()));
    const auto pid = pid_of(setup.pid_key, day_of(cast.clock.now()));
    const auto psk = setup.psk(cast.clock.now());
    const auto ephemeral = PrivateKey::from_bytes(e_i);
    const auto initiator = Initiator::begin(cast.prologue(), {setup.own, pid, psk},
                                            {first.initiator, PrivateKey::from_bytes(e_i), time_ms})
                               .value();
    EXPECT_TRUE(std::ranges::equal(initiator.message1(), message1));
    const auto agreed = initiator.finish(setup.own, message2).value().agreed;
    Secrets out;
    const auto note = [&out](const char* name, base::ByteView secret) {
        out.emplace(name, Masked(secret));
    };
    note("e_I", e_i.view());
    note("e_R", e_r.view());
    note("es", ephemeral.agree(setup.responder)->view());
    note("ss", setup.own.agree(setup.responder)->view());
    note("ee", ephemeral.agree(second.ephemeral)->view());
    note("se", setup.own.agree(second.ephemeral)->view());
    note("kIR", agreed.initiator_to_responder.view().first(32));
    note("kRI", agreed.responder_to_initiator.view().first(32));
    note("SecKey", agreed.session_key.view());
    note("TOK", agreed.login_token.view());
    return out;
}

class Erasure : public ::testing::TestWithParam<Suite> {
protected:
    void SetUp() override {
        if (base::testing::sanitized) GTEST_SKIP() << "a sanitizer's memory is terabytes wide";
    }
};

TEST_P(Erasure, ClosedSessionsLeaveNoSecretInTheProcess) {
    Cast cast(Profile::user_cloud, GetParam());
    cast.enrol(1);
    RememberingRandom random;
    auto server = std::make_unique<Server>(cast.server_setup(), cast.peers, random);
    auto client = std::make_unique<Client>(cast.setup_of(1), random);
    const auto now = cast.clock.now();

    const auto first = client->start(now).to_send.at(0);
    const auto second = server->receive("home", first, now).to_send.at(0);
    const auto third = client->receive(second, now).to_send.at(0);
    // Noted here already, so that nothing that comes after it is overwritten by the noting.
    const auto secrets = secrets_of(cast, first, second, random);
    const auto confirmed = server->receive("home", third, now).to_send.at(0);
    ASSERT_TRUE(client->receive(confirmed, now).established);
    const auto reading = base::as_bytes("a reading under the session's keys");
    ASSERT_TRUE(server->receive("home", client->seal(reading, now).value(), now).received);
    const auto session = server->newest_session(Cast::name_of(1)).value();
    ASSERT_TRUE(client->receive(server->seal(session, reading, now).value(), now).received);

    // The search finds what is there: the keys in use, and nothing of the handshake any more.
    for (const auto& [name, secret] : secrets) {
        const bool in_use = name == "kIR" || name == "kRI" || name == "SecKey" || name == "TOK";
        EXPECT_EQ(copies_of(secret) > 0, in_use) << name;
    }
    server->close(Cast::name_of(1));
    client->close();
    for (const auto& [name, secret] : secrets) EXPECT_EQ(copies_of(secret), 0) << name;
}

TEST_P(Erasure, AFailedHandshakeLeavesNoSecretInTheProcess) {
    Cast cast(Profile::user_cloud, GetParam());
    cast.enrol(1);
    RememberingRandom random;
    Server server(cast.server_setup(), cast.peers, random);
    Client client(cast.setup_of(1), random);
    auto now = cast.clock.now();
    const auto first = client.start(now).to_send.at(0);
    const auto second = server.receive("home", first, now).to_send.at(0);
    (void)client.receive(testing::flipped(second, 500), now);
    const auto secrets = secrets_of(cast, first, second, random);
    EXPECT_GT(copies_of(secrets.at("e_I")), 0) << "the true answer may still come";
    now += std::chrono::seconds(5);
    (void)client.tick(now);
    server.tick(now);
    for (const auto& [name, secret] : secrets) EXPECT_EQ(copies_of(secret), 0) << name;
}

INSTANTIATE_TEST_SUITE_P(Suites, Erasure,
                         ::testing::Values(Suite::chacha20_poly1305, Suite::aes_256_gcm),
                         [](const auto& one) { return std::string(name_of(one.param)); });

}  // namespace
}  // namespace keyagreement
