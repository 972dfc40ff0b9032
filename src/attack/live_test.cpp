// SPDX-License-Identifier: Apache-2.0
#include "attack/live.h"

#include <gtest/gtest.h>

#include <map>

#include "attack/dump.h"
#include "crypto/random.h"
#include "keyagreement/message.h"
#include "mqtt/memory_broker.h"

namespace attack {
namespace {

using namespace std::chrono_literals;
using mqtt::Direction;

/// A party at the broker: what it hears goes to a function.
class Seat final : public mqtt::Listener {
public:
    using Hear = std::function<void(std::string_view topic, base::ByteView payload)>;
    Seat(mqtt::Network& network, std::vector<std::string> filters, Hear hear)
        : filters_(std::move(filters)),
          hear_(std::move(hear)),
          transport_(network.make_client({"seat", "seat", ""})) {
        transport_->connect(*this);
    }
    void send(const std::string& topic, const Bytes& frame) {
        EXPECT_TRUE(transport_->publish(topic, frame));
    }
    void on_connected() override {
        for (const auto& filter : filters_) EXPECT_TRUE(transport_->subscribe(filter));
    }
    void on_disconnected(std::string_view /*reason*/) override {}
    void on_message(std::string_view topic, base::ByteView payload) override {
        hear_(topic, payload);
    }

private:
    std::vector<std::string> filters_;
    Hear hear_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
};

const std::string pda_id(32, 'a');
const std::string other_id(32, 'b');
const std::string device_ids[] = {std::string(32, 'c'), std::string(32, 'd')};

// Goal: attacks over a broker say what happened. Method: the real endpoints as PDA, cloud server
// and two devices over a broker in memory; and once a PDA that answers whatever asks it.
struct LiveTest : testing::Test {
    crypto::SystemRandom random;
    World world{random};
    mqtt::MemoryBroker broker;
    keyagreement::Server pda = world.pda.server(world.now() - 1h, random);
    keyagreement::Server cloud = world.cloud.server(world.now() - 1h, random);
    std::vector<keyagreement::Client> clients;
    std::vector<std::unique_ptr<Seat>> seats;
    bool gullible = false;       ///< The PDA answers every MSG1.
    bool all_shares = false;     ///< The second device's too was captured.
    bool takes_replays = false;  ///< It acknowledges every record, whatever it is.
    std::map<std::string, Bytes, std::less<>> newest;  // session names of devices
    int waits = 0;

    LiveTest() {
        seats.push_back(std::make_unique<Seat>(
            broker, std::vector{mqtt::pda_topic("t", pda_id, "+", Direction::up)},
            [this](std::string_view topic, base::ByteView frame) { at_pda(topic, frame); }));
        seats.push_back(std::make_unique<Seat>(
            broker, std::vector{mqtt::cloud_topic("t", "+", Direction::up)},
            [this](std::string_view topic, base::ByteView frame) {
                const std::string client(*mqtt::client_of_cloud_topic(topic, "t", Direction::up));
                for (const auto& out : cloud.receive(client, frame, world.now()).to_send) {
                    seats[1]->send(mqtt::cloud_topic("t", client, Direction::down), out);
                }
            }));
        clients.push_back(world.device.client(random));
        clients.push_back(world.other_device.client(random));
        for (std::size_t i = 0; i < 2; ++i) {
            seats.push_back(std::make_unique<Seat>(
                broker,
                std::vector{mqtt::pda_topic("t", pda_id, device_ids[i], Direction::down),
                            mqtt::pda_started_topic("t", pda_id)},
                [this, i](std::string_view topic, base::ByteView frame) {
                    at_device(i, topic, frame);
                }));
        }
    }
    void at_pda(std::string_view topic, base::ByteView frame) {
        const std::string device(mqtt::address_of_pda_topic(topic, "t", Direction::up)->device);
        const auto down = mqtt::pda_topic("t", pda_id, device, Direction::down);
        auto outcome = pda.receive(device, frame, world.now());
        auto& answers = outcome.to_send;
        if (outcome.received) {  // acknowledged, as a PDA does
            const auto ack =
                pda.seal(outcome.received->session, base::as_bytes("kept"), world.now());
            if (ack) answers.push_back(*ack);
        }
        if (frame[1] == 1) newest[device] = {frame.begin() + 2, frame.begin() + 10};
        if (takes_replays && frame[1] == 4 && outcome.failure) {
            Bytes made(40);
            made[0] = 0x11;
            made[1] = 4;
            std::ranges::copy(newest[device], made.begin() + 2);
            answers.push_back(made);
        }
        if (gullible && frame.size() == keyagreement::message1_bytes && answers.empty()) {
            Bytes made(keyagreement::message2_bytes);
            std::ranges::copy(frame.first(10), made.begin());
            made[1] = 2;
            answers.push_back(made);
        }
        for (const auto& out : answers) seats[0]->send(down, out);
    }
    void at_device(std::size_t i, std::string_view topic, base::ByteView frame) {
        const bool hint = topic == mqtt::pda_started_topic("t", pda_id);
        if (hint) clients[i].restart();
        const auto outcome =
            hint ? clients[i].start(world.now()) : clients[i].receive(frame, world.now());
        for (const auto& out : outcome.to_send) {
            seats[2 + i]->send(mqtt::pda_topic("t", pda_id, device_ids[i], Direction::up), out);
        }
    }
    void let_devices_speak() {
        for (std::size_t i = 0; seats.size() > 2 && i < 2; ++i) {
            auto out = clients[i].tick(world.now()).to_send;
            if (waits % 10 == 0 && clients[i].ready()) {
                out.push_back(*clients[i].seal(base::as_bytes("72/min"), world.now()));
            }
            for (const auto& frame : out) {
                seats[2 + i]->send(mqtt::pda_topic("t", pda_id, device_ids[i], Direction::up),
                                   frame);
            }
        }
        ++waits;
    }
    [[nodiscard]] StolenFiles stolen_files() {
        StolenFiles out;
        out.table = open_table(world.cloud_files.credentials.grant, world.cloud_files.provision);
        out.table_psk = world.pda_line.psk_at(world.now()).clone();
        out.generator_psk = world.device.psk_at(world.now()).clone();
        out.of_the_pda.push_back(world.pda_token.clone());
        const auto grant_of = [this](const Line& line) {
            return *world.askg->renew_device(*wire::DeviceId::from(line.name.view()));
        };
        const auto first = grant_of(world.device), second = grant_of(world.other_device);
        out.captured = CapturedDevices{.shares = {first.domain, grant_of(world.clockless).domain},
                                       .place_of_second = second.domain.x,
                                       .place_of_pda = second.pda_x};
        if (all_shares) out.captured->shares.push_back(second.domain);
        return out;
    }
    [[nodiscard]] Verdict attack_with(std::string_view name) {
        const auto account = [](const std::string& id, const Line& line) {
            Account out{.id = id, .password = "", .line = {}};
            out.line.who = line.who;
            out.line.profile = line.profile;
            out.line.suite = line.suite;
            out.line.domain = line.domain;
            out.line.name = line.name;
            out.line.static_private = line.static_private.clone();
            out.line.responder = line.responder;
            out.line.pid_key = line.pid_key.clone();
            for (const auto& [epoch, key] : line.psk) out.line.psk.emplace(epoch, key.clone());
            return out;
        };
        LiveTarget target{.tenant = "t",
                          .pda = account(pda_id, world.pda_line),
                          .other_pda = account(other_id, world.pda_line),
                          .devices = {},
                          .files = stolen_files()};
        target.devices.push_back(account(device_ids[0], world.device));
        target.devices.push_back(account(device_ids[1], world.other_device));
        Live live(std::move(target), {broker, world.clock, random, [this](auto time) {
                                          for (int i = 0; i < 6; ++i) broker.poll(0ms);
                                          world.clock.advance(time);
                                          let_devices_speak();
                                          pda.tick(world.now());
                                          cloud.tick(world.now());
                                      }});
        EXPECT_TRUE(live.connect());
        const auto verdict = live.run(name);
        EXPECT_TRUE(verdict);
        return verdict.value_or(Verdict{});
    }
};

TEST_F(LiveTest, ReplayThroughTheBrokerIsMetWithSilence) {
    const auto verdict = attack_with("replay");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, AlteredAndForgedMessagesLeadNowhere) {
    const auto verdict = attack_with("man_in_the_middle");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, StolenAccountsAloneGiveNoSession) {
    const auto verdict = attack_with("impersonation");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, AFloodLeavesTheOthersServed) {
    const auto verdict = attack_with("flooding");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, WhatTheBrokerHearsNamesNobody) {
    const auto verdict = attack_with("traceability");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, StolenFilesAndAStolenPdaGiveNoSessionWithADevicesStaticKeyMissing) {
    for (const auto* name : {"insider", "stolen_verifier", "key_compromise"}) {
        const auto verdict = attack_with(name);
        EXPECT_TRUE(verdict.resisted) << verdict.detail;
    }
}

TEST_F(LiveTest, EphemeralKeysAndCapturedDevicesGiveNothingOfAnother) {
    for (const auto* name : {"ephemeral_leak", "device_capture"}) {
        const auto verdict = attack_with(name);
        EXPECT_TRUE(verdict.resisted) << verdict.detail;
    }
}

TEST_F(LiveTest, ADeviceThatIsThrownOutAgreesAnew) {
    const auto verdict = attack_with("desynchronisation");
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, AShareTooManyIsFoundOut) {
    all_shares = true;
    const auto verdict = attack_with("device_capture");
    EXPECT_FALSE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, APdaThatTakesRecordsAgainIsFoundOut) {
    takes_replays = true;
    const auto verdict = attack_with("replay");
    EXPECT_FALSE(verdict.resisted) << verdict.detail;
}

TEST_F(LiveTest, APdaThatAnswersWhateverAsksIsFoundOut) {
    gullible = true;
    EXPECT_FALSE(attack_with("insider").resisted);
    EXPECT_FALSE(attack_with("replay").resisted);
    EXPECT_FALSE(attack_with("man_in_the_middle").resisted);
    EXPECT_FALSE(attack_with("impersonation").resisted);
    EXPECT_FALSE(attack_with("device_capture").resisted);
}

TEST_F(LiveTest, ASystemInWhichNobodySpeaksIsNoSuccess) {
    seats.resize(2);  // no device is there
    EXPECT_FALSE(attack_with("replay").resisted);
    EXPECT_FALSE(attack_with("device_capture").resisted);
}

}  // namespace
}  // namespace attack
