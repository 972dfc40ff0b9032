// SPDX-License-Identifier: Apache-2.0
// The gateway and three clients, in each of its states: sessions that are not there, half open,
// open or expired, frames that wait, the broker lost, the process killed, the disk full, clients
// and devices suspended or revoked; and then whatever comes, also under the right keys. What is
// stored a client sent that may speak for the device, once; what is acknowledged is stored; its
// tables keep their bounds; and after all of it what a client sends is stored and acknowledged
// again.
#include <map>
#include <memory>
#include <optional>
#include <set>

#include "agreement_script.h"
#include "carrier.h"
#include "gateway/gateway.h"
#include "gateway/internal/client_end.h"
#include "storage/memory_store.h"

namespace {

using gateway::Gateway;
using mqtt::Direction;
using Batch = std::pair<wire::DeviceId, std::uint64_t>;

/// After the beginning of a 30-day epoch, so that none ends in a script.
constexpr base::TimePoint start = base::from_unix_ms(656LL * 2'592'000'000 + 3'600'000);
constexpr std::chrono::milliseconds time_max = std::chrono::days(20);
constexpr std::size_t steps_max = 256;
constexpr std::string_view tenant = "default";
const Gateway::Options options{.tenant = std::string(tenant),
                               .queue_frames_max = 12,
                               .client_frames_max = 5,
                               .group_frames_max = 4};
/// Sessions: two of each client, the newest and the one before it.
const keyagreement::ServerLimits limits{
    .half_open = 4, .replay_entries = 64, .sessions = 6, .messages1_a_source = 4};

// Two patients, each with a PDA. The first has two devices that seal to the PDA and one that seals
// to the cloud.
constexpr std::uint8_t pda_a = 0xA0, oximeter = 0xA1, cuff = 0xA2, implant = 0xA3, pda_b = 0xB0,
                       thermometer = 0xB1;
constexpr std::uint8_t parties[] = {pda_a, oximeter, cuff, implant, pda_b, thermometer, 0xCC};

template <class Id>
Id numbered(std::uint8_t number) {
    Id id;
    id.bytes.fill(number);
    return id;
}
wire::DeviceId id_of(std::uint8_t number) {
    return numbered<wire::DeviceId>(number);
}
std::string topic_of(const wire::DeviceId& client, Direction direction) {
    return mqtt::cloud_topic(tenant, base::to_hex(client.view()), direction);
}
wire::ReadingBatch batch_of(std::uint64_t counter, base::TimePoint clock) {
    wire::ReadingBatch out;
    out.counter = counter;
    out.clock = clock;
    out.readings = {{wire::Vital::heart_rate, clock, 60'000, {}, 0}};
    return out;
}

struct Client {
    wire::DeviceId id;
    wire::DeviceId device;  // whose readings it brings
    gateway::internal::ClientEnd end;
    std::uint64_t counter = 0;
};

class World {
public:
    World(std::uint8_t choice, std::uint64_t seed);
    void step(fuzz::Script& script);
    /// The network is whole again, and time goes on.
    void expect_service();

private:
    void enrol();
    void provide();
    void start_gateway();
    void advance(std::chrono::milliseconds by);
    void work();
    void check_stored();
    void deliver_next();
    void to_gateway(const fuzz::Message& message);
    void to_client(Client& client, base::ByteView frame);
    void send(Client& client, const keyagreement::Outcome& outcome);
    void send_batch(Client& client, wire::ReadingBatch batch);
    void seal(Client& client, base::ByteView plaintext);
    void junk(fuzz::Script& script);
    void change_rights(std::uint8_t choice);
    [[nodiscard]] bool may_speak(const wire::DeviceId& device) const;

    base::ManualClock clock_{start};
    base::SeededRandom random_;
    storage::MemoryStore identities_;
    storage::MemoryStore readings_;
    gateway::internal::LoneServer server_ =
        gateway::internal::LoneServer::draw(keyagreement::Suite::chacha20_poly1305, random_);
    std::unique_ptr<identity::Directory> directory_;
    std::optional<identity::Peers> peers_;
    std::unique_ptr<series::SeriesStore> series_;
    std::unique_ptr<fuzz::Carrier> carrier_;
    std::unique_ptr<Gateway> gateway_;
    std::vector<Client> clients_;
    fuzz::Flight flight_;
    fuzz::Seen seen_;
    std::uint64_t provisions_ = 0;
    bool b_is_revoked_ = false;
    bool holds_frames_ = false;  // work waits for the script

    std::deque<base::Bytes> queued_;                         // what the gateway has not looked at
    std::map<base::Bytes, std::size_t> honest_;              // not opened yet; with their batches
    std::map<Batch, std::vector<wire::ReadingBatch>> sent_;  // by those who may
    std::set<Batch> claimed_;                                // by anybody
    std::set<Batch> stored_;
    std::uint64_t position_ = 0;
    std::set<Batch> told_;  // to a client, as stored
};

World::World(std::uint8_t choice, std::uint64_t seed) : random_(seed) {
    directory_ = std::move(*identity::Directory::open(identities_));
    enrol();
    for (const auto& [client, device] :
         {std::pair(pda_a, oximeter), std::pair(pda_b, thermometer), std::pair(implant, implant)}) {
        clients_.push_back({.id = id_of(client),
                            .device = id_of(device),
                            .end = {id_of(client), server_, random_}});
    }
    peers_.emplace(*directory_);
    provide();
    start_gateway();
    // So that the inputs begin in deep states as well.
    for (std::size_t i = 0; i < clients_.size(); ++i) {
        if ((choice >> i & 1) == 0) continue;
        send(clients_[i], clients_[i].end.client().start(clock_.now()));
        while (!flight_.empty()) deliver_next();
    }
}

void World::enrol() {
    const auto add_pda = [&](std::uint8_t pda, std::uint8_t patient) {
        identity::PdaRecord record;
        record.id = id_of(pda);
        record.label = "PDA";
        record.patient = numbered<wire::LedgerId>(patient);
        CHECK(directory_->add(record));
    };
    const auto add_device = [&](std::uint8_t device, std::uint8_t pda, std::uint8_t patient) {
        identity::DeviceRecord record;
        record.id = id_of(device);
        record.label = "Device";
        record.patient = numbered<wire::LedgerId>(patient);
        record.vitals = {wire::Vital::heart_rate};
        record.pda = id_of(pda);
        record.sealed_to = device == implant ? identity::SealedTo::cloud : identity::SealedTo::pda;
        CHECK(directory_->add(record));
    };
    add_pda(pda_a, 1);
    add_pda(pda_b, 2);
    add_device(oximeter, pda_a, 1);
    add_device(cuff, pda_a, 1);
    add_device(implant, pda_a, 1);
    add_device(thermometer, pda_b, 2);
}

void World::provide() {
    askg::Provision provision{
        .sequence = ++provisions_, .made_at = start, .complete = true, .peers = {}};
    for (const auto& client : clients_) {
        provision.peers.push_back(client.end.provisioned(start));
        provision.peers.back().revoked = b_is_revoked_ && client.id == id_of(pda_b);
    }
    CHECK(peers_->take(std::move(provision)));
}

/// As after kill -9: what the gateway held in memory is gone, the stores are not.
void World::start_gateway() {
    gateway_.reset();
    series_.reset();
    honest_.clear();
    queued_.clear();
    series_ = std::move(*series::SeriesStore::open(readings_));
    auto setup = server_.setup(clock_.now());
    setup.limits = limits;
    gateway_ = std::make_unique<Gateway>(
        Gateway::Parts{*directory_, *peers_, *series_, clock_, random_}, std::move(setup), options);
    carrier_ = std::make_unique<fuzz::Carrier>(flight_);
    gateway_->attach(*carrier_);
}

void World::advance(std::chrono::milliseconds by) {
    if (clock_.now() + by - start > time_max) return;
    clock_.advance(by);
    for (auto& client : clients_) send(client, client.end.client().tick(clock_.now()));
}

bool World::may_speak(const wire::DeviceId& device) const {
    const auto known = directory_->device(device);
    if (!known || !known->serving()) return false;
    if (b_is_revoked_ && known->pda == id_of(pda_b)) return false;
    const auto pda = directory_->pda(known->pda);
    return known->sealed_to == identity::SealedTo::cloud || pda->serving();
}

void World::work() {
    const auto before = gateway_->counts();
    const auto handled = gateway_->work_once();
    CHECK(handled <= options.group_frames_max);
    CHECK(handled == std::min(queued_.size(), options.group_frames_max));
    std::set<base::Bytes> group;
    for (std::size_t i = 0; i < handled; ++i) {
        group.insert(std::move(queued_.front()));
        queued_.pop_front();
    }
    std::size_t batches_max = 0;
    for (const auto& frame : group) {
        const auto honest = honest_.find(frame);
        if (honest != honest_.end()) batches_max += honest->second;
    }
    const auto after = gateway_->counts();
    const auto taken =
        after.batches_accepted + after.duplicates - before.batches_accepted - before.duplicates;
    CHECK(taken <= batches_max);
    if (taken != 0 && (taken == batches_max || group.size() == 1)) {
        for (const auto& frame : group) honest_.erase(frame);
    }
    CHECK(after.sessions <= limits.sessions);
    CHECK(after.refusals.size() <= keyagreement::failure_count + gateway::refusal_count);
    check_stored();
}

void World::check_stored() {
    CHECK(series_->read_after(position_, [&](const series::StoredBatch& one) {
        position_ = one.position;
        const Batch name(one.device, one.counter);
        CHECK(stored_.insert(name).second);
        CHECK(may_speak(one.device));
        CHECK(std::ranges::any_of(sent_[name], [&](const wire::ReadingBatch& sent) {
            return sent.readings == one.readings && sent.clock == one.clock &&
                   sent.status == one.status;
        }));
        return true;
    }));
}

void World::deliver_next() {
    const auto message = std::move(flight_.front());
    flight_.pop_front();
    seen_.add(message.payload);
    for (auto& client : clients_) {
        if (message.topic == topic_of(client.id, Direction::down)) {
            return to_client(client, message.payload);
        }
    }
    to_gateway(message);
}

void World::to_gateway(const fuzz::Message& message) {
    const auto before = gateway_->counts();
    carrier_->inject(message);
    const auto after = gateway_->counts();
    if (after.frames_received == before.frames_received) return;
    if (after.overload_dropped == before.overload_dropped) queued_.push_back(message.payload);
    CHECK(queued_.size() <= options.queue_frames_max);
    if (!holds_frames_) work();
}

void World::to_client(Client& client, base::ByteView frame) {
    const auto outcome = client.end.client().receive(frame, clock_.now());
    send(client, outcome);
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto content = wire::decode_content(outcome.received->plaintext);
    CHECK(content);
    const auto told = [&](const wire::DeviceId& device, const wire::Acknowledgement& one) {
        for (const auto counter : one.counters) {
            CHECK(stored_.contains(Batch(device, counter)));
            told_.emplace(device, counter);
        }
    };
    if (const auto* own = std::get_if<wire::Acknowledgement>(&*content)) {
        CHECK(client.id == id_of(implant));
        return told(client.id, *own);
    }
    CHECK(std::holds_alternative<wire::RelayedAcknowledgements>(*content));
    for (const auto& one : std::get<wire::RelayedAcknowledgements>(*content).acknowledgements) {
        told(one.device, one.acknowledgement);
    }
}

void World::send(Client& client, const keyagreement::Outcome& outcome) {
    for (const auto& frame : outcome.to_send) {
        flight_.push_back({topic_of(client.id, Direction::up), frame});
    }
}

void World::send_batch(Client& client, wire::ReadingBatch batch) {
    if (client.device == client.id) return seal(client, wire::encode_content(batch));
    seal(client, wire::encode_content(wire::Relayed{{{client.device, wire::encode(batch)}}}));
}

/// Whatever it says: what of it may be stored is what this client may say.
void World::seal(Client& client, base::ByteView plaintext) {
    auto record = client.end.client().seal(plaintext, clock_.now());
    if (!record) return;
    std::size_t batches = 0;
    const auto claim = [&](const wire::DeviceId& device, const wire::ReadingBatch& batch) {
        const Batch name(device, batch.counter);
        claimed_.insert(name);
        const auto known = directory_->device(device);
        if (!known) return;
        const bool own = known->sealed_to == identity::SealedTo::cloud ? device == client.id
                                                                       : known->pda == client.id;
        if (!own) return;
        sent_[name].push_back(batch);
        ++batches;
    };
    const auto content = wire::decode_content(plaintext);
    if (content && std::holds_alternative<wire::ReadingBatch>(*content)) {
        claim(client.id, std::get<wire::ReadingBatch>(*content));
    } else if (content && std::holds_alternative<wire::Relayed>(*content)) {
        for (const auto& one : std::get<wire::Relayed>(*content).batches) {
            const bool own_seal = one.device == id_of(implant);
            const auto batch = wire::decode_batch(one.batch);
            if (batch && !own_seal) claim(one.device, *batch);
        }
    }
    if (batches > 0) honest_.emplace(*record, batches);
    flight_.push_back({topic_of(client.id, Direction::up), *std::move(record)});
}

void World::junk(fuzz::Script& script) {
    const auto where = script.byte();
    auto& client = clients_[where % clients_.size()];
    const auto frame = fuzz::next_frame(script, seen_.frames(), server_.own.public_key());
    if ((where >> 6) == 3) return to_client(client, frame);
    const std::string topics[] = {topic_of(client.id, Direction::up),
                                  topic_of(id_of(parties[script.byte() % 7]), Direction::up),
                                  topic_of(client.id, Direction::down),
                                  mqtt::started_topic(tenant)};
    to_gateway({topics[where >> 4 & 3], frame});
}

/// Of what expect_service uses nothing is taken.
void World::change_rights(std::uint8_t choice) {
    constexpr std::uint8_t changed[] = {cuff, implant, thermometer, pda_b};
    if ((choice & 7) == 0) {
        b_is_revoked_ = !b_is_revoked_;
        return provide();
    }
    const bool final = choice == 0xFF;
    const auto id = id_of(final ? cuff : changed[choice >> 3 & 3]);
    const auto state = final                    ? identity::DeviceState::revoked
                       : (choice >> 5 & 1) != 0 ? identity::DeviceState::suspended
                                                : identity::DeviceState::active;
    (void)directory_->set_state(id, state);  // refused where the state is final
}

void World::step(fuzz::Script& script) {
    const auto what = script.byte();
    auto& client = clients_[(what >> 4) % clients_.size()];
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
            if ((what >> 6) == 0) client.end.client().restart();
            send(client, client.end.client().start(clock_.now()));
            break;
        case 5:
            send_batch(client, batch_of(++client.counter, clock_.now()));
            break;
        case 6:  // once more, as it is or with other readings
            if (client.counter == 0) break;
            send_batch(client, batch_of(client.counter, (what >> 7) != 0 ? start : clock_.now()));
            break;
        case 7:
            advance(std::chrono::milliseconds(script.byte() * 100 - 1'000));
            break;
        case 8:
            advance(std::chrono::minutes(script.byte()));
            break;
        case 9: {  // of anybody's devices
            wire::Relayed relayed;
            for (auto more = script.byte() % 3; more >= 0; --more) {
                const auto device = id_of(parties[script.byte() % 7]);
                const auto batch = batch_of(1 + script.byte(), clock_.now());
                relayed.batches.push_back({device, wire::encode(batch)});
            }
            seal(client, wire::encode_content(relayed));
            break;
        }
        case 10:
            seal(client, script.bytes());
            break;
        case 11:
            readings_.set_full((what >> 4 & 1) != 0);
            break;
        case 12:
            if ((what >> 6) == 0) start_gateway();
            carrier_->set_up((what >> 4 & 1) != 0);
            break;
        case 13:
            change_rights(script.byte());
            break;
        case 14:
            holds_frames_ = (what >> 4 & 1) != 0;
            work();
            break;
        default:
            junk(script);
    }
}

void World::expect_service() {
    holds_frames_ = false;
    readings_.set_full(false);
    carrier_->set_up(true);
    auto& client = clients_[0];
    Batch missing(client.device, 1);  // the least of which nothing was said
    while (claimed_.contains(missing)) ++missing.second;
    while (!queued_.empty()) work();
    send(client, client.end.client().start(clock_.now()));
    for (int second = 0; second < 120 && !told_.contains(missing); ++second) {
        clock_.advance(std::chrono::seconds(1));
        send(client, client.end.client().tick(clock_.now()));
        send_batch(client, batch_of(missing.second, start));
        while (!flight_.empty()) deliver_next();
        work();
    }
    CHECK(told_.contains(missing));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(data, size);
    const auto choice = script.byte();
    World world(choice, fuzz::seed_of(data, size));
    for (std::size_t i = 0; i < steps_max && !script.done(); ++i) world.step(script);
    if ((choice & 0x08) != 0) world.expect_service();  // half of them: it takes most of the time
    return 0;
}
