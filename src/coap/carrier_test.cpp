// SPDX-License-Identifier: Apache-2.0
// Both ends of the carrier over real UDP on 127.0.0.1, in one thread: what arrives where, what is
// bounded, and what strangers achieve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "coap/available.h"
#include "coap/client_network.h"
#include "coap/pda_network.h"
#include "coap/testing/lossy_relay.h"
#include "mqtt/memory_broker.h"
#include "mqtt/topics.h"

namespace coap {
namespace {

using mqtt::Direction;
using ::testing::ElementsAre;
using testing::LossyRelay;
using testing::Socket;
using namespace std::chrono_literals;

const std::string pda(32, 'a');

base::Bytes bytes(std::string_view text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}
DevicePath path_of(char name) {
    return {"default", pda, std::string(32, name)};
}

/// The device's end; or, with a filter of its own, a PDA's.
struct End final : mqtt::Listener {
    End(mqtt::Network& network, const std::string& user, std::string wanted)
        : filter(std::move(wanted)), transport(network.make_client({user, user, ""})) {
        transport->connect(*this);
    }
    void on_connected() override {
        ++connections;
        EXPECT_TRUE(transport->subscribe(filter));
    }
    void on_disconnected(std::string_view why) override { reasons.emplace_back(why); }
    void on_message(std::string_view topic, base::ByteView payload) override {
        got.emplace_back(base::as_text(payload));
        topics.emplace_back(topic);
        if (answer) answer(topic, payload);
    }
    std::string filter;
    std::function<void(std::string_view, base::ByteView)> answer;
    int connections = 0;
    std::vector<std::string> got;
    std::vector<std::string> topics;
    std::vector<std::string> reasons;
    std::unique_ptr<mqtt::MqttTransport> transport;  // last: its end calls nobody back
};

struct Carrier : ::testing::Test {
    void SetUp() override {
        if (!available()) GTEST_SKIP() << absent_text;
        port = free_port().value();
        start_pda();
    }
    ~Carrier() override {
        devices.clear();
        clients.reset();
        stop_pda();
    }
    void start_pda() {
        auto server = Server::listen({"127.0.0.1", port}, limits, timing);
        ASSERT_TRUE(server) << server.error().detail;
        network = std::make_unique<PdaNetwork>(broker, std::move(*server));
        relay = std::make_unique<End>(*network, pda,
                                      mqtt::pda_topic("default", pda, "+", Direction::up));
        network->poll(0ms);
    }
    /// As kill -9.
    void stop_pda() {
        relay.reset();
        network.reset();
    }
    void open_clients(const Address& address) {
        auto opened = ClientNetwork::open(address, timing);
        ASSERT_TRUE(opened) << opened.error().detail;
        clients = std::move(*opened);
    }
    End& add_device(char name) {
        if (!clients) open_clients({"127.0.0.1", port});
        devices.push_back(std::make_unique<End>(*clients, std::string(32, name),
                                                path_of(name).topic(Direction::down)));
        return *devices.back();
    }
    [[nodiscard]] bool post(End& device, char name, std::string_view frame) {
        return device.transport->publish(path_of(name).topic(Direction::up), bytes(frame))
            .has_value();
    }
    [[nodiscard]] bool tell(char name, std::string_view frame) {
        return relay->transport->publish(path_of(name).topic(Direction::down), bytes(frame))
            .has_value();
    }
    void turn() {
        if (clients) clients->poll(1ms);
        if (way) way->poll();
        if (network) network->poll(0ms);
        if (way) way->poll();
        broker.poll(0ms);
    }
    template <class Condition>
    bool eventually(Condition condition) {
        const auto end = std::chrono::steady_clock::now() + 60s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > end) return false;
            turn();
        }
        return true;
    }
    bool observed(std::size_t count) {
        return eventually([&] { return network->server().observations() == count; });
    }
    [[nodiscard]] std::uint64_t refused(const std::string& reason) const {
        return network->server().counts().refusals[reason];
    }
    /// One message by hand: a confirmable request with the path's segments.
    [[nodiscard]] static base::Bytes request(std::uint8_t method, std::uint16_t id,
                                             const DevicePath& path, bool observe,
                                             std::string_view payload = {}) {
        base::Bytes out{0x41, method, static_cast<std::uint8_t>(id >> 8U),
                        static_cast<std::uint8_t>(id), 0x77};
        unsigned last = 0;
        const auto option = [&](unsigned number, std::string_view value) {
            const unsigned delta = number - last;
            last = number;
            const std::size_t size = value.size();
            out.push_back(static_cast<std::uint8_t>(delta << 4U | (size < 13 ? size : 13U)));
            if (size >= 13) out.push_back(static_cast<std::uint8_t>(size - 13));
            out.insert(out.end(), value.begin(), value.end());
        };
        if (observe) option(6, {});
        option(11, path.tenant);
        option(11, path.pda);
        option(11, path.device);
        if (!payload.empty()) out.push_back(0xFF);
        out.insert(out.end(), payload.begin(), payload.end());
        return out;
    }

    std::uint16_t port = 0;
    Limits limits;
    Timing timing;
    mqtt::MemoryBroker broker;
    std::unique_ptr<PdaNetwork> network;
    std::unique_ptr<End> relay;  // the PDA
    std::unique_ptr<LossyRelay> way;
    std::unique_ptr<ClientNetwork> clients;
    std::vector<std::unique_ptr<End>> devices;
};

constexpr std::uint8_t get = 1;
constexpr std::uint8_t post_method = 2;

TEST_F(Carrier, BringsFramesUpAndDown) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    ASSERT_TRUE(post(device, '1', "up 1"));
    ASSERT_TRUE(post(device, '1', "up 2"));
    ASSERT_TRUE(eventually([&] { return relay->got.size() == 2; }));
    EXPECT_THAT(relay->got, ElementsAre("up 1", "up 2"));
    EXPECT_EQ(relay->topics[0], path_of('1').topic(Direction::up));
    ASSERT_TRUE(tell('1', "down 1"));
    ASSERT_TRUE(tell('1', "down 2"));
    ASSERT_TRUE(eventually([&] { return device.got.size() == 2; }));
    EXPECT_THAT(device.got, ElementsAre("down 1", "down 2"));
    EXPECT_EQ(device.topics[0], path_of('1').topic(Direction::down));
    EXPECT_TRUE(network->server().counts().refusals.empty());
}

TEST_F(Carrier, AnswersWithinTheResponseToWhoAskedAlone) {
    End& device = add_device('1');
    End& twin = add_device('1');
    ASSERT_TRUE(observed(2));
    relay->answer = [&](std::string_view, base::ByteView) { EXPECT_TRUE(tell('1', "answer")); };
    ASSERT_TRUE(post(device, '1', "question"));
    ASSERT_TRUE(eventually([&] { return !device.got.empty(); }));
    // From now on that address is the device, and what is said later goes there alone.
    relay->answer = nullptr;
    ASSERT_TRUE(tell('1', "later"));
    ASSERT_TRUE(eventually([&] { return device.got.size() == 2; }));
    EXPECT_THAT(device.got, ElementsAre("answer", "later"));
    EXPECT_TRUE(twin.got.empty());
    // Until the other one is answered.
    relay->answer = [&](std::string_view, base::ByteView) { EXPECT_TRUE(tell('1', "answer")); };
    ASSERT_TRUE(post(twin, '1', "question"));
    ASSERT_TRUE(eventually([&] { return !twin.got.empty(); }));
    ASSERT_TRUE(observed(1));
    EXPECT_EQ(device.got.size(), 2U);
}

TEST_F(Carrier, BringsAFrameLargerThanADatagramUpInBlocks) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    for (const std::size_t size :
         {block_bytes, block_bytes + 1, 2 * block_bytes, 16'418UL, frame_bytes_max}) {
        std::string frame(size, 'x');
        for (std::size_t i = 0; i < size; i += 100)
            frame[i] = static_cast<char>('a' + i / 100 % 26);
        relay->got.clear();
        ASSERT_TRUE(post(device, '1', frame));
        ASSERT_TRUE(eventually([&] { return relay->got.size() == 1; })) << size;
        EXPECT_EQ(relay->got[0], frame);
    }
    EXPECT_FALSE(post(device, '1', std::string(frame_bytes_max + 1, 'x')));
    EXPECT_TRUE(network->server().counts().refusals.empty());
}

TEST_F(Carrier, SendsNothingLargeDown) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    ASSERT_TRUE(tell('1', std::string(block_bytes + 1, 'x')));
    ASSERT_TRUE(tell('1', std::string(block_bytes, 'y')));
    ASSERT_TRUE(eventually([&] { return !device.got.empty(); }));
    EXPECT_EQ(device.got[0].size(), block_bytes);
    EXPECT_EQ(refused("too_large"), 1U);
}

// Goal: what is lost is repeated, and what is doubled counts once: NSTART, repeats and the memory
// of answers. A notification may be lost for good, since it is repeated once only. Method: a way
// that loses a tenth and doubles a fifth of the datagrams, both ways.
TEST_F(Carrier, BringsEachFrameOnceAndInOrderOverALossyWay) {
    way = std::make_unique<LossyRelay>(port, 7);
    open_clients(way->address());
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    way->set({.lost = 10, .doubled = 20, .late = 0});
    constexpr int frames = 16;
    std::vector<std::string> up;
    for (int i = 0; i < frames; ++i) {
        // Every eighth is of several blocks.
        up.push_back(std::to_string(i) + (i % 8 == 0 ? std::string(3'000, 'x') : ""));
        ASSERT_TRUE(post(device, '1', up.back()));
    }
    for (int i = 0; i < frames / 2; ++i) ASSERT_TRUE(tell('1', std::to_string(i)));
    ASSERT_TRUE(eventually([&] { return relay->got.size() >= up.size() && !device.got.empty(); }))
        << relay->got.size();
    for (int i = 0; i < 100; ++i) turn();
    EXPECT_EQ(relay->got, up);
    EXPECT_TRUE(std::ranges::is_sorted(device.got));
    EXPECT_EQ(std::ranges::adjacent_find(device.got), device.got.end()) << "one came twice";
    EXPECT_TRUE(device.reasons.empty());
}

TEST_F(Carrier, ObservesAnewWhereThePdaWasKilled) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    for (int round = 2; round <= 4; ++round) {
        stop_pda();
        ASSERT_NO_FATAL_FAILURE(start_pda());
        EXPECT_EQ(network->server().observations(), 0U);
        // The first frame tells the device that nobody knows it, and is lost.
        ASSERT_TRUE(post(device, '1', "lost"));
        ASSERT_TRUE(eventually([&] { return device.connections == round; }));
        ASSERT_TRUE(observed(1));
        EXPECT_TRUE(relay->got.empty());
        EXPECT_EQ(refused("not_observed"), 1U);
        ASSERT_TRUE(post(device, '1', "back"));
        ASSERT_TRUE(eventually([&] { return relay->got.size() == 1; }));
        EXPECT_THAT(relay->got, ElementsAre("back"));
    }
}

TEST_F(Carrier, FindsAPdaThatWasAway) {
    stop_pda();
    End& device = add_device('1');
    ASSERT_TRUE(eventually([&] { return !device.reasons.empty(); }));
    EXPECT_THAT(device.reasons[0], ::testing::HasSubstr("nobody listens"));
    ASSERT_NO_FATAL_FAILURE(start_pda());
    ASSERT_TRUE(observed(1));
    ASSERT_TRUE(eventually([&] { return post(device, '1', "here"); }));
    ASSERT_TRUE(eventually([&] { return relay->got.size() == 1; }));
}

TEST_F(Carrier, GoesWhereADevicesLastFrameCameFrom) {
    End& over_coap = add_device('1');
    End over_broker(broker, std::string(32, '1'), path_of('1').topic(Direction::down));
    ASSERT_TRUE(observed(1));
    turn();
    ASSERT_TRUE(tell('1', "a"));
    ASSERT_TRUE(eventually([&] { return over_coap.got.size() == 1; }));
    EXPECT_TRUE(over_broker.got.empty());
    ASSERT_TRUE(over_broker.transport->publish(path_of('1').topic(Direction::up), bytes("b")));
    ASSERT_TRUE(eventually([&] { return relay->got.size() == 1; }));
    ASSERT_TRUE(tell('1', "c"));
    ASSERT_TRUE(eventually([&] { return over_broker.got.size() == 1; }));
    EXPECT_EQ(over_coap.got.size(), 1U);
    EXPECT_EQ(network->server().observations(), 0U);
}

TEST_F(Carrier, ServesDevicesWhileTheBrokerIsAway) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    broker.set_down(true);
    EXPECT_TRUE(relay->transport->connected());
    EXPECT_FALSE(relay->transport->publish("salus/v1/default/cloud/x/up", bytes("x")));
    ASSERT_TRUE(post(device, '1', "up"));
    ASSERT_TRUE(tell('1', "down"));
    EXPECT_TRUE(eventually([&] { return !relay->got.empty() && !device.got.empty(); }));
}

TEST_F(Carrier, EndsAnObservationWhoseDeviceLeaves) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    device.transport->disconnect();
    EXPECT_TRUE(observed(0));
}

TEST_F(Carrier, ForgetsAnObserverThatAcknowledgesNothing) {
    limits.notifications_lost = 1;
    stop_pda();
    ASSERT_NO_FATAL_FAILURE(start_pda());
    const Socket stranger;
    stranger.send(port, request(get, 1, path_of('1'), true));
    ASSERT_TRUE(observed(1));
    ASSERT_TRUE(tell('1', "unheard"));
    EXPECT_TRUE(observed(0));
    EXPECT_EQ(refused("observer_lost"), 1U);
}

TEST_F(Carrier, SaysALimitedAmountToWhoShowsNoSignOfLife) {
    const Socket stranger;
    stranger.send(port, request(get, 1, path_of('1'), true));
    ASSERT_TRUE(observed(1));
    for (int i = 0; i < 100; ++i) ASSERT_TRUE(tell('1', "unheard"));
    EXPECT_EQ(refused("backlog"), 100U - limits.notifications_unheard);
    EXPECT_EQ(network->server().counts().frames_down, limits.notifications_unheard);
}

TEST_F(Carrier, HearsMoreThanThatWhereTheDeviceIsAlive) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    for (std::size_t i = 0; i < 200; ++i) {
        ASSERT_TRUE(tell('1', std::to_string(i)));
        ASSERT_TRUE(eventually([&] { return device.got.size() == i + 1; })) << i;
        turn();
    }
    EXPECT_EQ(refused("backlog"), 0U);
}

TEST_F(Carrier, DropsAndCountsWhatStrangersSend) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    const Socket stranger;
    base::SeededRandom chance(3);
    for (std::size_t size = 0; size < 200; ++size) {
        base::Bytes noise(size);
        chance.fill(noise);
        if (size > 0) noise[0] = 0x4F;  // version 1, a token longer than there can be
        stranger.send(port, noise);
    }
    // Neither an observation nor a path of the form.
    stranger.send(port, request(post_method, 1, path_of('1'), false, "frame"));
    stranger.send(port, request(post_method, 2, {"default", "x", "y"}, false, "frame"));
    stranger.send(port, request(get, 3, path_of('1'), false));
    ASSERT_TRUE(eventually([&] {
        return refused("not_observed") == 1 && refused("bad_path") == 1 &&
               refused("bad_request") == 1;
    }));
    EXPECT_GT(refused("malformed"), 100U);
    EXPECT_TRUE(relay->got.empty());
    // Nobody else notices.
    ASSERT_TRUE(post(device, '1', "frame"));
    EXPECT_TRUE(eventually([&] { return relay->got.size() == 1; }));
}

TEST_F(Carrier, TreatsADeviceThatNobodyKnowsAsAnyOther) {
    const Socket stranger;
    Socket::Datagram answer;
    stranger.send(port,
                  request(get, 1, {"default", std::string(32, 'f'), std::string(32, 'f')}, true));
    ASSERT_TRUE(eventually([&] { return stranger.receive(answer); }));
    EXPECT_EQ(answer.bytes[1], 2 << 5 | 5);
    stranger.send(port,
                  request(post_method, 2, {"default", std::string(32, 'f'), std::string(32, 'f')},
                          false, "frame"));
    ASSERT_TRUE(eventually([&] { return stranger.receive(answer); }));
    EXPECT_EQ(answer.bytes[1], 2 << 5 | 4);
    EXPECT_EQ(answer.bytes.size(), 5U) << "no payload";
    EXPECT_EQ(network->strays(), 1U);
}

// Method: a stranger observes more devices than there are places.
TEST_F(Carrier, IsNotCrowdedOutByStrangers) {
    End& device = add_device('1');
    ASSERT_TRUE(observed(1));
    relay->answer = [&](std::string_view, base::ByteView) { EXPECT_TRUE(tell('1', "answer")); };
    ASSERT_TRUE(post(device, '1', "question"));
    ASSERT_TRUE(eventually([&] { return device.got.size() == 1; }));
    const Socket stranger;
    Socket::Datagram answer;
    for (unsigned i = 0; i < 400; ++i) {
        DevicePath path = path_of('2');
        const std::string number = std::to_string(1'000 + i);
        path.device.replace(0, number.size(), number);
        stranger.send(port, request(get, static_cast<std::uint16_t>(i), path, true));
        ASSERT_TRUE(eventually([&] { return stranger.receive(answer); }));
    }
    // And the device itself, from many addresses.
    std::vector<std::unique_ptr<Socket>> crowd;
    for (int i = 0; i < 10; ++i) {
        crowd.push_back(std::make_unique<Socket>());
        crowd.back()->send(port, request(get, 1, path_of('1'), true));
        ASSERT_TRUE(eventually([&] { return crowd.back()->receive(answer); }));
    }
    EXPECT_LE(network->server().observations(), limits.unproven + 1);
    ASSERT_TRUE(tell('1', "later"));
    ASSERT_TRUE(eventually([&] { return device.got.size() == 2; }));
    for (const auto& one : crowd) EXPECT_FALSE(one->receive(answer));
    EXPECT_EQ(device.connections, 1);
}

TEST_F(Carrier, RefusesBlocksThatAreOutOfOrderOrTooMany) {
    const Socket stranger;
    Socket::Datagram answer;
    std::uint16_t id = 0;
    const auto code_of_answer = [&] {
        return std::pair(answer.bytes[1] >> 5, answer.bytes[1] & 31);
    };
    const auto ask = [&](const base::Bytes& message) {
        stranger.send(port, message);
        return eventually([&] { return stranger.receive(answer); });
    };
    const auto block = [&](std::uint32_t number, bool more, std::size_t size) {
        base::Bytes out = request(post_method, ++id, path_of('1'), false);
        const std::uint32_t value = number << 4U | (more ? 8U : 0U) | block_szx;
        out.insert(out.end(), {0xD2, 27 - 11 - 13, static_cast<std::uint8_t>(value >> 8U),
                               static_cast<std::uint8_t>(value), 0xFF});
        out.insert(out.end(), size, 'x');
        return out;
    };
    ASSERT_TRUE(ask(request(get, ++id, path_of('1'), true)));
    ASSERT_TRUE(ask(block(1, true, block_bytes)));
    EXPECT_EQ(code_of_answer(), std::pair(4, 8)) << "without the first";
    ASSERT_TRUE(ask(block(0, true, 10)));
    EXPECT_EQ(code_of_answer(), std::pair(4, 0)) << "shorter than it says";
    ASSERT_TRUE(ask(block(0, true, block_bytes)));
    EXPECT_EQ(code_of_answer(), std::pair(2, 31));
    ASSERT_TRUE(ask(block(2, true, block_bytes)));
    EXPECT_EQ(code_of_answer(), std::pair(4, 8)) << "one is missing";
    for (std::uint32_t number = 0; number < 17; ++number) {
        ASSERT_TRUE(ask(block(number, true, block_bytes)));
        EXPECT_EQ(code_of_answer(), std::pair(2, 31)) << number;
    }
    ASSERT_TRUE(ask(block(17, true, block_bytes)));
    EXPECT_EQ(code_of_answer(), std::pair(4, 13));
    EXPECT_TRUE(relay->got.empty());
    EXPECT_EQ(refused("incomplete"), 2U);
    EXPECT_EQ(refused("too_large"), 1U);
}

TEST_F(Carrier, BoundsTheRequestsOfOne) {
    limits.requests_per_second = 20;
    stop_pda();
    ASSERT_NO_FATAL_FAILURE(start_pda());
    const Socket stranger;
    stranger.send(port, request(get, 1, path_of('1'), true));
    ASSERT_TRUE(observed(1));
    Socket::Datagram answer;
    for (std::uint16_t id = 2; id < 200; ++id) {
        stranger.send(port, request(post_method, id, path_of('1'), false, "frame"));
        ASSERT_TRUE(eventually([&] { return stranger.receive(answer); }));
    }
    EXPECT_GT(refused("too_fast"), 0U);
    EXPECT_LT(relay->got.size(), 198U);
    EXPECT_TRUE(eventually([&] { return relay->got.size() + refused("too_fast") == 198U; }));
}

TEST(Servers, SayWhereTheyCannotListen) {
    if (!available()) GTEST_SKIP() << absent_text;
    const auto refused = Server::listen({"192.0.2.1", 5683}, {}, {});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::unavailable);
    EXPECT_THAT(refused.error().detail, ::testing::HasSubstr("192.0.2.1:5683"));
}

}  // namespace
}  // namespace coap
