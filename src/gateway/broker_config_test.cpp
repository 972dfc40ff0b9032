// SPDX-License-Identifier: Apache-2.0
#include "gateway/broker_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>

#include "crypto/certificates.h"
#include "crypto/random.h"
#include "gateway/gateway.h"
#include "gateway/testing/test_broker.h"
#include "mqtt/mosquitto_network.h"
#include "mqtt/topics.h"
#include "storage/files.h"

namespace gateway {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using namespace std::chrono_literals;

using mqtt::Direction;

wire::DeviceId id_of(std::uint8_t number) {
    wire::DeviceId id;
    id.bytes.fill(number);
    return id;
}
std::string hex_of(std::uint8_t number) {
    return base::to_hex(id_of(number).view());
}
// Two patients, each with a PDA and a device; and a device of the first that seals to the cloud.
constexpr std::uint8_t pda_a = 0xA0, device_a = 0xA1, sealed_a = 0xA2, pda_b = 0xB0,
                       device_b = 0xB1, nobody = 0xCC;

std::string cloud(std::uint8_t client, Direction direction) {
    return mqtt::cloud_topic("default", hex_of(client), direction);
}
std::string at_pda(std::uint8_t pda, std::uint8_t device, Direction direction) {
    return mqtt::pda_topic("default", hex_of(pda), hex_of(device), direction);
}

struct BrokerConfig : testing::Test {
    BrokerConfig() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus broker " + std::to_string(::getpid()) + " " +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        setup.port = TestBroker::free_port();
        setup.node_secret = base::Bytes(32, 1);
        setup.pdas = {id_of(pda_a), id_of(pda_b)};
        setup.devices = {{id_of(device_a), id_of(pda_a), false},
                         {id_of(sealed_a), id_of(pda_a), true},
                         {id_of(device_b), id_of(pda_b), false}};
    }
    std::string password_of(std::string_view user) const {
        return broker_password(setup.node_secret, user);
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
    EXPECT_THAT(text_of(files->passwords()), testing::Not(HasSubstr(password_of(gateway_user))));
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
    for (const char* name : {"", "a b", "a:b", "a\nuser root", "#", "+", "a/#", "%u"}) {
        setup.tenant = name;
        EXPECT_TRUE(refused(folder)) << name;
    }
    setup.tenant = "default";
    setup.devices[0].pda = id_of(nobody);
    EXPECT_TRUE(refused(folder));
    setup.devices.clear();
    setup.node_secret.clear();
    EXPECT_TRUE(refused(folder));
    setup.node_secret = base::Bytes(32, 1);
    EXPECT_TRUE(refused(folder / "a\nallow_anonymous true"));
    setup.port = 0;
    EXPECT_TRUE(refused(folder));
}

TEST(BrokerPasswords, DifferByNodeAndUser) {
    const base::Bytes secret(32, 1);
    const std::string password = broker_password(secret, hex_of(device_a));
    EXPECT_EQ(password.size(), 43U);
    EXPECT_EQ(password, broker_password(secret, hex_of(device_a)));
    EXPECT_NE(password, broker_password(base::Bytes(32, 2), hex_of(device_a)));
    EXPECT_NE(password, broker_password(secret, hex_of(device_b)));
    EXPECT_NE(password, broker_password(secret, gateway_user));
}

/// A client that remembers what it was told.
struct Client final : mqtt::Listener {
    Client(mqtt::Network& network, const std::string& user, const std::string& password,
           std::string wanted = "#")
        : filter(std::move(wanted)), transport(network.make_client({user, user, password})) {
        transport->connect(*this);
    }
    void on_connected() override {
        ++connections;
        EXPECT_TRUE(transport->subscribe(filter));
    }
    void on_disconnected(std::string_view why) override { reason = why; }
    void on_message(std::string_view topic, base::ByteView payload) override {
        got.insert(std::string(topic) + " from " + std::string(base::as_text(payload)));
    }

    std::string filter;
    std::unique_ptr<mqtt::MqttTransport> transport;
    int connections = 0;
    std::string reason;
    std::multiset<std::string> got;
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

// Goal: each client reaches whom it must and nobody else, whatever it subscribes to or publishes.
// Method: all subscribe to everything; all publish to every topic there is; what arrives where is
// compared with the list of what is allowed.
TEST_F(RealBroker, LetsEachSpeakWithWhomItMustAlone) {
    const std::vector<std::uint8_t> numbers = {pda_a, device_a, sealed_a, pda_b, device_b};
    std::map<std::string, std::unique_ptr<Client>> clients;
    clients["gateway"] =
        std::make_unique<Client>(*network, std::string(gateway_user), password_of(gateway_user));
    for (const std::uint8_t number : numbers) {
        const std::string name = hex_of(number);
        clients[name] = std::make_unique<Client>(*network, name, password_of(name));
    }
    ASSERT_TRUE(eventually(*network, [&] {
        return std::ranges::all_of(
            clients, [](const auto& entry) { return entry.second->connections == 1; });
    })) << text_of(folder / "log");

    std::vector<std::string> topics = {"salus/v1/default/x", "salus/v1/other/cloud/x/up",
                                       mqtt::started_topic("default"),
                                       mqtt::pda_started_topic("default", hex_of(pda_a)),
                                       mqtt::pda_started_topic("default", hex_of(pda_b))};
    for (const Direction direction : {Direction::up, Direction::down}) {
        for (const std::uint8_t number : numbers) {
            topics.push_back(cloud(number, direction));
            for (const std::uint8_t pda : {pda_a, pda_b}) {
                topics.push_back(at_pda(pda, number, direction));
            }
        }
    }
    for (auto& [name, client] : clients) {
        for (const std::string& topic : topics) {
            ASSERT_TRUE(client->transport->publish(topic, base::Bytes(name.begin(), name.end())));
        }
    }
    const auto from = [](const std::string& name, const std::string& topic) {
        return topic + " from " + name;
    };
    const auto up = Direction::up;
    const auto down = Direction::down;
    std::map<std::string, std::multiset<std::string>> allowed;
    const std::string a = hex_of(pda_a), b = hex_of(pda_b);
    allowed["gateway"] = {from(a, cloud(pda_a, up)), from(a, cloud(sealed_a, up)),
                          from(b, cloud(pda_b, up))};
    allowed[a] = {from("gateway", cloud(pda_a, down)), from("gateway", cloud(sealed_a, down)),
                  from(hex_of(device_a), at_pda(pda_a, device_a, up)),
                  from(hex_of(sealed_a), at_pda(pda_a, sealed_a, up))};
    allowed[b] = {from("gateway", cloud(pda_b, down)),
                  from(hex_of(device_b), at_pda(pda_b, device_b, up))};
    allowed[hex_of(device_a)] = {from(a, at_pda(pda_a, device_a, down))};
    allowed[hex_of(sealed_a)] = {from(a, at_pda(pda_a, sealed_a, down))};
    allowed[hex_of(device_b)] = {from(b, at_pda(pda_b, device_b, down))};
    for (const std::string& pda : {a, b}) {
        allowed[pda].insert(from("gateway", mqtt::started_topic("default")));
    }
    allowed[hex_of(device_a)].insert(from(a, mqtt::pda_started_topic("default", a)));
    allowed[hex_of(sealed_a)].insert(from(a, mqtt::pda_started_topic("default", a)));
    allowed[hex_of(device_b)].insert(from(b, mqtt::pda_started_topic("default", b)));
    const auto all_there = [&] {
        return std::ranges::all_of(
            clients, [&](const auto& entry) { return entry.second->got == allowed[entry.first]; });
    };
    EXPECT_TRUE(eventually(*network, all_there));
    for (int i = 0; i < 10; ++i) network->poll(20ms);
    for (const auto& [name, client] : clients) EXPECT_EQ(client->got, allowed[name]) << name;
}

// What is larger was made by no client of ours, and must not wait in the broker for one.
TEST_F(RealBroker, CarriesTheLargestFrameAndNothingAboveIt) {
    Client gateway(*network, std::string(gateway_user), password_of(gateway_user));
    Client pda(*network, hex_of(pda_a), password_of(hex_of(pda_a)));
    ASSERT_TRUE(
        eventually(*network, [&] { return gateway.connections == 1 && pda.connections == 1; }));
    const auto topic = cloud(pda_a, Direction::up);
    ASSERT_TRUE(pda.transport->publish(topic, base::Bytes(frame_bytes_max + 1, 'x')));
    ASSERT_TRUE(pda.transport->publish(topic, base::Bytes(frame_bytes_max, 'y')));
    ASSERT_TRUE(eventually(*network, [&] { return !gateway.got.empty(); }));
    ASSERT_EQ(gateway.got.size(), 1U);
    EXPECT_EQ(*gateway.got.begin(), topic + " from " + std::string(frame_bytes_max, 'y'));
}

TEST_F(RealBroker, RefusesAWrongPasswordAndAStranger) {
    Client wrong(*network, hex_of(device_a), "wrong");
    Client stranger(*network, hex_of(nobody), password_of(hex_of(nobody)));
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
    Client client(**opened, hex_of(device_a), password_of(hex_of(device_a)));
    ASSERT_TRUE(eventually(**opened, [&] { return !client.reason.empty(); }));
    EXPECT_EQ(client.connections, 0);
}

TEST_F(RealBroker, IsFoundAgainAfterItWasKilled) {
    Client device(*network, hex_of(device_a), password_of(hex_of(device_a)));
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

// Goal: devices come and go without a restart that all others would notice.
TEST_F(RealBroker, TakesOverWhoCameAndWhoWentWhileItRuns) {
    Client kept(*network, hex_of(pda_a), password_of(hex_of(pda_a)));
    Client gone(*network, hex_of(device_a), password_of(hex_of(device_a)));
    Client fresh(*network, hex_of(nobody), password_of(hex_of(nobody)));
    ASSERT_TRUE(eventually(
        *network,
        [&] { return kept.connections == 1 && gone.connections == 1 && !fresh.reason.empty(); }))
        << kept.reason << gone.reason;
    setup.devices.erase(setup.devices.begin());
    setup.devices.push_back({id_of(nobody), id_of(pda_a), false});
    ASSERT_TRUE(write_broker_config(folder, setup, random));
    broker->reload();
    EXPECT_TRUE(eventually(*network,
                           [&] { return fresh.connections == 1 && !gone.transport->connected(); }))
        << fresh.reason << gone.reason;
    EXPECT_EQ(kept.connections, 1);
    EXPECT_TRUE(kept.transport->connected());
    // The rules too: what the new one says arrives.
    ASSERT_TRUE(fresh.transport->publish(at_pda(pda_a, nobody, Direction::up), {'x'}));
    EXPECT_TRUE(eventually(*network, [&] { return !kept.got.empty(); }));
}

// Method: the broker starts with a certificate of ten days; it gets another one and is told.
TEST_F(RealBroker, ShowsANewCertificateWhileItRuns) {
    const BrokerFiles files{folder};
    EXPECT_FALSE(renew_certificates(files).value());
    const auto brief =
        crypto::make_server_certificate({text_of(files.ca()), text_of(files.ca_key())},
                                        {{"localhost"}, {"127.0.0.1"}}, std::chrono::days(10));
    ASSERT_TRUE(brief);
    for (const auto& [file, pem] : {std::pair{files.key(), brief->key_pem},
                                    std::pair{files.certificate(), brief->certificate_pem}}) {
        ASSERT_TRUE(storage::write_file_synced(file, base::as_bytes(pem)));
    }
    broker->kill();
    ASSERT_TRUE(broker->start());
    Client before(*network, hex_of(pda_a), password_of(hex_of(pda_a)));
    ASSERT_TRUE(eventually(*network, [&] { return before.connections == 1; })) << before.reason;

    EXPECT_TRUE(renew_certificates(files).value());
    EXPECT_NE(text_of(files.certificate()), brief->certificate_pem);
    broker->reload();
    Client after(*network, hex_of(device_a), password_of(hex_of(device_a)));
    ASSERT_TRUE(eventually(*network, [&] { return after.connections == 1; })) << after.reason;
    EXPECT_EQ(before.connections, 1) << "nobody was disturbed";
    EXPECT_FALSE(renew_certificates(files).value());
}

TEST_F(RealBroker, CarriesThousandsOfMessagesBothWaysInOrder) {
    // Method: a PDA sends 5,000 messages of 3 kB; each that the gateway has gets an answer.
    Client gateway(*network, std::string(gateway_user), password_of(gateway_user));
    Client pda(*network, hex_of(pda_a), password_of(hex_of(pda_a)));
    ASSERT_TRUE(
        eventually(*network, [&] { return gateway.connections == 1 && pda.connections == 1; }));
    constexpr std::size_t count = 5'000;
    std::size_t answered = 0;
    for (std::size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(pda.transport->publish(cloud(pda_a, Direction::up), base::Bytes(3'000, 7)));
    }
    ASSERT_TRUE(eventually(*network,
                           [&] {
                               for (; answered < gateway.got.size(); ++answered) {
                                   EXPECT_TRUE(gateway.transport->publish(
                                       cloud(pda_a, Direction::down), {1}));
                               }
                               return pda.got.size() == count;
                           }))
        << gateway.got.size() << " " << pda.got.size();
    EXPECT_EQ(gateway.got.size(), count);
}

}  // namespace
}  // namespace gateway
