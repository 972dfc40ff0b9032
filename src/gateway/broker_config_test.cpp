// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>

#include "crypto/random.h"
#include "gateway/internal/test_broker.h"
#include "mqtt/mosquitto_network.h"
#include "mqtt/topics.h"
#include "storage/files.h"

namespace gateway {
namespace {

using base::ErrorCode;
using internal::TestBroker;
using testing::HasSubstr;
using namespace std::chrono_literals;

const std::string device_a(32, 'a');
const std::string device_b(32, 'b');

struct BrokerConfig : testing::Test {
    BrokerConfig() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus broker " + std::to_string(::getpid()) + " " +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        setup.port = TestBroker::free_port();
        setup.users = {{std::string(gateway_user), "gateway-password"},
                       {device_a, device_password(base::Bytes(32, 1))},
                       {device_b, device_password(base::Bytes(32, 2))}};
    }
    ~BrokerConfig() override { std::filesystem::remove_all(folder); }
    std::string text_of(const std::filesystem::path& file) const {
        const auto bytes = storage::read_file(file, 1 << 20);
        return bytes ? std::string(base::as_text(*bytes)) : std::string{};
    }
    std::filesystem::path folder;
    BrokerSetup setup;
    crypto::SystemRandom random;
};

TEST_F(BrokerConfig, KeepsEveryFileForItsOwner) {
    const auto files = write_broker_config(folder, setup, random);
    ASSERT_TRUE(files) << files.error().detail;
    for (const auto& file : {files->config(), files->passwords(), files->access(), files->ca(),
                             files->ca_key(), files->certificate(), files->key()}) {
        struct stat info{};
        ASSERT_EQ(::stat(file.c_str(), &info), 0) << file;
        EXPECT_EQ(info.st_mode & 0777U, 0600U) << file;
    }
    EXPECT_THAT(text_of(files->config()), HasSubstr(" 127.0.0.1\n"));
    EXPECT_THAT(text_of(files->config()), HasSubstr("allow_anonymous false\n"));
    EXPECT_THAT(text_of(files->passwords()), testing::Not(HasSubstr("gateway-password")));
}

TEST_F(BrokerConfig, KeepsItsCertificatesUntilTheyEnd) {
    const auto files = write_broker_config(folder, setup, random);
    ASSERT_TRUE(files);
    const std::string certificate = text_of(files->certificate());
    ASSERT_TRUE(write_broker_config(folder, setup, random));
    EXPECT_EQ(text_of(files->certificate()), certificate);
    // A key that went missing gets a new certificate with it.
    std::filesystem::remove(files->key());
    ASSERT_TRUE(write_broker_config(folder, setup, random));
    EXPECT_NE(text_of(files->certificate()), certificate);
    // A new authority makes a new server's certificate.
    const std::string renewed = text_of(files->certificate());
    std::filesystem::remove(files->ca());
    ASSERT_TRUE(write_broker_config(folder, setup, random));
    EXPECT_NE(text_of(files->certificate()), renewed);
}

TEST_F(BrokerConfig, RefusesNamesThatWouldChangeItsMeaning) {
    const auto refused = [&](const std::filesystem::path& where) {
        const auto files = write_broker_config(where, setup, random);
        return !files && files.error().code == ErrorCode::malformed;
    };
    for (const char* name : {"", "a b", "a:b", "a\nuser root", "#", "+", "a/b", "%u"}) {
        setup.users = {{name, "p"}};
        EXPECT_TRUE(refused(folder)) << name;
    }
    setup.users = {{"a", ""}};
    EXPECT_TRUE(refused(folder));
    setup.users.clear();
    setup.tenant = "a/#";
    EXPECT_TRUE(refused(folder));
    setup.tenant = "default";
    EXPECT_TRUE(refused(folder / "a\nallow_anonymous true"));
    setup.port = 0;
    EXPECT_TRUE(refused(folder));
}

TEST(BrokerPasswords, DifferByKeyAndShowNothingOfIt) {
    const std::string password = device_password(base::Bytes(32, 1));
    EXPECT_EQ(password.size(), 43U);
    EXPECT_NE(password, device_password(base::Bytes(32, 2)));
    EXPECT_NE(password, gateway_password(base::Bytes(32, 1)));
}

/// A client that remembers what it was told.
struct Client final : mqtt::Listener {
    Client(mqtt::Network& network, const std::string& user, const std::string& password,
           std::string wanted)
        : filter(std::move(wanted)), transport(network.make_client({user, user, password})) {
        transport->connect(*this);
    }
    void on_connected() override {
        ++connections;
        EXPECT_TRUE(transport->subscribe(filter));
    }
    void on_disconnected(std::string_view why) override { reason = why; }
    void on_message(std::string_view topic, base::ByteView) override { got.emplace_back(topic); }

    std::string filter;
    std::unique_ptr<mqtt::MqttTransport> transport;
    int connections = 0;
    std::string reason;
    std::vector<std::string> got;
};

/// Polls until `condition` or 10 s are over.
template <class Condition>
bool eventually(mqtt::Network& network, Condition condition) {
    const auto end = std::chrono::steady_clock::now() + 10s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) return false;
        network.poll(20ms);
    }
    return true;
}

struct RealBroker : BrokerConfig {
    void SetUp() override {
        if (!TestBroker::available()) GTEST_SKIP() << "no mosquitto at " << TestBroker::program;
        const auto files = write_broker_config(folder, setup, random);
        ASSERT_TRUE(files) << files.error().detail;
        broker = std::make_unique<TestBroker>(files->config(), setup.port);
        ASSERT_TRUE(broker->start()) << text_of(folder / "log");
        auto opened = mqtt::MosquittoNetwork::open({"127.0.0.1", setup.port, files->ca()});
        ASSERT_TRUE(opened);
        network = std::move(*opened);
    }
    std::unique_ptr<TestBroker> broker;
    std::unique_ptr<mqtt::MosquittoNetwork> network;
};

TEST_F(RealBroker, LetsADeviceUseItsOwnTopicsAlone) {
    Client gateway(*network, std::string(gateway_user), "gateway-password",
                   mqtt::telemetry_topic("default", "+"));
    Client device(*network, device_a, setup.users[1].password, "#");
    Client other(*network, device_b, setup.users[2].password,
                 mqtt::acknowledgement_topic("default", "+"));
    ASSERT_TRUE(eventually(*network,
                           [&] {
                               return gateway.connections == 1 && device.connections == 1 &&
                                      other.connections == 1;
                           }))
        << gateway.reason << device.reason << other.reason << text_of(folder / "log");

    // A device that lies about its name, writes an acknowledgement, or writes elsewhere.
    ASSERT_TRUE(device.transport->publish(mqtt::telemetry_topic("default", device_b), {1}));
    ASSERT_TRUE(device.transport->publish(mqtt::acknowledgement_topic("default", device_a), {1}));
    ASSERT_TRUE(device.transport->publish("salus/v1/default/x", {1}));
    ASSERT_TRUE(device.transport->publish(mqtt::telemetry_topic("default", device_a), {1}));
    ASSERT_TRUE(eventually(*network, [&] { return !gateway.got.empty(); }));
    EXPECT_EQ(gateway.got, std::vector{mqtt::telemetry_topic("default", device_a)});

    // An acknowledgement reaches its device and nobody else, whatever they subscribed to.
    ASSERT_TRUE(gateway.transport->publish(mqtt::acknowledgement_topic("default", device_a), {1}));
    ASSERT_TRUE(gateway.transport->publish(mqtt::acknowledgement_topic("default", device_b), {1}));
    ASSERT_TRUE(eventually(*network, [&] { return !device.got.empty() && !other.got.empty(); }));
    EXPECT_EQ(device.got, std::vector{mqtt::acknowledgement_topic("default", device_a)});
    EXPECT_EQ(other.got, std::vector{mqtt::acknowledgement_topic("default", device_b)});
}

TEST_F(RealBroker, RefusesAWrongPasswordAndAStranger) {
    Client wrong(*network, device_a, "wrong", "#");
    Client stranger(*network, std::string(32, 'c'), "p", "#");
    ASSERT_TRUE(
        eventually(*network, [&] { return !wrong.reason.empty() && !stranger.reason.empty(); }));
    EXPECT_EQ(wrong.connections, 0);
    EXPECT_EQ(stranger.connections, 0);
    EXPECT_THAT(wrong.reason, HasSubstr("not authorised"));
}

TEST_F(RealBroker, IsNotTrustedWithoutTheRightAuthority) {
    const auto elsewhere = folder / "elsewhere";
    const auto files = write_broker_config(elsewhere, setup, random);
    ASSERT_TRUE(files);
    auto opened = mqtt::MosquittoNetwork::open({"127.0.0.1", setup.port, files->ca()});
    ASSERT_TRUE(opened);
    Client client(**opened, device_a, setup.users[1].password, "#");
    ASSERT_TRUE(eventually(**opened, [&] { return !client.reason.empty(); }));
    EXPECT_EQ(client.connections, 0);
}

TEST_F(RealBroker, IsFoundAgainAfterItWasKilled) {
    Client device(*network, device_a, setup.users[1].password, "#");
    ASSERT_TRUE(eventually(*network, [&] { return device.connections == 1; })) << device.reason;
    for (int round = 2; round <= 4; ++round) {
        broker->kill();
        ASSERT_TRUE(eventually(*network, [&] { return !device.transport->connected(); }));
        EXPECT_FALSE(device.transport->publish("x", {1}));
        ASSERT_TRUE(broker->start());
        ASSERT_TRUE(eventually(*network, [&] { return device.connections == round; }))
            << device.reason;
    }
}

TEST_F(RealBroker, CarriesThousandsOfMessagesBothWaysInOrder) {
    // Method: the device sends 5,000 messages of 3 kB; each that the gateway has gets an answer.
    Client gateway(*network, std::string(gateway_user), "gateway-password",
                   mqtt::telemetry_topic("default", "+"));
    Client device(*network, device_a, setup.users[1].password,
                  mqtt::acknowledgement_topic("default", device_a));
    ASSERT_TRUE(
        eventually(*network, [&] { return gateway.connections == 1 && device.connections == 1; }));
    constexpr std::size_t count = 5'000;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(device.transport->publish(mqtt::telemetry_topic("default", device_a),
                                              base::Bytes(3'000, 7)));
    }
    ASSERT_TRUE(eventually(*network,
                           [&] {
                               for (; answered < gateway.got.size(); ++answered) {
                                   EXPECT_TRUE(gateway.transport->publish(
                                       mqtt::acknowledgement_topic("default", device_a), {1}));
                               }
                               return device.got.size() == count;
                           }))
        << gateway.got.size() << " " << device.got.size();
    EXPECT_EQ(gateway.got.size(), count);
}

}  // namespace
}  // namespace gateway
