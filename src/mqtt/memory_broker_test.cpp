// SPDX-License-Identifier: Apache-2.0
#include "mqtt/memory_broker.h"

#include <gtest/gtest.h>

namespace mqtt {
namespace {

using namespace std::chrono_literals;

struct Recorder final : Listener {
    explicit Recorder(MqttTransport& own) : transport(own) {}
    void on_connected() override {
        ++connections;
        ASSERT_TRUE(transport.subscribe("a/+"));
    }
    void on_disconnected(std::string_view) override { ++losses; }
    void on_message(std::string_view topic, base::ByteView payload) override {
        got.push_back(std::string(topic) + "=" + std::string(base::as_text(payload)));
    }
    MqttTransport& transport;
    int connections = 0;
    int losses = 0;
    std::vector<std::string> got;
};

base::Bytes bytes(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

TEST(MemoryBroker, DeliversWhatASubscriptionCovers) {
    MemoryBroker broker;
    const auto client = broker.make_client({});
    Recorder recorder(*client);
    EXPECT_FALSE(client->publish("a/b", bytes("early")));
    client->connect(recorder);
    broker.poll(0ms);
    ASSERT_TRUE(client->publish("a/b", bytes("1")));
    ASSERT_TRUE(client->publish("b/b", bytes("2")));
    EXPECT_TRUE(recorder.got.empty());
    broker.poll(0ms);
    EXPECT_EQ(recorder.got, std::vector<std::string>{"a/b=1"});
}

TEST(MemoryBroker, LosesWhatIsUnderWayWhenItRestarts) {
    MemoryBroker broker;
    const auto client = broker.make_client({});
    Recorder recorder(*client);
    client->connect(recorder);
    broker.poll(0ms);
    ASSERT_TRUE(client->publish("a/b", bytes("1")));
    broker.restart();
    EXPECT_FALSE(client->connected());
    broker.poll(0ms);
    EXPECT_TRUE(recorder.got.empty());
    EXPECT_EQ(recorder.connections, 2);
    EXPECT_EQ(recorder.losses, 1);
    broker.set_down(true);
    broker.poll(0ms);
    EXPECT_FALSE(client->connected());
}

TEST(MemoryBroker, TreatsMessagesAsTheirFateSays) {
    MemoryBroker broker;
    const auto client = broker.make_client({});
    Recorder recorder(*client);
    client->connect(recorder);
    broker.poll(0ms);
    broker.set_fate([](MemoryBroker::Message message) -> std::vector<MemoryBroker::Message> {
        if (message.payload == bytes("lose")) return {};
        return {message, message};
    });
    broker.inject({"a/b", bytes("lose")});
    broker.inject({"a/b", bytes("two")});
    broker.poll(0ms);
    EXPECT_EQ(recorder.got, (std::vector<std::string>{"a/b=two", "a/b=two"}));
}

}  // namespace
}  // namespace mqtt
