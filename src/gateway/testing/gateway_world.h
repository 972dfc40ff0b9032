// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/random.h"
#include "gateway/gateway.h"
#include "gateway/internal/client_end.h"
#include "mqtt/memory_broker.h"
#include "mqtt/topics.h"
#include "storage/memory_store.h"

// For tests: a gateway with its clients.
namespace gateway {

inline constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);
// Two patients, each with a PDA. The first has two devices that seal to the PDA and one that seals
// to the cloud.
inline constexpr std::uint8_t pda_a = 0xA0, oximeter = 0xA1, cuff = 0xA2, implant = 0xA3,
                              pda_b = 0xB0, thermometer = 0xB1, nobody = 0xCC;

inline wire::DeviceId id_of(std::uint8_t number) {
    wire::DeviceId id;
    id.bytes.fill(number);
    return id;
}
inline wire::LedgerId patient_of(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes.fill(number);
    return id;
}
inline std::string topic_of(std::uint8_t client, mqtt::Direction direction = mqtt::Direction::up) {
    return mqtt::cloud_topic("default", base::to_hex(id_of(client).view()), direction);
}
inline wire::ReadingBatch batch(std::uint64_t counter) {
    wire::ReadingBatch out;
    out.counter = counter;
    out.clock = start;
    out.readings = {{wire::Vital::heart_rate,
                     start + std::chrono::seconds(counter),
                     static_cast<std::int64_t>(60'000 + counter % 1'000),
                     {},
                     0}};
    return out;
}
inline wire::Relayed relayed(std::uint8_t device, std::uint64_t counter) {
    return {{{id_of(device), wire::encode(batch(counter))}}};
}

/// A client on the broker: keeps its session going and remembers what it was told.
class Speaker final : public mqtt::Listener {
public:
    Speaker(std::uint8_t number, const internal::LoneServer& server, mqtt::MemoryBroker& broker,
            const base::Clock& clock)
        : Speaker(number, server, broker, clock, std::to_string(number)) {}
    /// Under another name at the broker.
    Speaker(std::uint8_t number, const internal::LoneServer& server, mqtt::MemoryBroker& broker,
            const base::Clock& clock, const std::string& name)
        : number_(number), clock_(clock), random_(number), end_(id_of(number), server, random_) {
        for (const char each : name) (void)random_.below(static_cast<std::uint64_t>(each) + 1);
        transport_ = broker.make_client({name, name, ""});
        transport_->connect(*this);
    }
    void on_connected() override {
        EXPECT_TRUE(transport_->subscribe(topic_of(number_, mqtt::Direction::down)));
    }
    void on_disconnected(std::string_view) override {}
    void on_message(std::string_view, base::ByteView payload) override {
        take(end_.client().receive(payload, clock_.now()));
    }
    /// As a client that forgot what it had.
    void agree() {
        end_.client().restart();
        take(end_.client().start(clock_.now()));
    }
    [[nodiscard]] bool ready() const { return end_.client().ready(); }
    [[nodiscard]] base::Bytes sealed(base::ByteView plaintext) {
        auto record = end_.client().seal(plaintext, clock_.now());
        EXPECT_TRUE(record) << record.error().detail;
        return record ? *std::move(record) : base::Bytes{};
    }
    [[nodiscard]] base::Bytes sealed(const wire::Content& content) {
        return sealed(wire::encode_content(content));
    }
    [[nodiscard]] askg::ProvisionedPeer provisioned() const {
        return end_.provisioned(clock_.now());
    }
    /// What the gateway acknowledged, by device.
    std::multiset<std::pair<wire::DeviceId, std::uint64_t>> acknowledged;
    std::size_t answers = 0;  ///< Records that held something.

private:
    void take(keyagreement::Outcome outcome) {
        for (base::Bytes& frame : outcome.to_send) {
            EXPECT_TRUE(transport_->publish(topic_of(number_), std::move(frame)));
        }
        if (!outcome.received || outcome.received->plaintext.empty()) return;
        ++answers;
        const auto content = wire::decode_content(outcome.received->plaintext);
        ASSERT_TRUE(content) << content.error().detail;
        if (const auto* own = std::get_if<wire::Acknowledgement>(&*content)) {
            keep(id_of(number_), *own);
        } else if (const auto* all = std::get_if<wire::RelayedAcknowledgements>(&*content)) {
            for (const auto& one : all->acknowledgements) keep(one.device, one.acknowledgement);
        } else {
            ADD_FAILURE() << "the gateway answered with something else";
        }
    }
    void keep(const wire::DeviceId& device, const wire::Acknowledgement& acknowledgement) {
        for (const std::uint64_t counter : acknowledgement.counters) {
            acknowledged.emplace(device, counter);
        }
    }

    std::uint8_t number_;
    const base::Clock& clock_;
    base::SeededRandom random_;
    mutable internal::ClientEnd end_;
    std::unique_ptr<mqtt::MqttTransport> transport_;
};

/// A gateway over in-memory stores and broker, with clients that agreed on keys with it.
struct GatewayWithClients : testing::Test {
    GatewayWithClients() {
        directory = std::move(*identity::Directory::open(identities));
        for (const std::uint8_t patient : {std::uint8_t{1}, std::uint8_t{2}}) add_patient(patient);
        add_pda(pda_a, 1);
        add_pda(pda_b, 2);
        add_device(oximeter, pda_a, 1);
        add_device(cuff, pda_a, 1);
        add_device(implant, pda_a, 1, identity::SealedTo::cloud);
        add_device(thermometer, pda_b, 2);
        peers.emplace(*directory);
        provide({});
        restart_gateway();
        agree();
    }
    ~GatewayWithClients() override { gateway.reset(); }

    void add_patient(std::uint8_t number) {
        identity::Person patient;
        patient.id = patient_of(number);
        patient.role = wire::Role::patient;
        patient.name = "Test Patient";
        EXPECT_TRUE(directory->add(patient));
    }
    void add_pda(std::uint8_t number, std::uint8_t patient) {
        identity::PdaRecord record;
        record.id = id_of(number);
        record.label = "PDA";
        record.patient = patient_of(patient);
        EXPECT_TRUE(directory->add(record));
    }
    void add_device(std::uint8_t number, std::uint8_t pda, std::uint8_t patient,
                    identity::SealedTo sealed_to = identity::SealedTo::pda) {
        identity::DeviceRecord record;
        record.id = id_of(number);
        record.label = "Device";
        record.patient = patient_of(patient);
        record.vitals = {wire::Vital::heart_rate};
        record.pda = id_of(pda);
        record.sealed_to = sealed_to;
        EXPECT_TRUE(directory->add(record));
    }
    /// What the key generator says of all clients; of `revoked` only that.
    void provide(const std::set<std::uint8_t>& revoked) {
        askg::Provision provision{
            .sequence = ++provisions, .made_at = start, .complete = true, .peers = {}};
        for (const auto* speaker : {&a, &b, &own}) {
            provision.peers.push_back(speaker->provisioned());
            const std::uint8_t number = provision.peers.back().name.bytes[0];
            provision.peers.back().revoked = revoked.contains(number);
        }
        peers->take(std::move(provision));
    }
    /// As after kill -9: what the gateway held in memory is gone, the stores are not.
    void restart_gateway() {
        gateway.reset();
        transport.reset();
        series.reset();
        series = std::move(*series::SeriesStore::open(readings));
        gateway = make_gateway({});
        transport = broker.make_client({"gateway", "gateway", ""});
        gateway->attach(*transport);
        broker.poll(std::chrono::milliseconds{0});
    }
    std::unique_ptr<Gateway> make_gateway(const Gateway::Options& options) {
        return std::make_unique<Gateway>(Gateway::Parts{*directory, *peers, *series, clock, random},
                                         server.setup(clock.now()), options);
    }
    void agree() {
        for (auto* speaker : {&a, &b, &own}) speaker->agree();
        settle();
        for (const auto* speaker : {&a, &b, &own}) EXPECT_TRUE(speaker->ready());
    }
    /// Until nothing is under way any more.
    void settle() {
        do {
            broker.poll(std::chrono::milliseconds{0});
        } while (gateway->work_once() != 0 || broker.waiting() != 0);
    }
    void deliver(const std::string& to, const base::Bytes& bytes) {
        gateway->on_message(to, bytes);
        settle();
    }
    void deliver(std::uint8_t client, const base::Bytes& bytes) {
        deliver(topic_of(client), bytes);
    }
    std::uint64_t refused(std::string_view reason) const {
        const auto counts = gateway->counts();
        const auto found = counts.refusals.find(std::string(reason));
        return found == counts.refusals.end() ? 0 : found->second;
    }
    std::uint64_t refused(Refusal refusal) const { return refused(name_of(refusal)); }
    std::uint64_t refused_in_all() const {
        std::uint64_t sum = 0;
        for (const auto& [reason, count] : gateway->counts().refusals) sum += count;
        return sum;
    }
    /// Counters stored, by device.
    std::multiset<std::pair<wire::DeviceId, std::uint64_t>> stored() const {
        std::multiset<std::pair<wire::DeviceId, std::uint64_t>> out;
        EXPECT_TRUE(series->read_after(0, [&](const series::StoredBatch& one) {
            out.emplace(one.device, one.counter);
            return true;
        }));
        return out;
    }

    base::ManualClock clock{start};
    base::SeededRandom random{1};
    mqtt::MemoryBroker broker;
    storage::MemoryStore identities;
    storage::MemoryStore readings;
    internal::LoneServer server =
        internal::LoneServer::draw(keyagreement::Suite::aes_256_gcm, random);
    Speaker a{pda_a, server, broker, clock};
    Speaker b{pda_b, server, broker, clock};
    Speaker own{implant, server, broker, clock};
    std::unique_ptr<identity::Directory> directory;
    std::optional<identity::Peers> peers;
    std::uint64_t provisions = 0;
    std::unique_ptr<series::SeriesStore> series;
    std::unique_ptr<mqtt::MqttTransport> transport;
    std::unique_ptr<Gateway> gateway;
};

using Pair = std::pair<wire::DeviceId, std::uint64_t>;

}  // namespace gateway
