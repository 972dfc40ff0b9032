// SPDX-License-Identifier: Apache-2.0
#include "pda/relay.h"

#include <algorithm>

#include "base/check.h"
#include "device/agreement.h"
#include "keyagreement/message.h"
#include "mqtt/topics.h"

namespace pda {

using base::ErrorCode;
using base::fail;
using base::pass;
using keyagreement::Outcome;
using keyagreement::PeerName;
using keyagreement::Profile;
using mqtt::Direction;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds keep_again_after = 1s;
constexpr std::chrono::milliseconds idle_wait = 1s;
constexpr std::chrono::milliseconds server_tick = 1s;

PeerName peer_name(const wire::DeviceId& id) {
    return *PeerName::from(id.view());
}

keyagreement::ServerSetup server_setup(const askg::PdaCredentials& credentials,
                                       base::TimePoint now) {
    const askg::Record& own = credentials.grant.certificate.record;
    return {.profiles = {Profile::device_pda},
            .suite = own.suite.value_or(keyagreement::Suite::chacha20_poly1305),
            .domain = credentials.grant.certificate.authority,
            .own = keyagreement::PrivateKey::from_bytes(credentials.static_private),
            .started_at = now,
            .limits = keyagreement::ServerLimits::pda()};
}

/// A time that a clock set back has moved far ahead counts as reached.
bool is_due(base::TimePoint at, base::TimePoint now, std::chrono::milliseconds wait_max) {
    return at <= now || at > now + wait_max;
}

bool is_of_profile(base::ByteView frame, Profile profile) {
    const auto head = keyagreement::decode_head(frame);
    return head && head->profile == profile;
}

}  // namespace

Relay::Relay(const Setup& setup, device::Link link, DeviceQueue::Limits limits,
             const Surroundings& surroundings)
    : id_(setup.credentials.grant.id),
      hex_(base::to_hex(id_.view())),
      tenant_(setup.tenant),
      own_public_(setup.credentials.grant.certificate.record.static_public),
      limits_(limits),
      surroundings_(surroundings),
      kept_seal_(setup.credentials.static_private),
      server_(std::make_unique<keyagreement::Server>(
          server_setup(setup.credentials, surroundings.clock.now()), peers_, surroundings.random)),
      link_(std::move(link)),
      up_topic_(mqtt::cloud_topic(tenant_, hex_, Direction::up)),
      down_topic_(mqtt::cloud_topic(tenant_, hex_, Direction::down)) {}

base::Result<std::unique_ptr<Relay>> Relay::open(const Setup& setup, DeviceQueue::Limits limits,
                                                 const Surroundings& surroundings) {
    auto cloud = device::setup_with_cloud(device::cloud_initiator(setup.credentials));
    if (!cloud) return pass(cloud);
    std::unique_ptr<Relay> relay(new Relay(
        setup, device::Link(std::move(*cloud), surroundings.random), limits, surroundings));
    relay->set_peers(setup);
    if (auto found = relay->find_kept(); !found) return pass(found);
    return relay;
}

/// What is kept of a device that is no longer this PDA's is of no use to anybody.
base::Result<void> Relay::find_kept() {
    return surroundings_.store.scan(id_, [this](const BatchKey& key, base::ByteView sealed) {
        const auto device = devices_.find(key.device);
        if (device != devices_.end() && sealed.size() > KeptSeal::overhead_bytes) {
            device->second.queue.add_stored(key.counter, sealed.size() - KeptSeal::overhead_bytes);
        } else {
            surroundings_.store.erase(key);
        }
    });
}

void Relay::set_peers(const Setup& setup) {
    std::set<wire::DeviceId> gone;
    for (const auto& [id, device] : devices_) gone.insert(id);
    for (const askg::DeviceEntry& entry : setup.credentials.grant.devices) {
        if (entry.revoked) continue;
        gone.erase(entry.id);
        admit(entry, setup);
    }
    for (const wire::DeviceId& id : gone) cut_off(id);
    for (const askg::DeviceEntry& entry : setup.credentials.grant.devices) {
        if (entry.revoked) refused_.insert(entry.id);
    }
}

void Relay::admit(const askg::DeviceEntry& entry, const Setup& setup) {
    keyagreement::Peer peer{.name = peer_name(entry.id),
                            .static_public = entry.record.static_public,
                            .psk = askg::pair_secret(setup.credentials.grant.domain, entry.x),
                            .psk_previous = std::nullopt,
                            .clockless_allowed = entry.clockless};
    peers_.put({Profile::device_pda, std::move(peer), entry.pid_key.clone()});
    refused_.erase(entry.id);
    if (devices_.contains(entry.id)) return;
    const std::string hex = base::to_hex(entry.id.view());
    devices_.emplace(entry.id,
                     Device{.id = entry.id,
                            .hex = hex,
                            .down_topic = mqtt::pda_topic(tenant_, hex_, hex, Direction::down),
                            .queue = DeviceQueue(limits_)});
}

/// The gateway takes nothing of it any more either, so what is kept of it goes as well.
void Relay::cut_off(const wire::DeviceId& id) {
    peers_.revoke(peer_name(id));
    server_->close(peer_name(id));
    refused_.insert(id);
    const auto found = devices_.find(id);
    if (found == devices_.end()) return;
    Device& device = found->second;
    passed_.erase(device.hex);
    for (const std::uint64_t counter : device.queue.counters()) {
        if (device.queue.forget(counter)) surroundings_.store.erase({id_, id, counter});
    }
    devices_.erase(found);
}

base::Result<void> Relay::update(const Setup& setup) {
    const auto& grant = setup.credentials.grant;
    if (grant.id != id_ || grant.certificate.record.static_public != own_public_) {
        return fail(ErrorCode::malformed,
                    "these credentials are of another PDA, or of another key; start it anew");
    }
    auto cloud = device::setup_with_cloud(device::cloud_initiator(setup.credentials));
    if (!cloud) return pass(cloud);
    set_peers(setup);
    // The old session ends unanswered; what was under way in it is sent again in the new one.
    link_ = device::Link(std::move(*cloud), surroundings_.random);
    if (connected()) send_to_cloud(link_.on_connected(surroundings_.clock.now()));
    return {};
}

void Relay::attach(std::unique_ptr<mqtt::MqttTransport> transport) {
    transport_ = std::move(transport);
    transport_->connect(*this);
}

void Relay::close() {
    if (transport_) transport_->disconnect();
}

std::size_t Relay::waiting() const {
    std::size_t out = 0;
    for (const auto& [id, device] : devices_) out += device.queue.size();
    return out;
}

void Relay::refuse(std::string_view reason) {
    ++counts_.refusals[std::string(reason)];
}

void Relay::schedule(Device& device) {
    if (!device.tell_at) device.tell_at = surroundings_.clock.now() + tell_after;
}

void Relay::on_connected() {
    // A failure means that the connection is lost already: then this is called again.
    std::vector<std::string> filters = {down_topic_, mqtt::started_topic(tenant_),
                                        mqtt::pda_topic(tenant_, hex_, "+", Direction::up)};
    for (const std::string& device : passed_) {
        filters.push_back(mqtt::cloud_topic(tenant_, device, Direction::down));
    }
    for (std::string& filter : filters) {
        if (!transport_->subscribe(std::move(filter))) return;
    }
    if (!transport_->publish(mqtt::pda_started_topic(tenant_, hex_), {})) return;
    for (auto& [id, device] : devices_) {
        device.queue.forward_again();
        if (device.is_owed_news()) schedule(device);
    }
    send_to_cloud(link_.on_connected(surroundings_.clock.now()));
}

void Relay::on_disconnected(std::string_view) {}

void Relay::on_message(std::string_view topic, base::ByteView payload) {
    const base::TimePoint now = surroundings_.clock.now();
    if (topic == down_topic_) return follow_cloud(link_.receive(payload, now));
    if (topic == mqtt::started_topic(tenant_)) return send_to_cloud(link_.on_peer_started(now));
    const auto address = mqtt::address_of_pda_topic(topic, tenant_, Direction::up);
    if (address && address->pda == hex_) return on_device_frame(address->device, payload);
    const auto client = mqtt::client_of_cloud_topic(topic, tenant_, Direction::down);
    if (client) return pass_down(*client, payload);
    refuse("stray_topic");
}

// Towards the cloud.

void Relay::send_to_cloud(const Outcome& outcome) {
    for (const base::Bytes& frame : outcome.to_send) {
        // What the transport does not take is lost, and repeated as what is lost on the way.
        if (!transport_->publish(up_topic_, frame)) return;
    }
}

void Relay::follow_cloud(const Outcome& outcome) {
    send_to_cloud(outcome);
    if (outcome.failure) refuse(keyagreement::name_of(*outcome.failure));
    if (outcome.established) {
        for (auto& [id, device] : devices_) device.queue.forward_again();
    }
    // An empty record only confirms the handshake.
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto content = wire::decode_content(outcome.received->plaintext);
    if (!content) return refuse("malformed");
    const auto* relayed = std::get_if<wire::RelayedAcknowledgements>(&*content);
    if (relayed == nullptr) return refuse("unexpected_content");
    for (const auto& acknowledgement : relayed->acknowledgements) {
        take_acknowledgement(acknowledgement);
    }
}

void Relay::take_acknowledgement(const wire::RelayedAcknowledgement& relayed) {
    const auto found = devices_.find(relayed.device);
    if (found == devices_.end()) return refuse("unknown_device");
    Device& device = found->second;
    device.gateway_time = relayed.acknowledgement.gateway_time;
    for (const std::uint64_t counter : relayed.acknowledgement.counters) {
        if (device.queue.set_acknowledged(counter)) ++counts_.batches_acknowledged;
    }
    if (device.is_owed_news()) schedule(device);
}

void Relay::forward() {
    if (!reaches_cloud()) return;
    const base::TimePoint now = surroundings_.clock.now();
    Record record;
    for (auto& [id, device] : devices_) {
        for (const std::uint64_t counter : device.queue.due(now)) {
            if (!add_to(record, device, counter)) return;
        }
    }
    // What is not taken stays due.
    [[maybe_unused]] const bool taken = send(record);
}

/// Nothing if it cannot be read now, or never: the device still has it and sends it again.
std::optional<base::Bytes> Relay::read(Device& device, std::uint64_t counter) {
    if (const auto* known = device.queue.bytes_of(counter); known != nullptr) return *known;
    const BatchKey key{id_, device.id, counter};
    const auto sealed = surroundings_.store.get(key);
    auto batch = sealed ? kept_seal_.open(key, *sealed) : sealed;
    if (batch) return std::move(*batch);
    refuse("store_unreadable");
    last_error_ = batch.error().detail;
    if (batch.error().code == ErrorCode::unavailable) {
        device.queue.set_forwarded(counter, surroundings_.clock.now());  // later again
    } else if (device.queue.forget(counter)) {
        surroundings_.store.erase(key);
    }
    return std::nullopt;
}

/// Sends the record before where the batch does not fit into it. False: that was not taken.
bool Relay::add_to(Record& record, Device& device, std::uint64_t counter) {
    auto bytes = read(device, counter);
    if (!bytes) return true;
    const std::size_t size = bytes->size() + wire::relayed_overhead_bytes;
    if (record.bytes + size > wire::content_bytes_max && !send(record)) return false;
    record.bytes += size;
    record.relayed.batches.push_back({device.id, std::move(*bytes)});
    record.from.emplace_back(&device, counter);
    return true;
}

bool Relay::send(Record& record) {
    if (record.relayed.batches.empty()) return true;
    const base::TimePoint now = surroundings_.clock.now();
    auto frame = link_.seal(wire::encode_content(record.relayed), now);
    if (!frame || !transport_->publish(up_topic_, std::move(*frame))) return false;
    ++counts_.records_forwarded;
    for (const auto& [device, counter] : record.from) {
        const bool first = device->queue.set_forwarded(counter, now);
        ++(first ? counts_.batches_forwarded : counts_.batches_resent);
    }
    record = {};
    return true;
}

void Relay::work() {
    const base::TimePoint now = surroundings_.clock.now();
    if (is_due(server_tick_at_, now, server_tick)) {
        server_->tick(now);
        server_tick_at_ = now + server_tick;
    }
    if (connected()) send_to_cloud(link_.tick(now));
    forward();
}

void Relay::keep() {
    const base::TimePoint now = surroundings_.clock.now();
    if (!is_due(keep_again_at_, now, keep_again_after)) return;
    const base::TimePoint before = reaches_cloud() ? now - keep_after : now;
    for (auto& [id, device] : devices_) {
        for (const std::uint64_t counter : device.queue.to_store(before)) {
            const BatchKey key{id_, id, counter};
            surroundings_.store.put(
                key, kept_seal_.seal(key, *device.queue.bytes_of(counter), surroundings_.random));
            keeping_.push_back(key);
        }
    }
}

void Relay::flushed(const base::Result<void>& written) {
    const base::TimePoint now = surroundings_.clock.now();
    for (const BatchKey& key : std::exchange(keeping_, {})) {
        Device& device = devices_.at(key.device);
        if (written) {
            device.queue.set_stored(key.counter);
            ++counts_.batches_stored;
        } else {
            refuse("store_failed");
            last_error_ = written.error().detail;
            keep_again_at_ = now + keep_again_after;
            device.refused_for_room = true;
        }
        schedule(device);
    }
}

void Relay::tell() {
    for (auto& [id, device] : devices_) tell(device);
}

// Towards the devices.

void Relay::on_device_frame(std::string_view device_hex, base::ByteView frame) {
    if (is_of_profile(frame, Profile::pda_cloud)) return pass_up(device_hex, frame);
    Outcome outcome = server_->receive(device_hex, frame, surroundings_.clock.now());
    if (outcome.failure) refuse(keyagreement::name_of(*outcome.failure));
    for (base::Bytes& out : outcome.to_send) {
        const auto topic = mqtt::pda_topic(tenant_, hex_, device_hex, Direction::down);
        if (!transport_->publish(topic, std::move(out))) break;
    }
    if (outcome.established) {
        const auto id = wire::DeviceId::from(outcome.established->peer.view());
        const auto device = devices_.find(*id);
        if (device != devices_.end() && device->second.is_owed_news()) schedule(device->second);
    }
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    const auto device = devices_.find(*wire::DeviceId::from(outcome.received->peer.view()));
    if (device == devices_.end()) return refuse("unknown_device");
    if (device->second.hex != device_hex) return refuse("other_device");
    take_content(device->second, outcome.received->plaintext);
}

void Relay::take_content(Device& device, base::ByteView plaintext) {
    const auto content = wire::decode_content(plaintext);
    if (!content) return refuse("malformed");
    const auto* batch = std::get_if<wire::ReadingBatch>(&*content);
    if (batch == nullptr) return refuse("unexpected_content");
    take_batch(device, batch->counter, wire::batch_of_readings(plaintext));
}

void Relay::take_batch(Device& device, std::uint64_t counter, base::ByteView batch) {
    switch (device.queue.add(counter, batch, surroundings_.clock.now())) {
        case DeviceQueue::Added::fresh:
            ++counts_.batches_received;
            return;
        case DeviceQueue::Added::known:
            ++counts_.batches_repeated;
            device.queue.ask_kept(counter);
            if (device.is_owed_news()) schedule(device);
            return;
        case DeviceQueue::Added::other_content:
            // Two devices with one identity, or one that was set back.
            refuse("other_content");
            return;
        case DeviceQueue::Added::full:
            refuse("full");
            device.refused_for_room = true;
            schedule(device);
            return;
    }
}

void Relay::pass_up(std::string_view device_hex, base::ByteView frame) {
    const auto id = base::fixed_from_hex<wire::DeviceId>(device_hex);
    if (!id || refused_.contains(*id)) return refuse("unknown_device");
    if (!passed_.contains(device_hex)) {
        if (passed_.size() >= passed_devices_max) return refuse("full");
        auto answers = mqtt::cloud_topic(tenant_, device_hex, Direction::down);
        if (!transport_->subscribe(std::move(answers))) return;
        passed_.emplace(device_hex);
    }
    const auto topic = mqtt::cloud_topic(tenant_, device_hex, Direction::up);
    if (transport_->publish(topic, {frame.begin(), frame.end()})) ++counts_.passed_on;
}

void Relay::pass_down(std::string_view device_hex, base::ByteView frame) {
    if (!passed_.contains(device_hex)) return refuse("stray_topic");
    if (!is_of_profile(frame, Profile::pda_cloud)) return refuse("unexpected_content");
    const auto topic = mqtt::pda_topic(tenant_, hex_, device_hex, Direction::down);
    if (transport_->publish(topic, {frame.begin(), frame.end()})) ++counts_.passed_on;
}

/// Without a session or a connection the device is told once there is one.
void Relay::tell(Device& device) {
    if (!device.tell_at) return;
    if (!is_due(*device.tell_at, surroundings_.clock.now(), tell_after)) return;
    device.tell_at.reset();
    if (!connected()) return;
    const auto session = server_->newest_session(peer_name(device.id));
    if (!session) return;
    const bool told = tell_acknowledged(device, *session) && tell_kept(device, *session);
    if (!told && device.is_owed_news()) schedule(device);
}

bool Relay::say(Device& device, const keyagreement::Sid& session, const wire::Content& content) {
    auto frame = server_->seal(session, wire::encode_content(content), surroundings_.clock.now());
    if (!frame) return false;
    if (!transport_->publish(device.down_topic, std::move(*frame))) return false;
    device.refused_for_room = false;
    return true;
}

bool Relay::tell_acknowledged(Device& device, const keyagreement::Sid& session) {
    while (!device.queue.acknowledged().empty()) {
        wire::Acknowledgement acknowledgement{.counters = {}, .gateway_time = device.gateway_time};
        for (const std::uint64_t counter : device.queue.acknowledged()) {
            if (acknowledgement.counters.size() == told_counters_max) break;
            acknowledgement.counters.push_back(counter);
        }
        if (!say(device, session, acknowledgement)) return false;
        for (const std::uint64_t counter : acknowledgement.counters) {
            if (device.queue.forget(counter)) {
                surroundings_.store.erase({id_, device.id, counter});
            }
        }
    }
    return true;
}

bool Relay::tell_kept(Device& device, const keyagreement::Sid& session) {
    const auto& due = device.queue.kept_due();
    for (auto next = due.begin(); next != due.end();) {
        wire::Kept kept;
        while (next != due.end() && kept.counters.size() < told_counters_max) {
            kept.counters.push_back(*next++);
        }
        if (!say(device, session, kept)) return false;
    }
    device.queue.set_kept_told();
    // No room: it is told that it was heard, and that nothing of it is kept.
    return !device.refused_for_room || say(device, session, wire::Kept{});
}

base::TimePoint Relay::next_wake() const {
    const base::TimePoint now = surroundings_.clock.now();
    base::TimePoint wake = now + idle_wait;
    if (connected()) wake = std::min(wake, link_.next_wake());
    for (const auto& [id, device] : devices_) {
        if (device.tell_at) wake = std::min(wake, *device.tell_at);
        if (!reaches_cloud()) continue;
        if (const auto resend = device.queue.next_resend()) wake = std::min(wake, *resend);
    }
    return wake;
}

std::optional<base::TimePoint> Relay::next_keep() const {
    std::optional<base::TimePoint> out;
    const auto wait = reaches_cloud() ? keep_after : std::chrono::milliseconds{0};
    for (const auto& [id, device] : devices_) {
        const auto oldest = device.queue.oldest_unstored();
        if (!oldest) continue;
        const base::TimePoint at = std::max(*oldest + wait, keep_again_at_);
        out = out ? std::min(*out, at) : at;
    }
    return out;
}

}  // namespace pda
