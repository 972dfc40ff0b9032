// SPDX-License-Identifier: Apache-2.0
// For tests alone: a gateway that remembers what it opened.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "device/testing/family.h"
#include "keyagreement/server.h"
#include "mqtt/topics.h"
#include "mqtt/transport.h"
#include "wire/content.h"

namespace pda::testing {

class FakeCloud final : public mqtt::Listener {
public:
    using Key = std::pair<wire::DeviceId, std::uint64_t>;

    /// Borrows all.
    FakeCloud(mqtt::Network& network, device::testing::Family& family, const base::Clock& clock,
              base::Random& random)
        : family_(family), clock_(clock), random_(random) {
        provide();
        restart();
        transport_ = network.make_client({"gateway", "gateway", ""});
        transport_->connect(*this);
    }
    void provide() { family_.provide(peers_, clock_.now()); }
    /// As after kill -9: every session is forgotten, what is stored is not.
    void restart() {
        const auto& grant = family_.server.grant;
        keyagreement::ServerSetup setup{
            .profiles = {keyagreement::Profile::pda_cloud},
            .suite = *grant.certificate.record.suite,
            .domain = grant.certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(family_.server.static_private),
            .started_at = clock_.now(),
            .limits = {.half_open = 1'000, .replay_entries = 100'000, .sessions = 1'000}};
        server_ = std::make_unique<keyagreement::Server>(std::move(setup), peers_, random_);
    }
    void say_that_it_started() {
        EXPECT_TRUE(transport_->publish(mqtt::started_topic("default"), {}));
    }

    void on_connected() override {
        EXPECT_TRUE(transport_->subscribe(mqtt::cloud_topic("default", "+", mqtt::Direction::up)));
    }
    void on_disconnected(std::string_view) override {}
    void on_message(std::string_view topic, base::ByteView payload) override {
        if (away) return;
        const std::string client(
            *mqtt::client_of_cloud_topic(topic, "default", mqtt::Direction::up));
        auto outcome = server_->receive(client, payload, clock_.now());
        for (auto& frame : outcome.to_send) publish(client, std::move(frame));
        if (outcome.failure) failures.push_back(*outcome.failure);
        if (outcome.established) ++handshakes;
        if (!outcome.received || outcome.received->plaintext.empty()) return;
        ++records;
        const auto content = wire::decode_content(outcome.received->plaintext);
        ASSERT_TRUE(content) << content.error().detail;
        const auto answer = take(*content, *wire::DeviceId::from(outcome.received->peer.view()));
        const auto session = server_->newest_session(outcome.received->peer);
        if (!answer || !session) return;
        publish(client,
                server_->seal(*session, wire::encode_content(*answer), clock_.now()).value());
    }

    bool away = false;
    bool answers = true;
    std::set<wire::DeviceId> unanswered;  ///< Stored, and never acknowledged.
    std::map<Key, wire::ReadingBatch> stored;
    std::map<wire::DeviceId, std::vector<std::uint64_t>> order;  ///< Of first arrivals.
    std::uint64_t duplicates = 0;
    std::uint64_t records = 0;
    int handshakes = 0;
    std::vector<keyagreement::Failure> failures;

private:
    void publish(const std::string& client, base::Bytes frame) {
        EXPECT_TRUE(transport_->publish(mqtt::cloud_topic("default", client, mqtt::Direction::down),
                                        std::move(frame)));
    }
    void store(const wire::DeviceId& device, const wire::ReadingBatch& batch) {
        const auto [known, first] = stored.emplace(Key{device, batch.counter}, batch);
        if (first) {
            order[device].push_back(batch.counter);
        } else {
            ++duplicates;
        }
    }
    std::optional<wire::Content> take(const wire::Content& content, const wire::DeviceId& sender) {
        if (const auto* own = std::get_if<wire::ReadingBatch>(&content)) {
            store(sender, *own);
            if (!answers) return std::nullopt;
            return wire::Acknowledgement{{own->counter}, clock_.now()};
        }
        std::map<wire::DeviceId, wire::Acknowledgement> due;
        for (const auto& [device, bytes] : std::get<wire::Relayed>(content).batches) {
            const auto batch = wire::decode_batch(bytes);
            EXPECT_TRUE(batch);
            store(device, *batch);
            if (unanswered.contains(device)) continue;
            due[device].counters.push_back(batch->counter);
            due[device].gateway_time = clock_.now();
        }
        if (!answers || due.empty()) return std::nullopt;
        wire::RelayedAcknowledgements out;
        for (auto& [device, acknowledgement] : due) {
            out.acknowledgements.push_back({device, std::move(acknowledgement)});
        }
        return out;
    }

    device::testing::Family& family_;
    const base::Clock& clock_;
    base::Random& random_;
    keyagreement::PeerTable peers_;
    std::unique_ptr<keyagreement::Server> server_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
};

}  // namespace pda::testing
