// SPDX-License-Identifier: Apache-2.0
// A PDA between three devices and the cloud server, in each of its states: sessions that are not
// there, half open, open or expired, the cloud away, the broker lost, the process killed, the disk
// full, a device cut off; and then whatever comes, also under the right keys. What reaches the
// cloud a device sent, what a device counts as delivered or kept is so, nothing is taken twice, and
// after all of it what a device sends is delivered again.
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "agreement_script.h"
#include "carrier.h"
#include "device/agreement.h"
#include "device/testing/family.h"
#include "pda/relay.h"

namespace {

using mqtt::Direction;
using pda::Relay;
using Batch = std::pair<wire::DeviceId, std::uint64_t>;

/// After the beginning of a 30-day epoch, so that none ends in a script.
constexpr base::TimePoint start = base::from_unix_ms(656LL * 2'592'000'000 + 3'600'000);
constexpr std::chrono::milliseconds time_max = std::chrono::days(20);
constexpr std::size_t device_count = 3;  // with a clock; without one; sealed to the cloud
constexpr std::size_t cut_off_device = 1;
constexpr std::size_t steps_max = 256;
constexpr std::string_view tenant = "default";

/// What the key generator handed out, once for all inputs.
struct Given {
    Given() {
        auto own = family.add_pda();
        devices.push_back(family.add_device(own.grant.id));
        devices.push_back(family.add_device(own.grant.id, {.clockless = true}));
        devices.push_back(family.add_device(own.grant.id, {.sealed_to_cloud = true}));
        own = family.renewed(own);
        family.provide(initiators, clock.now());
        family.revoke(devices[cut_off_device].grant.id);
        without_one.credentials = family.renewed(own);
        all.credentials = std::move(own);
    }
    base::ManualClock clock{start};
    base::SeededRandom random{7};
    device::testing::Family family{clock, random};
    Relay::Setup all{.credentials = {}, .tenant = std::string(tenant)};
    Relay::Setup without_one{.credentials = {}, .tenant = std::string(tenant)};
    std::vector<askg::DeviceCredentials> devices;
    keyagreement::PeerTable initiators;  // of the cloud server
};

const Given& given() {
    static const Given made;
    return made;
}

wire::ReadingBatch batch_of(std::uint64_t counter, base::TimePoint now) {
    wire::ReadingBatch out;
    out.counter = counter;
    out.clock = now;
    out.readings = {{wire::Vital::heart_rate, now, 60'000, {}, 0}};
    return out;
}

std::string hex_of(const wire::DeviceId& id) {
    return base::to_hex(id.view());
}

struct Device {
    wire::DeviceId id;
    bool sealed_to_cloud;
    keyagreement::Client client;
    std::uint64_t counter = 0;
    std::string up_topic{};
    std::string down_topic{};
};

class World {
public:
    World(std::uint8_t choice, std::uint64_t seed);
    void step(fuzz::Script& script);
    /// The network is whole again, and time goes on: one of the devices is served.
    void expect_service();

private:
    void start_pda();
    void restart_cloud();
    void advance(std::chrono::milliseconds by);
    void hand_on();
    void deliver(const fuzz::Message& message);
    void deliver_next();
    void to_pda(const fuzz::Message& message, bool only_subscribed);
    void to_cloud(const std::string& client, base::ByteView frame);
    void to_device(Device& device, base::ByteView frame);
    void send(Device& device, std::vector<base::Bytes> frames);
    void seal(Device& device, base::ByteView plaintext);
    void seal_from_cloud(base::ByteView plaintext);
    void junk(fuzz::Script& script);
    void set_credentials(bool all);
    [[nodiscard]] bool is_on_disk(const Batch& batch) const;
    [[nodiscard]] std::uint64_t unused_counter(const Device& device) const;

    keyagreement::Suite suite_;
    std::size_t served_;  // in the end
    base::ManualClock clock_{start};
    base::SeededRandom random_;
    storage::MemoryStore disk_;
    std::optional<pda::BatchStore> store_;
    std::unique_ptr<Relay> relay_;
    fuzz::Carrier* carrier_ = nullptr;  // the relay's
    std::optional<keyagreement::Server> cloud_;
    std::vector<Device> devices_;
    fuzz::Flight flight_;
    fuzz::Seen seen_;
    bool cloud_answers_ = true;
    bool all_devices_ = true;
    bool was_cut_off_ = false;

    std::map<base::Bytes, wire::DeviceId> unopened_;  // of devices that seal to the PDA
    std::set<base::Bytes> unopened_answers_;          // of the cloud
    std::map<Batch, std::set<base::Bytes>> sent_;     // by devices
    std::set<Batch> acknowledged_;                    // by the cloud
    std::set<Batch> told_;                            // to a device, as delivered
};

World::World(std::uint8_t choice, std::uint64_t seed)
    : suite_(*given().family.server.grant.certificate.record.suite), random_(seed) {
    for (const auto& credentials : given().devices) {
        const bool direct = devices_.size() == 2;
        auto setup = direct ? *device::setup_with_cloud(device::cloud_initiator(credentials))
                            : device::setup_with_pda(credentials);
        Device made{.id = credentials.grant.id,
                    .sealed_to_cloud = direct,
                    .client = keyagreement::Client(std::move(setup), random_)};
        const auto pda = hex_of(given().all.credentials.grant.id);
        made.up_topic = mqtt::pda_topic(tenant, pda, hex_of(made.id), Direction::up);
        made.down_topic = mqtt::pda_topic(tenant, pda, hex_of(made.id), Direction::down);
        devices_.push_back(std::move(made));
    }
    restart_cloud();
    start_pda();
    // So that the inputs begin in deep states as well.
    if ((choice & 1) != 0) {
        while (!flight_.empty()) deliver_next();
    }
    for (std::size_t i = 0; i < device_count; ++i) {
        if ((choice >> (1 + i) & 1) == 0) continue;
        send(devices_[i], devices_[i].client.start(clock_.now()).to_send);
        while (!flight_.empty()) deliver_next();
    }
}

/// As after kill -9: what was not on disk is lost.
void World::start_pda() {
    relay_.reset();
    store_.emplace(disk_);
    unopened_.clear();
    unopened_answers_.clear();
    auto opened = Relay::open(all_devices_ ? given().all : given().without_one,
                              {.batches_max = 8, .bytes_max = 4'096, .window = 4},
                              {*store_, clock_, random_});
    CHECK(opened);
    relay_ = *std::move(opened);
    auto carrier = std::make_unique<fuzz::Carrier>(flight_);
    carrier_ = carrier.get();
    relay_->attach(std::move(carrier));
}

void World::restart_cloud() {
    const auto& server = given().family.server;
    cloud_.emplace(keyagreement::ServerSetup{.profiles = {keyagreement::Profile::pda_cloud},
                                             .suite = suite_,
                                             .domain = server.grant.certificate.authority,
                                             .own = keyagreement::PrivateKey::from_bytes(
                                                 server.static_private),
                                             .started_at = clock_.now()},
                   given().initiators, random_);
}

void World::advance(std::chrono::milliseconds by) {
    if (clock_.now() + by - start > time_max) return;
    clock_.advance(by);
    cloud_->tick(clock_.now());
    for (auto& device : devices_) send(device, device.client.tick(clock_.now()).to_send);
}

/// As the hub does after each poll.
void World::hand_on() {
    relay_->work();
    relay_->keep();
    relay_->flushed(store_->flush());
    relay_->tell();
    CHECK(relay_->waiting() <= device_count * 8);
    CHECK(carrier_->subscriptions() <= 3 + Relay::passed_devices_max);
    CHECK(relay_->counts().refusals.size() <= keyagreement::failure_count + 10);
}

void World::deliver_next() {
    const auto message = std::move(flight_.front());
    flight_.pop_front();
    seen_.add(message.payload);
    deliver(message);
}

void World::deliver(const fuzz::Message& message) {
    for (auto& device : devices_) {
        if (message.topic == device.down_topic) return to_device(device, message.payload);
    }
    const auto client = mqtt::client_of_cloud_topic(message.topic, tenant, Direction::up);
    if (client) return to_cloud(std::string(*client), message.payload);
    to_pda(message, true);
    hand_on();
}

void World::to_pda(const fuzz::Message& message, bool only_subscribed) {
    const auto before = relay_->counts();
    only_subscribed ? carrier_->deliver(message) : carrier_->inject(message);
    const auto& after = relay_->counts();
    const auto taken = after.batches_received + after.batches_repeated - before.batches_received -
                       before.batches_repeated;
    CHECK(taken <= 1);
    if (taken == 1) {
        const auto honest = unopened_.find(message.payload);
        CHECK(honest != unopened_.end());
        CHECK(all_devices_ || honest->second != devices_[cut_off_device].id);
        unopened_.erase(honest);
    }
    if (after.batches_acknowledged > before.batches_acknowledged) {
        CHECK(unopened_answers_.erase(message.payload) == 1);
    }
}

void World::to_cloud(const std::string& client, base::ByteView frame) {
    auto outcome = cloud_->receive(client, frame, clock_.now());
    const auto topic = mqtt::cloud_topic(tenant, client, Direction::down);
    for (auto& answer : outcome.to_send) flight_.push_back({topic, std::move(answer)});
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto sender = *wire::DeviceId::from(outcome.received->peer.view());
    const auto content = wire::decode_content(outcome.received->plaintext);
    if (sender != given().all.credentials.grant.id) {
        if (!content || !std::holds_alternative<wire::ReadingBatch>(*content)) return;
        const auto& batch = std::get<wire::ReadingBatch>(*content);
        CHECK(sent_[Batch(sender, batch.counter)].contains(wire::encode(batch)));
        if (!cloud_answers_) return;
        acknowledged_.emplace(sender, batch.counter);
        const wire::Acknowledgement said{{batch.counter}, clock_.now()};
        auto record =
            cloud_->seal(outcome.received->session, wire::encode_content(said), clock_.now());
        if (record) flight_.push_back({topic, *std::move(record)});
        return;
    }
    CHECK(content);
    wire::RelayedAcknowledgements out;
    for (const auto& [device, bytes] : std::get<wire::Relayed>(*content).batches) {
        const auto batch = wire::decode_batch(bytes);
        CHECK(batch);
        CHECK(sent_[Batch(device, batch->counter)].contains(bytes));
        out.acknowledgements.push_back({device, {{batch->counter}, clock_.now()}});
    }
    if (cloud_answers_) seal_from_cloud(wire::encode_content(out));
}

/// To the PDA, under the right keys.
void World::seal_from_cloud(base::ByteView plaintext) {
    const auto& pda = given().all.credentials.grant.id;
    const auto session = cloud_->newest_session(*keyagreement::PeerName::from(pda.view()));
    if (!session) return;
    auto record = cloud_->seal(*session, plaintext, clock_.now());
    if (!record) return;
    const auto content = wire::decode_content(plaintext);
    if (content && std::holds_alternative<wire::RelayedAcknowledgements>(*content)) {
        for (const auto& one : std::get<wire::RelayedAcknowledgements>(*content).acknowledgements) {
            for (const auto counter : one.acknowledgement.counters) {
                acknowledged_.emplace(one.device, counter);
            }
        }
    }
    unopened_answers_.insert(*record);
    flight_.push_back(
        {mqtt::cloud_topic(tenant, hex_of(pda), Direction::down), *std::move(record)});
}

bool World::is_on_disk(const Batch& batch) const {
    return store_->get({given().all.credentials.grant.id, batch.first, batch.second}).has_value();
}

void World::to_device(Device& device, base::ByteView frame) {
    const auto outcome = device.client.receive(frame, clock_.now());
    send(device, outcome.to_send);
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto content = wire::decode_content(outcome.received->plaintext);
    CHECK(content);
    if (const auto* delivered = std::get_if<wire::Acknowledgement>(&*content)) {
        for (const auto counter : delivered->counters) {
            CHECK(acknowledged_.contains(Batch(device.id, counter)));
            told_.emplace(device.id, counter);
        }
        return;
    }
    CHECK(std::holds_alternative<wire::Kept>(*content));
    // What was kept of a device that was cut off since is gone.
    if (was_cut_off_ && device.id == devices_[cut_off_device].id) return;
    for (const auto counter : std::get<wire::Kept>(*content).counters) {
        const Batch batch(device.id, counter);
        CHECK(is_on_disk(batch) || acknowledged_.contains(batch));
    }
}

void World::send(Device& device, std::vector<base::Bytes> frames) {
    for (auto& frame : frames) flight_.push_back({device.up_topic, std::move(frame)});
}

void World::seal(Device& device, base::ByteView plaintext) {
    auto record = device.client.seal(plaintext, clock_.now());
    if (!record) return;
    const auto content = wire::decode_content(plaintext);
    if (content && std::holds_alternative<wire::ReadingBatch>(*content)) {
        const auto& batch = std::get<wire::ReadingBatch>(*content);
        sent_[Batch(device.id, batch.counter)].insert(wire::encode(batch));
        if (!device.sealed_to_cloud) unopened_.emplace(*record, device.id);
    }
    flight_.push_back({device.up_topic, *std::move(record)});
}

void World::junk(fuzz::Script& script) {
    const auto where = script.byte();
    const auto pda = hex_of(given().all.credentials.grant.id);
    const auto& device = devices_[where % device_count];
    wire::DeviceId stranger;
    stranger.bytes.fill(script.byte());
    const bool from_cloud = (where >> 4 & 1) != 0;
    const auto responder = from_cloud
                               ? given().family.server.grant.certificate.record.static_public
                               : given().all.credentials.grant.certificate.record.static_public;
    const auto frame = fuzz::next_frame(script, seen_.frames(), responder);
    const std::string topics[] = {device.up_topic,
                                  mqtt::pda_topic(tenant, pda, hex_of(stranger), Direction::up),
                                  mqtt::cloud_topic(tenant, pda, Direction::down),
                                  mqtt::cloud_topic(tenant, hex_of(device.id), Direction::down),
                                  mqtt::cloud_topic(tenant, hex_of(stranger), Direction::down),
                                  mqtt::started_topic(tenant),
                                  mqtt::pda_topic(tenant, hex_of(stranger), pda, Direction::up),
                                  "salus/" + hex_of(stranger)};
    const fuzz::Message message{topics[where >> 2 & 7], frame};
    if (from_cloud && (where >> 5 & 1) != 0) return to_cloud(hex_of(device.id), frame);
    if ((where >> 6 & 1) != 0) return to_device(devices_[where % device_count], frame);
    to_pda(message, false);
}

void World::set_credentials(bool all) {
    all_devices_ = all;
    was_cut_off_ = was_cut_off_ || !all;
    CHECK(relay_->update(all ? given().all : given().without_one));
}

void World::step(fuzz::Script& script) {
    const auto what = script.byte();
    auto& device = devices_[(what >> 4) % device_count];
    switch (what % 16) {
        case 0:
        case 1:
            for (int i = 0; i <= what >> 4 && !flight_.empty(); ++i) deliver_next();
            break;
        case 2:
            if (!flight_.empty()) flight_.pop_front();
            break;
        case 3:
            if (flight_.empty()) break;
            flight_.push_back(std::move(flight_.front()));
            flight_.pop_front();
            break;
        case 4:
            if ((what >> 6) == 0) device.client.restart();
            send(device, device.client.start(clock_.now()).to_send);
            break;
        case 5:
            seal(device, wire::encode_content(batch_of(++device.counter, clock_.now())));
            break;
        case 6:  // once more, as it is or with other readings
            if (device.counter == 0) break;
            seal(device, wire::encode_content(
                             batch_of(device.counter, (what >> 7) != 0 ? start : clock_.now())));
            break;
        case 7:
            advance(std::chrono::milliseconds(script.byte() * 100 - 1'000));
            break;
        case 8:
            advance(std::chrono::minutes(script.byte()));
            break;
        case 9:
            seal(device, script.bytes());
            break;
        case 10:
            seal_from_cloud(script.bytes());
            break;
        case 11:
            cloud_answers_ = (what >> 4 & 1) != 0;
            if ((what >> 5 & 1) != 0) restart_cloud();
            break;
        case 12:
            carrier_->set_up((what >> 4 & 1) != 0);
            break;
        case 13:
            if ((what >> 4 & 3) == 0) start_pda();
            if ((what >> 4 & 3) == 1) disk_.set_full(false);
            if ((what >> 4 & 3) == 2) disk_.set_full(true);
            if ((what >> 4 & 3) == 3) set_credentials((what >> 6 & 1) != 0);
            break;
        default:
            junk(script);
    }
    hand_on();
}

/// The least, so that nothing that the script said stands under it.
std::uint64_t World::unused_counter(const Device& device) const {
    std::uint64_t counter = 1;
    while (sent_.contains(Batch(device.id, counter))) ++counter;
    return counter;
}

void World::expect_service() {
    disk_.set_full(false);
    carrier_->set_up(true);
    cloud_answers_ = true;
    if (!all_devices_) set_credentials(true);
    auto& device = devices_[served_];
    const Batch missing(device.id, unused_counter(device));
    send(device, device.client.start(clock_.now()).to_send);
    for (int second = 0; second < 180 && !told_.contains(missing); ++second) {
        clock_.advance(std::chrono::seconds(1));
        cloud_->tick(clock_.now());
        send(device, device.client.tick(clock_.now()).to_send);
        seal(device, wire::encode_content(batch_of(missing.second, start)));
        hand_on();
        while (!flight_.empty()) deliver_next();
        clock_.advance(Relay::tell_after);
        hand_on();
        while (!flight_.empty()) deliver_next();
    }
    CHECK(told_.contains(missing));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(data, size);
    const auto choice = script.byte();
    World world(choice, fuzz::seed_of(data, size));
    for (std::size_t i = 0; i < steps_max && !script.done(); ++i) world.step(script);
    if ((choice & 0x40) != 0) world.expect_service();  // half of them: it takes most of the time
    return 0;
}
