// SPDX-License-Identifier: Apache-2.0
// Goal: who completes a handshake as a user is signed in as that user, once, by what is said under
// its keys alone; everything else is silence on the wire, counted inside, and disturbs nobody.
// Method: a whole node in memory; the test plays users, first frame by frame, then over a real
// WebSocket.
#include "api/user_agreement.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/json.hpp>
#include <deque>

#include "api/agreement_client.h"
#include "api/internal/agreement_connection.h"
#include "api/internal/server.h"
#include "api/internal/test_node.h"
#include "api/node_client.h"
#include "api/sign_in_record.h"
#include "keyagreement/client.h"
#include "keyagreement/credentials.h"
#include "keyagreement/peer_table.h"

namespace api::testing {
namespace {

namespace json = boost::json;
namespace websocket = boost::beast::websocket;
using keyagreement::Failure;
using keyagreement::PrivateKey;
using keyagreement::Profile;
using keyagreement::Secret32;
using namespace std::chrono_literals;

constexpr auto suite = keyagreement::Suite::chacha20_poly1305;

Secret32 secret(std::uint8_t byte) {
    return *Secret32::from(base::Bytes(32, byte));
}
PrivateKey key(std::uint8_t byte) {
    return PrivateKey::from_bytes(secret(byte));
}

class UserAgreementTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { shared_node = std::make_unique<TestNode>(); }
    static void TearDownTestSuite() { shared_node.reset(); }
    UserAgreementTest() {
        node.enroller().failing.reset();
        keyagreement::PeerName ana;
        ana.bytes = node.person("ana").id.bytes;
        table.put({.profile = Profile::user_cloud,
                   .peer = {.name = ana,
                            .static_public = key(1).public_key(),
                            .psk = secret(3),
                            .psk_previous = {},
                            .revoked = false,
                            .clockless_allowed = false},
                   .pid_key = secret(4)});
        users = std::make_unique<UserAgreement>(
            keyagreement::ServerSetup{.profiles = {Profile::user_cloud},
                                      .suite = suite,
                                      .domain = {},
                                      .own = key(2),
                                      .started_at = node.clock.now()},
            UserAgreement::Parts{table, node.clock, random, [this] { return refused_users; }});
        auto parts = node.parts();
        parts.users = users.get();
        auto options = node.options();
        options.port = 0;
        service = *Service::make(parts, std::move(options));
    }
    /// Ana's client: `own` is her static key, which she derives from her secret.
    keyagreement::Client client(std::uint8_t own = 1, std::uint8_t psk = 3,
                                std::uint8_t pid_key = 4) {
        return {{.profile = Profile::user_cloud,
                 .suite = suite,
                 .domain = {},
                 .own = key(own),
                 .responder = key(2).public_key(),
                 .pid_key = secret(pid_key),
                 .psk = [psk](base::TimePoint) { return secret(psk); }},
                random};
    }
    /// The node's answer to one frame, recorded as who sees the whole wire would.
    std::vector<base::Bytes> send(const base::Bytes& frame, std::string_view source = "here") {
        sent.push_back(frame);
        auto answers = service->agree(source, frame);
        answered.insert(answered.end(), answers.begin(), answers.end());
        return answers;
    }
    /// Carries frames until both are silent. Answers whether the client is ready.
    bool connect(keyagreement::Client& from, std::string_view source = "here") {
        std::deque<base::Bytes> frames;
        const auto keep = [&](std::vector<base::Bytes> more) {
            for (auto& frame : more) frames.push_back(std::move(frame));
        };
        keep(from.start(node.clock.now()).to_send);
        while (!frames.empty()) {
            const auto frame = std::move(frames.front());
            frames.pop_front();
            for (const auto& answer : send(frame, source)) {
                keep(from.receive(answer, node.clock.now()).to_send);
            }
        }
        return from.ready();
    }
    /// Says `plaintext` in a record of the client's session. Answers what it is told in one, if
    /// anything.
    std::optional<base::Bytes> say(keyagreement::Client& from, base::ByteView plaintext) {
        const auto record = from.seal(plaintext, node.clock.now());
        EXPECT_TRUE(record);
        const auto answers = send(*record);
        if (answers.empty()) return std::nullopt;
        auto outcome = from.receive(answers.at(0), node.clock.now());
        EXPECT_TRUE(outcome.received);
        if (!outcome.received) return std::nullopt;
        return std::move(outcome.received->plaintext);
    }
    /// Who the node says has signed in.
    std::optional<std::string> sign_in(keyagreement::Client& from) {
        const auto told = say(from, encode_sign_in(*from.login_token()));
        return told ? decode_signed_in(*told) : std::nullopt;
    }
    static std::string cookie_of(const keyagreement::Client& of) {
        return base::to_hex(keyagreement::session_token_of(*of.session_key()).view());
    }
    Response me_by(const std::string& cookie) {
        auto request = node.request(Method::get, "/api/v1/me");
        request.host = "127.0.0.1:" + std::to_string(service->port.load());
        request.session_cookie = cookie;
        return service->handle(request);
    }
    std::uint64_t refused(std::string_view reason) const {
        for (const auto& [name, count] : users->refusals()) {
            if (name == reason) return count;
        }
        return 0;
    }
    static std::unique_ptr<TestNode> shared_node;
    TestNode& node = *shared_node;
    base::SeededRandom random{5};
    keyagreement::PeerTable table;
    std::vector<keyagreement::PeerName> refused_users;
    std::unique_ptr<UserAgreement> users;
    std::shared_ptr<Service> service;
    std::vector<base::Bytes> sent;      ///< By clients.
    std::vector<base::Bytes> answered;  ///< By the node.
};
std::unique_ptr<TestNode> UserAgreementTest::shared_node;

TEST_F(UserAgreementTest, ACompletedHandshakeSignsInWithoutAPassword) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    EXPECT_EQ(me_by(cookie_of(anas)).status, 401U) << "the handshake alone opens nothing";
    const auto told = sign_in(anas);
    ASSERT_TRUE(told);
    const auto response = me_by(cookie_of(anas));
    ASSERT_EQ(response.status, 200U) << response.body;
    EXPECT_EQ(json::parse(response.body), json::parse(*told));
    EXPECT_EQ(json::parse(*told).at("login"), "ana");
    EXPECT_EQ(json::parse(*told).at("role"), "patient");
}

// Goal: who reads every frame of a login, as a proxy where TLS ends does, can take no session from
// it. Method: all bytes of both directions are searched for each secret of the login, as bytes and
// as the digits of a cookie, and for the words of the answer.
TEST_F(UserAgreementTest, NothingThatSignsInIsOnTheWireOutsideARecord) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    const auto token = anas.login_token()->clone();
    const auto session_key = anas.session_key()->clone();
    const auto session_token = keyagreement::session_token_of(session_key);
    const auto told = sign_in(anas);
    ASSERT_TRUE(told);
    std::string wire;
    for (const auto* direction : {&sent, &answered}) {
        for (const auto& frame : *direction) wire += base::as_text(frame);
    }
    for (const auto* secret : {&token, &session_key, &session_token}) {
        EXPECT_EQ(wire.find(base::as_text(secret->view())), std::string::npos);
        EXPECT_EQ(wire.find(base::to_hex(secret->view())), std::string::npos);
    }
    EXPECT_EQ(wire.find("ana"), std::string::npos);
    EXPECT_EQ(wire.find(*told), std::string::npos);
    EXPECT_EQ(sent.size(), 3U);
    EXPECT_EQ(sent.back().size(), 34U + 33U);
    EXPECT_EQ(answered.back().size(), 34U + 1U + told->size());
}

TEST_F(UserAgreementTest, TheSessionsTokenFollowsFromSecKeyAndNotFromTheLoginToken) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    ASSERT_TRUE(sign_in(anas));
    EXPECT_EQ(me_by(base::to_hex(anas.login_token()->view())).status, 401U);
    EXPECT_EQ(me_by(base::to_hex(anas.session_key()->view())).status, 401U);
    EXPECT_EQ(me_by(cookie_of(anas)).status, 200U);
    auto again = client();
    ASSERT_TRUE(connect(again));
    EXPECT_NE(cookie_of(again), cookie_of(anas)) << "each handshake has its own";
}

TEST_F(UserAgreementTest, ALoginTokenIsGoodOnce) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    ASSERT_TRUE(sign_in(anas));
    service->sessions.drop_idle();
    EXPECT_FALSE(sign_in(anas)) << "its session is over at the node";
    EXPECT_EQ(refused("E_STATE"), 1U);
}

TEST_F(UserAgreementTest, ALoginTokenIsOverAfterTwoMinutes) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    node.clock.advance(2min);
    EXPECT_FALSE(sign_in(anas));
    EXPECT_EQ(refused("E_TOKEN"), 1U);
    EXPECT_EQ(me_by(cookie_of(anas)).status, 401U);
}

TEST_F(UserAgreementTest, ATokenOfAnotherHandshakeOrOfNobodyIsSilenceAndCounted) {
    auto first = client();
    ASSERT_TRUE(connect(first));
    auto second = client();
    ASSERT_TRUE(connect(second));
    EXPECT_FALSE(say(second, encode_sign_in(*first.login_token())));
    EXPECT_FALSE(say(second, encode_sign_in(secret(9))));
    EXPECT_EQ(refused("E_TOKEN"), 2U);
    EXPECT_TRUE(sign_in(second)) << "and spoils nothing";
}

TEST_F(UserAgreementTest, AUserWhoAgreesOverAndOverTakesNobodysPlace) {
    std::vector<keyagreement::Client> anas;
    for (int i = 0; i < 4; ++i) {
        anas.push_back(client());
        ASSERT_TRUE(connect(anas.back()));
        node.clock.advance(1ms);
    }
    EXPECT_EQ(users->waiting(), 2U);
    EXPECT_FALSE(sign_in(anas.at(0)));
    EXPECT_TRUE(sign_in(anas.at(3))) << "her newest is good";
}

TEST_F(UserAgreementTest, ARecordThatIsNoSignInIsSilenceAndCounted) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    auto too_long = encode_sign_in(*anas.login_token());
    too_long.push_back(0);
    auto too_short = encode_sign_in(*anas.login_token());
    too_short.pop_back();
    auto other_kind = encode_sign_in(*anas.login_token());
    other_kind.front() = 2;
    const auto bare =
        base::Bytes(anas.login_token()->view().begin(), anas.login_token()->view().end());
    for (const auto& bad : {too_long, too_short, other_kind, bare, base::Bytes{1}}) {
        EXPECT_FALSE(say(anas, bad));
    }
    EXPECT_EQ(refused("E_TOKEN"), 5U);
    EXPECT_TRUE(sign_in(anas)) << "and spoils nothing";
}

TEST_F(UserAgreementTest, AnAlteredOrRepeatedSignInIsSilenceAndCounted) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    const auto record = anas.seal(encode_sign_in(*anas.login_token()), node.clock.now());
    for (std::size_t bit = 0; bit < record->size() * 8; ++bit) {
        auto flipped = *record;
        flipped.at(bit / 8) ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_TRUE(send(flipped).empty()) << bit;
    }
    EXPECT_EQ(send(*record).size(), 1U) << "and spoils nothing";
    EXPECT_TRUE(send(*record).empty());
}

TEST_F(UserAgreementTest, AWrongSecretIsSilenceAndCounted) {
    auto guess = client(7);
    EXPECT_FALSE(connect(guess));
    EXPECT_EQ(refused("E_AEAD2"), 1U);
    auto anas = client();
    EXPECT_TRUE(connect(anas)) << "she is not locked out";
}

TEST_F(UserAgreementTest, TheCredentialsOfAnotherEpochAreSilenceAndCounted) {
    auto old = client(1, 8);
    EXPECT_FALSE(connect(old));
    EXPECT_EQ(refused("E_AEAD2"), 1U);
}

TEST_F(UserAgreementTest, AnUnknownUserIsSilenceAndCounted) {
    auto stranger = client(1, 3, 9);
    EXPECT_FALSE(connect(stranger));
    EXPECT_EQ(refused("E_UNKNOWN_PID"), 1U);
}

TEST_F(UserAgreementTest, ARevokedUserIsSilenceAndCounted) {
    keyagreement::PeerName ana;
    ana.bytes = node.person("ana").id.bytes;
    table.revoke(ana);
    auto anas = client();
    EXPECT_FALSE(connect(anas));
    EXPECT_EQ(refused("E_REVOKED"), 1U);
}

class RevokedWhileSigningIn : public UserAgreementTest {
protected:
    void revoke_ana() {
        keyagreement::PeerName ana;
        ana.bytes = node.person("ana").id.bytes;
        refused_users.push_back(ana);
    }
};

TEST_F(RevokedWhileSigningIn, AWaitingLoginIsOver) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    revoke_ana();
    EXPECT_FALSE(sign_in(anas)) << "at once";
    EXPECT_EQ(refused("E_TOKEN"), 1U);
    EXPECT_EQ(me_by(cookie_of(anas)).status, 401U);
}

TEST_F(RevokedWhileSigningIn, AHandshakeAndALoginThatAreOpenEndWithTheNextTick) {
    auto waiting = client();
    ASSERT_TRUE(connect(waiting));
    auto half = client();
    const auto first = half.start(node.clock.now()).to_send.at(0);
    const auto third = half.receive(send(first).at(0), node.clock.now()).to_send.at(0);
    revoke_ana();
    service->tick();
    EXPECT_EQ(users->waiting(), 0U);
    EXPECT_TRUE(send(third).empty());
    EXPECT_EQ(refused("E_STATE"), 1U);
}

TEST_F(RevokedWhileSigningIn, HerSessionEndsAndThatOfHerPasswordStays) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    ASSERT_TRUE(sign_in(anas));
    const auto by_password = service->sessions.open(node.person("ana").id).token;
    ASSERT_EQ(me_by(cookie_of(anas)).status, 200U);
    revoke_ana();
    service->tick();
    EXPECT_EQ(me_by(cookie_of(anas)).status, 401U);
    EXPECT_EQ(me_by(by_password).status, 200U) << "what was withdrawn is her client";
}

TEST_F(UserAgreementTest, ARecordedLoginSentAgainIsSilence) {
    auto anas = client();
    ASSERT_TRUE(connect(anas));
    ASSERT_TRUE(sign_in(anas));
    const auto recorded = sent;
    for (const auto& frame : recorded) EXPECT_TRUE(send(frame, "recorder").empty());
    EXPECT_EQ(refused("E_REPLAY"), 1U);
    EXPECT_EQ(refused("E_STATE"), 2U) << "MSG3 and the record belong to a session that is over";
    EXPECT_EQ(users->established(), 1U);
}

TEST_F(UserAgreementTest, GuessingIsSlowedDownForTheGuesserAlone) {
    for (int i = 0; i < 8; ++i) {
        auto guess = client(static_cast<std::uint8_t>(10 + i));
        EXPECT_FALSE(connect(guess, "guesser"));
    }
    EXPECT_GT(refused("E_THROTTLED"), 0U);
    auto anas = client();
    EXPECT_TRUE(connect(anas, "elsewhere"));
}

TEST_F(UserAgreementTest, AUserRegistersAClientForHerselfAlone) {
    const auto ask = [&](const std::string& body) {
        return node.post("ana", "/api/v1/me/agreement", body);
    };
    const std::string digits(64, '1');
    const auto good =
        ask(R"({"public_key":")" + digits + R"(","token_verifier":")" + digits + R"("})");
    ASSERT_EQ(good.status, 201U) << good.body;
    const auto grant = base::from_hex(json::parse(good.body).at("grant").as_string());
    EXPECT_EQ(base::as_text(grant.value()), "grant of " + node.id("ana"));
    for (const std::string& body :
         {std::string("{}"), R"({"public_key":"11","token_verifier":")" + digits + R"("})",
          R"({"public_key":")" + digits + R"(","token_verifier":""})",
          R"({"public_key":")" + digits + R"(","token_verifier":")" + digits +
              R"(","user":"ben"})"}) {
        EXPECT_EQ(ask(body).status, 400U) << body;
    }
    node.enroller().failing = base::ErrorCode::unavailable;
    EXPECT_EQ(
        ask(R"({"public_key":")" + digits + R"(","token_verifier":")" + digits + R"("})").status,
        503U);
}

TEST_F(UserAgreementTest, TheAdministratorReadsWhyLoginsWereRefused) {
    auto guess = client(7);
    EXPECT_FALSE(connect(guess));
    auto request = node.request(Method::get, "/api/v1/admin/refusals");
    request.host = "127.0.0.1:" + std::to_string(service->port.load());
    request.session_cookie = service->sessions.open(node.person("administrator").id).token;
    EXPECT_NE(service->handle(request).body.find(R"("login E_AEAD2")"), std::string::npos);
}

TEST(SourceOfAFlood, IsAnIpv4AddressOrThePrefixOfAnIpv6Subscriber) {
    const auto source = [](const char* address) {
        return source_of(boost::asio::ip::make_address(address));
    };
    EXPECT_EQ(source("192.0.2.1"), "192.0.2.1");
    EXPECT_NE(source("192.0.2.1"), source("192.0.2.2"));
    EXPECT_EQ(source("::ffff:192.0.2.1"), source("192.0.2.1"));
    EXPECT_EQ(source("2001:db8:0:1::1"), source("2001:db8:0:1:ffff:ffff:ffff:ffff"));
    EXPECT_NE(source("2001:db8:0:1::1"), source("2001:db8:0:2::1"));
}

/// Ends of a real WebSocket on loopback.
class AgreementWireTest : public UserAgreementTest {
protected:
    AgreementWireTest() : server(*Server::start(service)) {}
    [[nodiscard]] std::string port() const { return std::to_string(server->port()); }
    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + port(); }

    using Socket = websocket::stream<boost::asio::ip::tcp::socket>;
    boost::system::error_code open(Socket& socket, const std::string& path,
                                   const std::string& origin = {}) {
        boost::asio::ip::tcp::resolver resolver(context);
        boost::asio::connect(socket.next_layer(), resolver.resolve("127.0.0.1", port()));
        socket.set_option(websocket::stream_base::decorator([&](websocket::request_type& request) {
            if (!origin.empty()) request.set(boost::beast::http::field::origin, origin);
        }));
        boost::system::error_code failed;
        socket.handshake("127.0.0.1:" + port(), path, failed);
        return failed;
    }
    boost::asio::io_context context;
    std::unique_ptr<Server> server;
};

TEST_F(AgreementWireTest, AUserSignsInOverAWebSocket) {
    auto anas = client();
    const auto agreed = agree_and_sign_in(url(), anas, node.clock);
    ASSERT_TRUE(agreed) << agreed.error().detail;
    EXPECT_EQ(json::parse(agreed->me).at("login"), "ana");
    auto http = *NodeClient::open(url());
    http.use_session(agreed->token);
    const auto again = http.get("/api/v1/me");
    ASSERT_TRUE(again) << again.error().detail;
    EXPECT_EQ(json::parse(*again).at("login"), "ana");
}

TEST_F(AgreementWireTest, AWrongSecretHearsNothing) {
    auto guess = client(7);
    const auto agreed = agree_and_sign_in(url(), guess, node.clock, 300ms);
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().code, base::ErrorCode::unauthenticated);
    EXPECT_GE(refused("E_AEAD2"), 1U);
}

TEST_F(AgreementWireTest, WhereNoNodeIsTheErrorSaysSo) {
    const auto gone = url();
    server.reset();
    auto anas = client();
    const auto agreed = agree_and_sign_in(gone, anas, node.clock);
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().code, base::ErrorCode::unavailable);
}

TEST_F(AgreementWireTest, APageOfAnotherSiteAndAnotherPathAreRefused) {
    Socket foreign(context);
    EXPECT_EQ(open(foreign, "/api/v1/agreement", "http://evil.example"),
              websocket::error::upgrade_declined);
    Socket lost(context);
    EXPECT_EQ(open(lost, "/api/v1/events"), websocket::error::upgrade_declined);
    Socket own(context);
    EXPECT_FALSE(open(own, "/api/v1/agreement", url()));
}

TEST_F(AgreementWireTest, JunkGetsNoAnswerAndTheConnectionStaysUseful) {
    Socket socket(context);
    ASSERT_FALSE(open(socket, "/api/v1/agreement"));
    socket.binary(true);
    for (const std::size_t size : {0U, 1U, 26U, 74U, 114U, 130U, 1'024U}) {
        socket.write(boost::asio::buffer(std::string(size, 'x')));
    }
    auto anas = client();
    socket.write(boost::asio::buffer(anas.start(node.clock.now()).to_send.at(0)));
    boost::beast::flat_buffer buffer;
    socket.read(buffer);
    EXPECT_EQ(buffer.size(), 74U) << "MSG2 is the first thing that comes back";
    EXPECT_EQ(refused("E_PARSE") + refused("E_MAC1"), 7U);
}

TEST_F(AgreementWireTest, TextAndWhatIsTooLongEndTheConnection) {
    const auto ended = [&](bool binary, std::size_t size) {
        Socket socket(context);
        EXPECT_FALSE(open(socket, "/api/v1/agreement"));
        socket.binary(binary);
        socket.write(boost::asio::buffer(std::string(size, 'x')));
        boost::beast::flat_buffer buffer;
        boost::system::error_code failed;
        socket.read(buffer, failed);
        return failed.failed();
    };
    EXPECT_TRUE(ended(false, 10));
    EXPECT_TRUE(ended(true, 1'025));
}

TEST_F(AgreementWireTest, ANodeWithoutUsersServesNoWebSocket) {
    auto options = node.options();
    options.port = 0;
    server.reset();
    service = *Service::make(node.parts(), std::move(options));
    server = *Server::start(service);
    Socket socket(context);
    EXPECT_EQ(open(socket, "/api/v1/agreement"), websocket::error::upgrade_declined);
}

}  // namespace
}  // namespace api::testing
