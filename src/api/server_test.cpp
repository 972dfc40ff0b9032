// SPDX-License-Identifier: Apache-2.0
// Goal: hostile and clumsy clients harm nobody. Method: bytes over loopback, as they come.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "api/internal/server.h"
#include "api/internal/test_node.h"

namespace api::testing {
namespace {

using namespace std::chrono_literals;

/// A plain TCP client with a time limit on reading.
class Client {
public:
    explicit Client(std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
        const timeval limit{.tv_sec = 5, .tv_usec = 0};
        ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(port);
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        connected_ =
            ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    }
    ~Client() { ::close(socket_); }
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    [[nodiscard]] bool connected() const { return connected_; }
    void send(std::string_view bytes) const {
        while (!bytes.empty()) {
            const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent <= 0) return;  // the node closed already: what it answered is read below
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
    }
    void finish_sending() const { ::shutdown(socket_, SHUT_WR); }
    /// Until `wanted` was read `times` times, or the end, or the time limit.
    std::string read(std::string_view wanted = {}, int times = 1) {
        std::array<char, 65'536> piece{};
        while (true) {
            int seen = 0;
            for (std::size_t at = 0; !wanted.empty() && (at = all_.find(wanted, at)) != all_.npos;
                 at += wanted.size()) {
                ++seen;
            }
            if (!wanted.empty() && seen >= times) return all_;
            const auto count = ::recv(socket_, piece.data(), piece.size(), 0);
            if (count <= 0) return all_;
            all_.append(piece.data(), static_cast<std::size_t>(count));
        }
    }

private:
    int socket_;
    bool connected_ = false;
    std::string all_;
};

class ServerTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { node = std::make_unique<TestNode>(); }
    static void TearDownTestSuite() { node.reset(); }
    void SetUp() override { restart(node->options()); }
    void restart(Options options) {
        server.reset();
        options.port = 0;
        service = *Service::make(node->parts(), std::move(options));
        auto started = Server::start(service);
        ASSERT_TRUE(started) << started.error().detail;
        server = *std::move(started);
    }
    [[nodiscard]] std::string host() const {
        return "Host: 127.0.0.1:" + std::to_string(server->port()) + "\r\n";
    }
    std::string answer(const std::string& bytes) const {
        Client client(server->port());
        client.send(bytes);
        return client.read("\r\n\r\n");
    }
    static std::unique_ptr<TestNode> node;
    std::shared_ptr<Service> service;
    std::unique_ptr<Server> server;
};
std::unique_ptr<TestNode> ServerTest::node;

TEST_F(ServerTest, AnswersAreSentWithSecurityHeadersAndAreNotCached) {
    const auto text = answer("GET /api/v1/info HTTP/1.1\r\n" + host() + "\r\n");
    EXPECT_TRUE(text.starts_with("HTTP/1.1 200 OK\r\n")) << text;
    for (const auto* header : {"Cache-Control: no-store", "X-Content-Type-Options: nosniff",
                               "Content-Security-Policy: default-src 'none'"}) {
        EXPECT_NE(text.find(header), std::string::npos) << header;
    }
}

TEST_F(ServerTest, OneConnectionServesManyRequestsAlsoPipelined) {
    Client client(server->port());
    const auto request = "GET /healthz HTTP/1.1\r\n" + host() + "\r\n";
    client.send(request + request + request);
    const auto text = client.read("ok\n", 3);
    std::size_t answers = 0;
    for (std::size_t at = 0; (at = text.find("HTTP/1.1 200", at)) != text.npos; ++at) ++answers;
    EXPECT_EQ(answers, 3U) << text;
}

TEST_F(ServerTest, HeadIsGetWithoutTheBody) {
    Client client(server->port());
    client.send("HEAD /healthz HTTP/1.1\r\n" + host() + "Connection: close\r\n\r\n");
    const auto text = client.read();
    EXPECT_TRUE(text.starts_with("HTTP/1.1 200"));
    EXPECT_NE(text.find("Content-Length: 3"), std::string::npos) << text;
    EXPECT_TRUE(text.ends_with("\r\n\r\n")) << text;
}

TEST_F(ServerTest, WhatTwoReadersCouldUnderstandDifferentlyIsRefusedAndClosed) {
    const auto post = "POST /api/v1/logout HTTP/1.1\r\n" + host() + "X-Salus: 1\r\n";
    const std::vector<std::string> smuggling{
        post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x",
        post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        post + "Content-Length: 5, 6\r\n\r\nhello!",
        post + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        post + "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        post + "Content-Length: -1\r\n\r\n",
        post + "Content-Length: 99999999999999999999\r\n\r\n",
        "GET /healthz HTTP/1.1\r\n" + host() + host() + "\r\n",
        "GET /healthz HTTP/1.1\r\n\r\n",
        "GET http://evil.example/healthz HTTP/1.1\r\n" + host() + "\r\n",
        "GET  /healthz HTTP/1.1\r\n" + host() + "\r\n",
        "GET /healthz HTTP/1.1\r\nHost : x\r\n\r\n",
        "GET /healthz HTTP/9.9\r\n" + host() + "\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 not TLS here\r\n\r\n"};
    for (const auto& bytes : smuggling) {
        Client client(server->port());
        client.send(bytes);
        client.finish_sending();
        const auto text = client.read();
        EXPECT_TRUE(text.empty() || text.starts_with("HTTP/1.1 4")) << bytes << "\n-> " << text;
        EXPECT_EQ(text.find("HTTP/1.1", 1), text.npos) << "answered twice: " << bytes << text;
        EXPECT_EQ(text.find("204 No Content"), text.npos) << bytes;
    }
}

TEST_F(ServerTest, AHugeBodyOrHeaderIsRefusedBeforeItIsRead) {
    const auto body = answer("POST /api/v1/login HTTP/1.1\r\n" + host() +
                             "X-Salus: 1\r\nContent-Length: 1048577\r\n\r\n");
    EXPECT_TRUE(body.starts_with("HTTP/1.1 413")) << body;
    const auto header = answer("GET /healthz HTTP/1.1\r\n" + host() +
                               "X-Large: " + std::string(20'000, 'x') + "\r\n\r\n");
    EXPECT_TRUE(header.starts_with("HTTP/1.1 431")) << header;
}

TEST_F(ServerTest, ATruncatedRequestIsAnsweredByNothingAndHarmsNobody) {
    for (const auto* bytes : {"", "G", "GET /healthz", "GET /healthz HTTP/1.1\r\nHost: x"}) {
        Client client(server->port());
        client.send(bytes);
        client.finish_sending();
        EXPECT_EQ(client.read(), "") << bytes;
    }
    EXPECT_NE(answer("GET /healthz HTTP/1.1\r\n" + host() + "\r\n").find("200 OK"),
              std::string::npos);
}

TEST_F(ServerTest, NoPathLeadsOutOfTheWebFolder) {
    const std::filesystem::path folder = ::testing::TempDir() + "/salus-web-test";
    std::filesystem::create_directories(folder / "assets");
    std::ofstream(folder.parent_path() / "salus-secret.txt") << "the secret";
    std::ofstream(folder / "index.html") << "<p>the app</p><script>1</script>";
    std::ofstream(folder / "assets/app-1.js") << "plain";
    std::ofstream(folder / "assets/app-1.js.br") << "brotli";
    std::error_code failed;
    std::filesystem::create_symlink(folder.parent_path() / "salus-secret.txt", folder / "link.txt",
                                    failed);
    auto options = node->options();
    options.web = folder;
    restart(options);
    for (const auto* path :
         {"/../salus-secret.txt", "/%2e%2e/salus-secret.txt", "/..%2fsalus-secret.txt",
          "//etc/passwd", "/assets/../../salus-secret.txt", "/link.txt", "/\\..\\salus-secret.txt",
          "/%00", "/assets/app-1.js%00.html"}) {
        Client client(server->port());
        client.send("GET " + std::string(path) + " HTTP/1.1\r\n" + host() +
                    "Connection: close\r\n\r\n");
        const auto text = client.read();
        EXPECT_EQ(text.find("the secret"), text.npos) << path;
        EXPECT_EQ(text.find("root:"), text.npos) << path;
    }
    Client page(server->port());
    page.send("GET /patients/abc HTTP/1.1\r\n" + host() + "Connection: close\r\n\r\n");
    const auto index = page.read();
    EXPECT_NE(index.find("the app"), index.npos) << index;
    EXPECT_NE(index.find("script-src 'self' 'sha256-"), index.npos) << index;
    EXPECT_NE(index.find("Cache-Control: no-cache"), index.npos);
    Client asset(server->port());
    asset.send("GET /assets/app-1.js HTTP/1.1\r\n" + host() +
               "Accept-Encoding: gzip, br\r\nConnection: close\r\n\r\n");
    const auto script = asset.read();
    EXPECT_NE(script.find("Content-Encoding: br"), script.npos) << script;
    EXPECT_NE(script.find("immutable"), script.npos);
    EXPECT_TRUE(script.ends_with("brotli"));
    EXPECT_NE(answer("GET /assets/gone.js HTTP/1.1\r\n" + host() + "\r\n").find(" 404 "),
              std::string::npos);
}

TEST_F(ServerTest, MoreConnectionsThanAllowedAreTurnedAwayAndLaterServedAgain) {
    auto options = node->options();
    options.connections_max = 4;
    restart(options);
    {
        std::vector<std::unique_ptr<Client>> idle;
        for (int i = 0; i < 4; ++i) {
            idle.push_back(std::make_unique<Client>(server->port()));
            idle.back()->send("GET /healthz HTTP/1.1\r\n" + host() + "\r\n");
            EXPECT_NE(idle.back()->read("ok\n").find("200 OK"), std::string::npos);
        }
        Client fifth(server->port());
        EXPECT_TRUE(fifth.read().starts_with("HTTP/1.1 503"));
    }
    std::string text;
    for (int i = 0; i < 200 && text.find("200 OK") == text.npos; ++i) {
        text = answer("GET /healthz HTTP/1.1\r\n" + host() + "\r\n");
    }
    EXPECT_NE(text.find("200 OK"), text.npos);
}

TEST_F(ServerTest, LiveEventsArriveOverTheWireAndResume) {
    const auto cookie =
        "Cookie: salus_session=" + service->sessions.open(node->person("ana").id).token + "\r\n";
    std::string last;
    {
        Client client(server->port());
        client.send("GET /api/v1/events HTTP/1.1\r\n" + host() + cookie + "\r\n");
        EXPECT_NE(client.read("event: ping").find("text/event-stream"), std::string::npos);
        node->send_readings("ana");
        const auto text = client.read("event: vitals");
        ASSERT_NE(text.find("event: vitals"), text.npos) << text;
        const auto at = text.rfind("id: ");
        last = text.substr(at + 4, text.find('\n', at) - at - 4);
    }
    node->grant("ben", "nora");
    node->send_readings("ana");
    Client client(server->port());
    client.send("GET /api/v1/events HTTP/1.1\r\n" + host() + cookie + "Last-Event-ID: " + last +
                "\r\n\r\n");
    client.read("event: block");  // blocks and readings come by threads of their own, in any order
    const auto text = client.read("event: vitals");
    EXPECT_NE(text.find("event: block"), text.npos) << text;
    EXPECT_EQ(text.find("event: missed"), text.npos) << text;
}

TEST_F(ServerTest, APortThatIsTakenIsSaidInOneSentence) {
    auto options = node->options();
    options.port = server->port();
    const auto second = Server::start(*Service::make(node->parts(), options));
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, base::ErrorCode::busy);
    EXPECT_NE(second.error().detail.find(std::to_string(options.port)), std::string::npos);
}

TEST_F(ServerTest, StoppingWithOpenStreamsAndNewEventsIsClean) {
    const auto cookie =
        "Cookie: salus_session=" + service->sessions.open(node->person("ana").id).token + "\r\n";
    Client client(server->port());
    client.send("GET /api/v1/events HTTP/1.1\r\n" + host() + cookie + "\r\n");
    client.read("event: ping");
    std::jthread publisher([](const std::stop_token& stop) {
        while (!stop.stop_requested()) node->send_readings("ana");
    });
    std::this_thread::sleep_for(100ms);
    server.reset();
    service.reset();
    publisher.request_stop();
    publisher.join();
    EXPECT_EQ(client.read("never").find("never"), std::string::npos);
}

}  // namespace
}  // namespace api::testing
