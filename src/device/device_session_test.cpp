// SPDX-License-Identifier: Apache-2.0
#include "device/device_session.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "device/fleet.h"
#include "device/sensors.h"
#include "device/testing/family.h"
#include "keyagreement/server.h"
#include "mqtt/memory_broker.h"
#include "mqtt/topics.h"
#include "storage/files.h"

namespace device {
namespace {

using keyagreement::PeerName;
using keyagreement::Profile;
using mqtt::Direction;
using testing::copy_of;
using testing::Family;
using namespace std::chrono_literals;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

/// Answers as a PDA would, and remembers what it opened. It forgets its sessions when told to.
class FakePda final : public mqtt::Listener {
public:
    FakePda(mqtt::Network& network, const askg::PdaCredentials& own, const base::Clock& clock,
            base::Random& random)
        : own_(copy_of(own)), clock_(clock), random_(random) {
        for (const auto& entry : own.grant.devices) {
            keyagreement::Peer peer{.name = *PeerName::from(entry.id.view()),
                                    .static_public = entry.record.static_public,
                                    .psk = askg::pair_secret(own.grant.domain, entry.x),
                                    .psk_previous = std::nullopt,
                                    .clockless_allowed = entry.clockless};
            peers_.put({Profile::device_pda, std::move(peer), entry.pid_key.clone()});
        }
        restart();
        transport_ = network.make_client({"pda", "pda", ""});
        transport_->connect(*this);
    }
    void restart() {
        const auto& record = own_.grant.certificate.record;
        keyagreement::ServerSetup setup{
            .profiles = {Profile::device_pda},
            .suite = *record.suite,
            .domain = own_.grant.certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(own_.static_private),
            .started_at = clock_.now(),
            .limits = keyagreement::ServerLimits::pda()};
        server_ = std::make_unique<keyagreement::Server>(std::move(setup), peers_, random_);
    }
    void say_that_it_started() {
        ASSERT_TRUE(transport_->publish(mqtt::pda_started_topic("default", hex()), {}));
    }
    void on_connected() override {
        ASSERT_TRUE(transport_->subscribe(mqtt::pda_topic("default", hex(), "+", Direction::up)));
    }
    void on_disconnected(std::string_view) override {}
    void on_message(std::string_view topic, base::ByteView payload) override {
        device = std::string(mqtt::address_of_pda_topic(topic, "default", Direction::up)->device);
        auto outcome = server_->receive(device, payload, clock_.now());
        for (auto& frame : outcome.to_send) publish(std::move(frame));
        if (outcome.failure) failures.push_back(*outcome.failure);
        if (outcome.established) ++handshakes;
        if (!outcome.received || outcome.received->plaintext.empty()) return;
        const auto content = wire::decode_content(outcome.received->plaintext);
        ASSERT_TRUE(content) << content.error().detail;
        const auto batch = std::get<wire::ReadingBatch>(*content);
        const auto [known, first] = batches.emplace(batch.counter, batch);
        if (!first) {
            EXPECT_EQ(known->second, batch) << "sent again with another content";
        }
        order.push_back(batch.counter);
        if (keeps) say(wire::Kept{{batch.counter}});
        if (answers) acknowledge({batch.counter});
    }
    void acknowledge(std::vector<std::uint64_t> counters) {
        say(wire::Acknowledgement{std::move(counters), start});
    }
    void say(const wire::Content& content) { say_bytes(wire::encode_content(content)); }
    void say_bytes(const base::Bytes& plaintext) {
        const auto id = wire::DeviceId::from(*base::from_hex(device));
        const auto session = server_->newest_session(*PeerName::from(id->view()));
        ASSERT_TRUE(session);
        publish(server_->seal(*session, plaintext, clock_.now()).value());
    }
    void publish(base::Bytes frame) {
        ASSERT_TRUE(transport_->publish(mqtt::pda_topic("default", hex(), device, Direction::down),
                                        std::move(frame)));
    }
    [[nodiscard]] std::string hex() const { return base::to_hex(own_.grant.id.view()); }

    bool answers = true;
    bool keeps = false;
    std::string device;
    int handshakes = 0;
    std::map<std::uint64_t, wire::ReadingBatch> batches;
    std::vector<std::uint64_t> order;
    std::vector<keyagreement::Failure> failures;

private:
    askg::PdaCredentials own_;
    const base::Clock& clock_;
    base::Random& random_;
    keyagreement::PeerTable peers_;
    std::unique_ptr<keyagreement::Server> server_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
};

struct Nonces final : SessionObserver {
    void on_sealed(const wire::DeviceId&, const keyagreement::Sid& session, std::uint64_t sequence,
                   std::uint64_t) override {
        EXPECT_TRUE(used.emplace(session, sequence).second) << "a nonce was used twice";
    }
    void on_kept(const wire::DeviceId&, std::uint64_t counter) override { kept.insert(counter); }
    void on_acknowledged(const wire::DeviceId&, std::uint64_t counter) override {
        EXPECT_TRUE(acknowledged.insert(counter).second) << "acknowledged twice";
    }
    std::set<std::pair<keyagreement::Sid, std::uint64_t>> used;
    std::set<std::uint64_t> kept;
    std::set<std::uint64_t> acknowledged;
};

struct Sessions : ::testing::Test {
    Sessions() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-session-" + std::to_string(::getpid()) + "-" +
                  ::testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
        set_up({});
    }
    ~Sessions() override {
        session.reset();
        std::filesystem::remove_all(folder);
    }
    void set_up(Family::DeviceKind kind) {
        session.reset();
        pda.reset();
        auto hub = family.add_pda();
        identity.credentials = family.add_device(hub.grant.id, kind);
        identity.tenant = "default";
        pda = std::make_unique<FakePda>(broker, family.renewed(hub), clock, random);
        broker.poll(0ms);
        open();
    }
    void open(std::chrono::milliseconds length = 20s) {
        session.reset();
        nonces.acknowledged.clear();
        auto opened = DeviceSession::open(
            identity, make_simulated_source({"oximeter", 1, 0}, length),
            {folder, PatientClock(start, 1'000, length), 8, backlog, &nonces}, {clock, random});
        ASSERT_TRUE(opened) << opened.error().detail;
        session = std::move(*opened);
        session->attach(broker.make_client({"device", "device", ""}));
    }
    /// `seconds` of device, broker and PDA, ten rounds a second.
    void run(int seconds) {
        for (int i = 0; i < seconds * 10; ++i) {
            broker.poll(0ms);
            ASSERT_TRUE(session->tick());
            broker.poll(0ms);
            broker.poll(0ms);
            clock.advance(100ms);
        }
    }
    [[nodiscard]] wire::DeviceId id() const { return identity.credentials.grant.id; }

    std::filesystem::path folder;
    base::ManualClock clock{start};
    base::SeededRandom random{7};
    mqtt::MemoryBroker broker;
    Family family{clock, random};
    DeviceSession::Identity identity;
    std::optional<std::chrono::milliseconds> backlog;
    Nonces nonces;
    std::unique_ptr<FakePda> pda;
    std::unique_ptr<DeviceSession> session;
};

TEST_F(Sessions, SendEachBatchOnceWhenAllGoesWell) {
    run(25);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(pda->batches.size(), 21U);
    EXPECT_EQ(pda->order.size(), 21U);
    EXPECT_EQ(pda->handshakes, 1);
    EXPECT_EQ(session->counts().batches_sent, 21U);
    EXPECT_EQ(session->counts().readings_sent, 42U);
    EXPECT_EQ(session->counts().resent, 0U);
    EXPECT_EQ(session->acknowledged_up_to(), 21U);
    const wire::ReadingBatch& last = pda->batches.at(21);
    EXPECT_EQ(last.status, wire::DeviceStatus::finished);
    EXPECT_EQ(last.clock, start + 20s);
    EXPECT_EQ(pda->batches.at(20).status, wire::DeviceStatus::running);
}

TEST_F(Sessions, SendNothingThatIsNotDue) {
    run(5);
    EXPECT_EQ(pda->batches.size(), 5U);
    EXPECT_FALSE(session->done());
}

TEST_F(Sessions, WithoutAClockAreServedWhereThePdaAllowsIt) {
    set_up({.clockless = true});
    run(5);
    EXPECT_EQ(pda->batches.size(), 5U);
    EXPECT_TRUE(pda->failures.empty());
}

TEST_F(Sessions, StateTheWallClockThoughThePatientsRunsFaster) {
    session.reset();
    auto opened = DeviceSession::open(
        identity, make_simulated_source({"oximeter", 1, 0}, 400s),
        {folder, PatientClock(start, 100'000, 400s), 64, backlog, &nonces}, {clock, random});
    ASSERT_TRUE(opened);
    session = std::move(*opened);
    session->attach(broker.make_client({"device", "device", ""}));
    run(6);
    EXPECT_TRUE(session->done());
    EXPECT_TRUE(pda->failures.empty()) << keyagreement::name_of(pda->failures.front());
    EXPECT_EQ(pda->batches.at(1).clock, start + 4s - 400s);
}

TEST_F(Sessions, ResendSealedAnewUntilTheGatewayAnswers) {
    pda->answers = false;
    run(10);
    EXPECT_EQ(session->acknowledged_up_to(), 0U);
    EXPECT_GT(session->counts().resent, 5U);
    EXPECT_EQ(pda->batches.size(), 8U) << "no more than the window may wait";
    pda->answers = true;
    run(25);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(pda->batches.size(), 21U);
}

TEST_F(Sessions, GoOnBeyondTheWindowWhereThePdaKeepsAndCountNothingAsDelivered) {
    pda->answers = false;
    pda->keeps = true;
    run(20);
    EXPECT_EQ(pda->batches.size(), 20U);
    EXPECT_EQ(session->counts().kept, 20U);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    EXPECT_EQ(session->acknowledged_up_to(), 0U);
    ASSERT_TRUE(session->save_progress());
    pda->acknowledge({1, 2, 3});
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 3U);
    EXPECT_EQ(session->acknowledged_up_to(), 3U);
    EXPECT_FALSE(session->done());
}

TEST_F(Sessions, HoldTheLastBatchBackUntilAllBeforeItIsDelivered) {
    pda->answers = false;
    pda->keeps = true;
    run(25);
    EXPECT_EQ(pda->batches.size(), 20U);
    std::vector<std::uint64_t> all;
    for (std::uint64_t counter = 1; counter <= 20; ++counter) all.push_back(counter);
    pda->answers = true;
    pda->acknowledge(all);
    run(2);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(pda->order.back(), 21U);
}

TEST_F(Sessions, AskAgainForWhatIsKeptWhereTheAcknowledgementGotLost) {
    pda->answers = false;
    pda->keeps = true;
    run(20);
    const auto before = pda->order.size();
    pda->answers = true;  // and what was acknowledged meanwhile never arrived
    run(60);
    EXPECT_TRUE(session->done());
    EXPECT_GE(pda->order.size(), before + 20);
}

TEST_F(Sessions, SurviveLossDoublingAndReordering) {
    // Method: a seeded fate loses a fifth of all messages, doubles what comes back and delays some.
    // The observer checks that no nonce comes twice, the PDA that contents never change.
    base::SeededRandom dices(42);
    std::vector<mqtt::MemoryBroker::Message> held;
    broker.set_fate([&](mqtt::MemoryBroker::Message message) {
        std::vector<mqtt::MemoryBroker::Message> out;
        const std::uint64_t dice = dices.below(10);
        if (dice < 2) return out;
        if (dice < 4) {
            held.push_back(std::move(message));
            return out;
        }
        if (message.topic.ends_with("/down")) out.push_back(message);
        out.push_back(std::move(message));
        if (dice == 9) {
            for (auto& late : held) out.push_back(std::move(late));
            held.clear();
        }
        return out;
    });
    pda->keeps = true;
    run(240);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(pda->batches.size(), 21U);
}

TEST_F(Sessions, SendAgainAtOnceAfterTheBrokerRestarted) {
    pda->answers = false;
    run(3);
    const std::size_t before = pda->order.size();
    const int handshakes = pda->handshakes;
    pda->answers = true;
    broker.restart();
    run(1);
    EXPECT_GE(pda->order.size(), before + 3);
    EXPECT_EQ(pda->handshakes, handshakes) << "a session outlives a connection";
    run(25);
    EXPECT_TRUE(session->done());
}

TEST_F(Sessions, AgreeAnewWithAPdaThatForgotThem) {
    run(5);
    pda->restart();
    run(10);
    EXPECT_EQ(pda->handshakes, 2);
    EXPECT_EQ(session->acknowledged_up_to(), 15U);
}

TEST_F(Sessions, AgreeAnewAtOnceWithAPdaThatSaysItStarted) {
    run(5);
    pda->restart();
    run(2);  // the batch of this moment gets no answer, and a handshake is under way or lost
    pda->restart();
    pda->say_that_it_started();
    run(2);
    EXPECT_GE(session->acknowledged_up_to(), 8U);
}

TEST_F(Sessions, AreNotKeptFromTheirWorkByLiesThatThePdaStarted) {
    for (int i = 0; i < 8; ++i) {
        pda->say_that_it_started();
        run(1);
    }
    EXPECT_GE(session->acknowledged_up_to(), 7U);
}

TEST_F(Sessions, GoOnAfterAKillWithTheSameCountersInANewSession) {
    run(7);
    open();  // as after kill -9: the progress file may be behind
    run(20);
    EXPECT_TRUE(session->done());
    EXPECT_EQ(pda->batches.size(), 21U);
    EXPECT_EQ(pda->handshakes, 2);
}

TEST_F(Sessions, RememberTheirProgressWhenTheyEndInOrder) {
    run(7);
    ASSERT_TRUE(session->save_progress());
    const std::size_t before = pda->order.size();
    open();
    EXPECT_EQ(session->acknowledged_up_to(), 7U);
    run(20);
    EXPECT_EQ(pda->order.size(), before + 14);
    open();
    EXPECT_TRUE(session->done());
}

TEST_F(Sessions, BelieveOnlyTheirPda) {
    pda->answers = false;
    run(2);
    const std::string topic =
        mqtt::pda_topic("default", pda->hex(), base::to_hex(id().view()), Direction::down);
    const base::Bytes plain = wire::encode_content(wire::Acknowledgement{{1, 2}, start});
    base::Bytes forged(keyagreement::data_overhead_bytes + plain.size(), 0x11);
    forged[1] = 0x04;
    broker.inject({topic, plain});
    broker.inject({topic, {}});
    broker.inject({topic, forged});
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    EXPECT_EQ(session->counts().refused_frames, 3U);
    pda->acknowledge({1, 2});
    run(1);
    EXPECT_EQ(session->counts().acknowledged, 2U);
}

TEST_F(Sessions, IgnoreWhatAPdaCannotTellADevice) {
    pda->answers = false;
    run(2);
    pda->acknowledge({1'000, UINT64_MAX});
    pda->say(wire::Kept{{1'000}});
    pda->say(wire::RelayedAcknowledgements{{{id(), {{1, 2}, start}}}});
    pda->say_bytes({9, 9, 9});
    run(1);
    EXPECT_EQ(session->counts().refused_contents, 2U);
    EXPECT_EQ(session->counts().acknowledged, 0U);
    EXPECT_EQ(session->counts().kept, 0U);
    EXPECT_EQ(session->acknowledged_up_to(), 0U);
}

TEST_F(Sessions, OfADeviceThatIsNobodysHereAreMetWithSilence) {
    auto other_pda = family.add_pda();
    auto stranger = family.add_device(other_pda.grant.id);
    // It states the PDA of `id` as its own; that one does not know it.
    stranger.grant.pda = identity.credentials.grant.pda;
    stranger.grant.pda_x = identity.credentials.grant.pda_x;
    stranger.grant.pda_record = identity.credentials.grant.pda_record;
    identity.credentials = std::move(stranger);
    open();
    run(5);
    ASSERT_FALSE(pda->failures.empty());
    EXPECT_EQ(pda->failures.front(), keyagreement::Failure::unknown_pid);
    EXPECT_EQ(session->counts().handshakes, 0U);
    EXPECT_EQ(session->counts().batches_sent, 0U);
}

TEST_F(Sessions, MakeUpForAPauseOnlySoFar) {
    backlog = 5s;
    open(100s);
    clock.advance(50s);
    open(100s);
    run(2);
    EXPECT_EQ(pda->batches.begin()->first, 46U);  // 45 s, by its counter
}

TEST_F(Sessions, NameABrokenProgressFile) {
    session.reset();
    ASSERT_TRUE(storage::write_file_synced(folder / (base::to_hex(id().view()) + ".progress"),
                                           base::Bytes{1, 2, 3}));
    const auto opened = DeviceSession::open(
        identity, make_simulated_source({"oximeter", 1, 0}, 1s),
        {folder, PatientClock(start, 1'000, 1s), 8, std::nullopt, nullptr}, {clock, random});
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
}

struct Fleets : Sessions {
    Fleets() {
        session.reset();
        options.folder = folder / "fleet";
        options.speed_milli = 10'000;
        options.duration = 20s;
        std::filesystem::create_directories(options.folder);
        config.devices = {{.id = id(),
                           .credentials = "device.credentials",
                           .password = "p",
                           .patient = 0,
                           .recording = {},
                           .source = "oximeter"}};
        EXPECT_TRUE(askg::write_file(options.folder / "device.credentials", identity.credentials));
    }
    base::Result<std::unique_ptr<Fleet>> open_fleet() {
        return Fleet::open(config, options, broker, {clock, random});
    }
    FleetConfig config;
    FleetOptions options;
};

TEST_F(Fleets, KeepTheirStartSpeedAndLength) {
    for (int start_of_process = 0; start_of_process < 3; ++start_of_process) {
        auto fleet = open_fleet();
        ASSERT_TRUE(fleet) << fleet.error().detail;
        EXPECT_EQ((*fleet)->warnings().size(), start_of_process == 0 ? 0U : 1U);
        for (int i = 0; i < 15; ++i) {
            (*fleet)->step(0ms);
            broker.poll(0ms);
            clock.advance(100ms);
        }
        options.speed_milli = 1'000;
        if (start_of_process == 2) {
            EXPECT_TRUE((*fleet)->done());
            EXPECT_EQ((*fleet)->summary().devices_done, 1U);
            EXPECT_EQ((*fleet)->summary().connected, 1U);
            EXPECT_EQ((*fleet)->summary().handshakes, 1U);
        }
    }
    ASSERT_EQ(pda->batches.size(), 21U);
    EXPECT_EQ(pda->batches.at(1).speed_milli, 10'000U);
    EXPECT_EQ(pda->batches.at(21).clock, start + 2s);
}

TEST_F(Fleets, RefuseWhatCannotBePlayed) {
    config.devices[0].source = "toaster";
    EXPECT_FALSE(open_fleet());
    config.devices[0].recording = folder / "missing_Numerics.csv";
    EXPECT_FALSE(open_fleet());
    options.speed_milli = 999;
    config.devices.clear();
    const auto slow = open_fleet();
    ASSERT_FALSE(slow);
    EXPECT_EQ(slow.error().code, base::ErrorCode::malformed);
}

TEST_F(Fleets, RefuseCredentialsThatAreMissingOrAnothers) {
    config.devices[0].credentials = "missing";
    EXPECT_EQ(open_fleet().error().code, base::ErrorCode::not_found);
    config.devices[0].credentials = "device.credentials";
    config.devices[0].id.bytes[3] ^= 1;
    const auto anothers = open_fleet();
    ASSERT_FALSE(anothers);
    EXPECT_EQ(anothers.error().code, base::ErrorCode::malformed);
}

}  // namespace
}  // namespace device
