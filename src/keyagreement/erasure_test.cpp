// SPDX-License-Identifier: Apache-2.0
// Goal: once a session is closed, none of its secrets is in the process's memory, and once an end
// is gone, none of its long-term secrets either, so that neither a core dump nor a later intruder
// finds them. Method: search all writable memory for them, in this process and, together with the
// registers, in a stopped child (keyagreement/testing_core.h). The tests keep what they look for
// masked, or they would find themselves.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/testing.h"
#include "crypto/hash.h"
#include "keyagreement/credentials.h"
#include "keyagreement/peer_table.h"
#include "keyagreement/testing.h"
#include "keyagreement/testing_core.h"

namespace keyagreement {
namespace {

using testing::Cast;
using testing::Child;
using testing::copies_in;
using testing::copies_of;
using testing::Masked;
using testing::Secrets;

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

/// The drawn value with 32 bytes that has this number.
Secret32 drawn_key(const RememberingRandom& random, std::size_t number) {
    for (const auto& drawn : random.drawn) {
        if (drawn.size() == Secret32::size_bytes && number-- == 0) return drawn.unmasked();
    }
    ADD_FAILURE() << "fewer keys were drawn";
    return {};
}

/// Runs the initiator's half again from what was drawn, and notes all that was agreed on.
Secrets secrets_of(const ClientSetup& setup, base::ByteView message1, base::ByteView message2,
                   const RememberingRandom& random) {
    const auto e_i = drawn_key(random, 0);
    const auto e_r = drawn_key(random, 1);
    const auto first = decode_message1(message1).value();
    const auto second = decode_message2(message2).value();
    const auto time_ms = static_cast<std::uint64_t>(base::to_unix_ms(Cast::start));
    const auto pid = pid_of(setup.pid_key, day_of(Cast::start));
    const auto psk = setup.psk(Cast::start);
    const auto ephemeral = PrivateKey::from_bytes(e_i);
    const auto initiator =
        Initiator::begin({setup.profile, setup.suite, setup.domain, setup.responder},
                         {setup.own, pid, psk},
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

/// The long-term secret with this name. Only its masked form is ever kept.
Masked long_term(std::string_view name) {
    const auto masked = crypto::sha256(base::as_bytes(name));
    return Masked::of_masked({masked.begin(), masked.end()});
}
PrivateKey key_of(std::string_view name) {
    return PrivateKey::from_bytes(long_term(name).unmasked());
}

/// A user and a cloud server with secrets that nothing but they themselves hold, one handshake and
/// a record each way between them.
class Line {
public:
    explicit Line(Suite suite) : suite_(suite) {
        peers_.put({.profile = Profile::user_cloud,
                    .peer = {.name = Cast::name_of(1),
                             .static_public = key_of("s_I").public_key(),
                             .psk = long_term("psk").unmasked(),
                             .psk_previous = {},
                             .revoked = false,
                             .clockless_allowed = false},
                    .pid_key = long_term("pk_I").unmasked()});
        server_.emplace(ServerSetup{.profiles = {Profile::user_cloud},
                                    .suite = suite_,
                                    .domain = {},
                                    .own = key_of("s_R"),
                                    .started_at = Cast::start},
                        peers_, random_);
        client_.emplace(setup(), random_);
    }
    /// Answers what must not outlive this.
    Secrets talk() {
        const auto now = Cast::start;
        const auto first = client_->start(now).to_send.at(0);
        const auto second = server_->receive("home", first, now).to_send.at(0);
        const auto third = client_->receive(second, now).to_send.at(0);
        auto out = secrets_of(setup(), first, second, random_);
        for (const auto* name : {"psk", "pk_I"}) out.emplace(name, long_term(name));
        for (const auto* name : {"s_I", "s_R"}) {  // as their owners hold them
            out.emplace(name, Masked(key_of(name).to_bytes().view()));
        }
        const auto confirmed = server_->receive("home", third, now).to_send.at(0);
        EXPECT_TRUE(client_->receive(confirmed, now).established);
        const auto reading = base::as_bytes("a reading under the session's keys");
        EXPECT_TRUE(server_->receive("home", client_->seal(reading, now).value(), now).received);
        const auto session = server_->newest_session(Cast::name_of(1)).value();
        EXPECT_TRUE(client_->receive(server_->seal(session, reading, now).value(), now).received);
        return out;
    }

private:
    [[nodiscard]] ClientSetup setup() const {
        return {.profile = Profile::user_cloud,
                .suite = suite_,
                .domain = {},
                .own = key_of("s_I"),
                .responder = key_of("s_R").public_key(),
                .pid_key = long_term("pk_I").unmasked(),
                .psk = [](base::TimePoint) { return long_term("psk").unmasked(); }};
    }
    Suite suite_;
    RememberingRandom random_;
    PeerTable peers_;
    std::optional<Server> server_;
    std::optional<Client> client_;
};

bool is_of_the_handshake_alone(const std::string& name) {
    return name == "e_I" || name == "e_R" || name == "es" || name == "ss" || name == "ee" ||
           name == "se";
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
    const auto secrets = secrets_of(cast.setup_of(1), first, second, random);
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
    const auto secrets = secrets_of(cast.setup_of(1), first, second, random);
    EXPECT_GT(copies_of(secrets.at("e_I")), 0) << "the true answer may still come";
    now += std::chrono::seconds(5);
    (void)client.tick(now);
    server.tick(now);
    for (const auto& [name, secret] : secrets) EXPECT_EQ(copies_of(secret), 0) << name;
}

TEST_P(Erasure, EndsThatAreGoneLeaveNoneOfTheirLongTermSecretsInTheProcess) {
    std::optional<Line> line(std::in_place, GetParam());
    const auto secrets = line->talk();
    for (const auto& [name, secret] : secrets) {
        EXPECT_EQ(copies_of(secret) > 0, !is_of_the_handshake_alone(name)) << name;
    }
    line.reset();
    for (const auto& [name, secret] : secrets) EXPECT_EQ(copies_of(secret), 0) << name;
}

TEST_P(Erasure, ACoreOfTheProcessHoldsNoSecretAfterTheClose) {
    const Child child([&](const Child& self) {
        std::optional<Line> line(std::in_place, GetParam());
        self.tell(line->talk());
        Child::stop();
        line.reset();
        Child::stop();
    });
    ASSERT_TRUE(child.is_stopped());
    const auto secrets = child.told();
    ASSERT_EQ(secrets.size(), 14U);
    {
        const auto core = child.core();
        for (const auto& [name, secret] : secrets) {
            EXPECT_EQ(copies_in(core, secret) > 0, !is_of_the_handshake_alone(name)) << name;
        }
    }
    child.go_on();
    ASSERT_TRUE(child.is_stopped());
    const auto core = child.core();
    for (const auto& [name, secret] : secrets) EXPECT_EQ(copies_in(core, secret), 0) << name;
}

INSTANTIATE_TEST_SUITE_P(Suites, Erasure,
                         ::testing::Values(Suite::chacha20_poly1305, Suite::aes_256_gcm),
                         [](const auto& one) { return std::string(name_of(one.param)); });

}  // namespace
}  // namespace keyagreement
