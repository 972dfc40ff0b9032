// SPDX-License-Identifier: Apache-2.0
// Which versions and ciphers of TLS broker and clients speak: a real mosquitto, asked by OpenSSL's
// own client; and our client, which meets brokers that are capped by OpenSSL's configuration.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "base/random.h"
#include "gateway/broker_config.h"
#include "gateway/testing/test_broker.h"
#include "mqtt/mosquitto_network.h"
#include "storage/files.h"

namespace gateway {
namespace {

using mqtt::TlsMin;
using namespace std::chrono_literals;

struct Listener final : mqtt::Listener {
    void on_connected() override { connected = true; }
    void on_disconnected(std::string_view) override { refused = true; }
    void on_message(std::string_view, base::ByteView) override {}
    bool connected = false;
    bool refused = false;
};

struct BrokerTls : testing::Test {
    BrokerTls() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-tls-" + std::to_string(::getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
    }
    ~BrokerTls() override {
        broker.reset();
        std::filesystem::remove_all(folder);
    }
    void SetUp() override {
        if (!TestBroker::available()) GTEST_SKIP() << "no mosquitto at " << TestBroker::program;
    }
    /// A broker that is configured as ours, but for lines of OpenSSL's configuration, and settings
    /// that stand in place of ours.
    void start(TlsMin tls_min, const std::string& openssl_lines = {},
               const std::map<std::string, std::string>& replaced = {}) {
        BrokerSetup setup;
        setup.port = TestBroker::free_port();
        setup.node_secret = base::Bytes(32, 1);
        setup.tls_min = tls_min;
        const auto written = write_broker_config(folder, setup, random);
        ASSERT_TRUE(written) << written.error().detail;
        files = *written;
        port = setup.port;
        std::string text(base::as_text(*storage::read_file(files.config(), 1 << 20)));
        for (const auto& [setting, value] : replaced) {
            const auto at = text.find("\n" + setting + " ");
            ASSERT_NE(at, std::string::npos) << setting;
            text.replace(at, text.find('\n', at + 1) - at, "\n" + setting + " " + value);
        }
        ASSERT_TRUE(storage::write_file_synced(files.config(), base::as_bytes(text)));
        std::filesystem::path openssl_config;
        if (!openssl_lines.empty()) {
            openssl_config = folder / "openssl.cnf";
            const std::string capped =
                "openssl_conf = all\n[all]\nssl_conf = ssl\n[ssl]\nsystem_default = tls\n[tls]\n" +
                openssl_lines;
            ASSERT_TRUE(storage::write_file_synced(openssl_config, base::as_bytes(capped)));
        }
        broker = std::make_unique<TestBroker>(files.config(), port, openssl_config);
        ASSERT_TRUE(broker->start());
    }
    /// Whether OpenSSL's client, told `options`, agrees with the broker.
    [[nodiscard]] bool agrees(const std::string& options) const {
        const std::string command =
            "openssl s_client -brief -verify_return_error -connect 127.0.0.1:" +
            std::to_string(port) + " -CAfile '" + files.ca().string() + "' " + options +
            " </dev/null >/dev/null 2>&1";
        return std::system(command.c_str()) == 0;
    }
    /// Whether our client does.
    [[nodiscard]] bool our_client_agrees(TlsMin tls_min) const {
        auto network = mqtt::MosquittoNetwork::open({"127.0.0.1", port, files.ca(), tls_min});
        EXPECT_TRUE(network);
        Listener listener;
        const std::string user(gateway_user);
        const auto client = (*network)->make_client(
            {user, user, broker_password(base::Bytes(32, 1), gateway_user)});
        client->connect(listener);
        const auto end = std::chrono::steady_clock::now() + 10s;
        while (!listener.connected && !listener.refused) {
            if (std::chrono::steady_clock::now() > end) break;
            (*network)->poll(20ms);
        }
        client->disconnect();
        return listener.connected;
    }

    std::filesystem::path folder;
    base::SeededRandom random{1};
    BrokerFiles files;
    std::uint16_t port = 0;
    std::unique_ptr<TestBroker> broker;
};

// Ciphers of TLS 1.2 whose records are not AEAD, and older versions. OpenSSL's own limits are
// lifted, so that it is the broker that refuses.
constexpr const char* cbc = "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0";
constexpr const char* cbc_sha1 = "-tls1_2 -cipher ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0";
constexpr const char* tls_1_1 = "-tls1_1 -cipher DEFAULT:@SECLEVEL=0";
constexpr const char* tls_1_0 = "-tls1 -cipher DEFAULT:@SECLEVEL=0";

TEST_F(BrokerTls, Speaks13AloneUnlessToldOtherwise) {
    ASSERT_NO_FATAL_FAILURE(start(TlsMin::v1_3));
    EXPECT_TRUE(agrees("-tls1_3"));
    for (const char* refused : {"-tls1_2", cbc, cbc_sha1, tls_1_1, tls_1_0}) {
        EXPECT_FALSE(agrees(refused)) << refused;
    }
    EXPECT_TRUE(our_client_agrees(TlsMin::v1_3));
    EXPECT_TRUE(our_client_agrees(TlsMin::v1_2));
}

TEST_F(BrokerTls, Takes12WithEphemeralKeysAndAeadWhereItIsAllowed) {
    ASSERT_NO_FATAL_FAILURE(start(TlsMin::v1_2));
    for (const char* taken : {"-tls1_3", "-tls1_2", "-tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256",
                              "-tls1_2 -cipher ECDHE-ECDSA-AES256-GCM-SHA384",
                              "-tls1_2 -cipher ECDHE-ECDSA-CHACHA20-POLY1305"}) {
        EXPECT_TRUE(agrees(taken)) << taken;
    }
    for (const char* refused : {cbc, cbc_sha1, tls_1_1, tls_1_0}) {
        EXPECT_FALSE(agrees(refused)) << refused;
    }
    EXPECT_TRUE(our_client_agrees(TlsMin::v1_3));
}

// The broker of these knows nothing newer than 1.2.
TEST_F(BrokerTls, OurClientsSpeak12OnlyWhereItIsAllowed) {
    ASSERT_NO_FATAL_FAILURE(start(TlsMin::v1_2, "MaxProtocol = TLSv1.2\n"));
    EXPECT_FALSE(agrees("-tls1_3")) << "the cap does not work";
    EXPECT_FALSE(our_client_agrees(TlsMin::v1_3));
    EXPECT_TRUE(our_client_agrees(TlsMin::v1_2));
}

TEST_F(BrokerTls, OurClientsNeverTakeACipherThatIsNoAead) {
    ASSERT_NO_FATAL_FAILURE(
        start(TlsMin::v1_2, "MaxProtocol = TLSv1.2\n", {{"ciphers", "ECDHE-ECDSA-AES128-SHA256"}}));
    EXPECT_TRUE(agrees(cbc)) << "such a broker does not exist";
    EXPECT_FALSE(our_client_agrees(TlsMin::v1_2));
}

TEST_F(BrokerTls, OurClientsNeverSpeak11) {
    ASSERT_NO_FATAL_FAILURE(
        start(TlsMin::v1_2,
              "MinProtocol = TLSv1.1\nMaxProtocol = TLSv1.1\nCipherString = DEFAULT:@SECLEVEL=0\n",
              {{"tls_version", "tlsv1.1"}, {"ciphers", "DEFAULT:@SECLEVEL=0"}}));
    EXPECT_TRUE(agrees(tls_1_1)) << "such a broker does not exist";
    EXPECT_FALSE(our_client_agrees(TlsMin::v1_2));
}

}  // namespace
}  // namespace gateway
