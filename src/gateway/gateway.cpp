// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <span>
#include <tuple>
#include <variant>

#include "base/check.h"
#include "mqtt/topics.h"

namespace gateway {

namespace {

/// How often sessions and half-open handshakes that are over are forgotten.
constexpr std::chrono::seconds tick_interval{1};
/// How often it is said again that one identity is used in two places. Chosen by us.
constexpr std::chrono::minutes tell_interval{1};

wire::DeviceId device_of(const keyagreement::PeerName& name) {
    wire::DeviceId id;
    id.bytes = name.bytes;
    return id;
}

/// Whether `hex` is what `id` is written as; without writing it.
bool is_hex_of(std::string_view hex, const wire::DeviceId& id) {
    constexpr std::string_view digits = "0123456789abcdef";
    if (hex.size() != 2 * id.bytes.size()) return false;
    for (std::size_t i = 0; i < id.bytes.size(); ++i) {
        if (hex[2 * i] != digits[id.bytes[i] >> 4U]) return false;
        if (hex[2 * i + 1] != digits[id.bytes[i] & 0x0FU]) return false;
    }
    return true;
}

}  // namespace

Gateway::Gateway(Parts parts, keyagreement::ServerSetup server, Options options)
    : parts_(parts),
      options_(std::move(options)),
      server_(std::move(server), parts.peers, parts.random),
      attribution_(parts.directory) {
    CHECK(options_.group_frames_max > 0);
}

Gateway::~Gateway() {
    stop();
}

void Gateway::attach(mqtt::MqttTransport& transport) {
    CHECK(transport_ == nullptr);
    transport_ = &transport;
    transport.connect(*this);
}

void Gateway::start() {
    CHECK(!worker_.joinable());
    worker_ = std::jthread([this](const std::stop_token& stop) {
        while (true) {
            {
                std::unique_lock lock(queue_mutex_);
                queue_filled_.wait_for(lock, stop, refresh, [this] { return !queue_.empty(); });
            }
            if (work_once() == 0 && stop.stop_requested()) return;
        }
    });
}

void Gateway::stop() {
    if (!worker_.joinable()) return;
    worker_.request_stop();
    worker_.join();
}

void Gateway::on_connected() {
    // A failure means that the connection is lost already: then this is called again.
    const bool subscribed =
        transport_->subscribe(mqtt::cloud_topic(options_.tenant, "+", mqtt::Direction::up))
            .has_value() &&
        // Clients hold sessions that this process may never have had.
        transport_->publish(mqtt::started_topic(options_.tenant), {}).has_value();
    const std::scoped_lock lock(state_mutex_);
    health_.broker_connected = subscribed;
    if (health_.storage_writable) health_.trouble.clear();
}

void Gateway::on_disconnected(std::string_view reason) {
    const std::scoped_lock lock(state_mutex_);
    health_.broker_connected = false;
    health_.trouble = "no connection to the broker: " + std::string(reason);
}

bool Gateway::enqueue(std::string_view topic, base::ByteView payload, base::TimePoint received) {
    const std::scoped_lock lock(queue_mutex_);
    if (queue_.size() >= options_.queue_frames_max) return false;
    auto waiting = waiting_.find(topic);
    if (waiting == waiting_.end()) waiting = waiting_.emplace(topic, 0).first;
    if (waiting->second >= options_.client_frames_max) return false;
    ++waiting->second;
    // Of an oversized frame only the fact is kept, so that the queue's bytes are bounded.
    const base::ByteView bytes = payload.first(std::min(payload.size(), frame_bytes_max + 1));
    queue_.push_back({std::string(topic), {bytes.begin(), bytes.end()}, received});
    return true;
}

void Gateway::on_message(std::string_view topic, base::ByteView payload) {
    const bool queued = enqueue(topic, payload, parts_.clock.now());
    queue_filled_.notify_one();
    const std::scoped_lock lock(state_mutex_);
    ++counts_.frames_received;
    if (!queued) ++counts_.overload_dropped;
}

std::size_t Gateway::work_once() {
    renew();
    std::vector<Frame> group;
    {
        const std::scoped_lock lock(queue_mutex_);
        const std::size_t count = std::min(queue_.size(), options_.group_frames_max);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
        group.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
        queue_.erase(queue_.begin(), end);
        for (const Frame& frame : group) {
            const auto waiting = waiting_.find(frame.topic);
            if (--waiting->second == 0) waiting_.erase(waiting);
        }
    }
    Opened opened;
    opened.arrivals.reserve(group.size());
    opened.origins.reserve(group.size());
    for (const Frame& frame : group) handle(frame, opened);
    if (!opened.arrivals.empty() && store(opened)) acknowledge(opened);
    if (!group.empty()) {
        const std::scoped_lock lock(state_mutex_);
        counts_.handshakes = server_.counts().established;
        counts_.sessions = server_.counts().sessions;
    }
    return group.size();
}

/// Whoever was suspended or revoked is cut off before the next frame is looked at.
void Gateway::renew() {
    attribution_.renew();
    // Asked before the list is made: a change in between is taken over the next time.
    const std::uint64_t version = parts_.peers.version();
    if (version != peers_version_) {
        for (const auto& peer : parts_.peers.refused()) server_.close(peer);
        peers_version_ = version;
    }
    const base::TimePoint now = parts_.clock.now();
    // A clock that was set back must not hold this back for as long.
    if (now < tick_at_ && tick_at_ - now <= tick_interval) return;
    server_.tick(now);
    tick_at_ = now + tick_interval;
}

void Gateway::refuse(std::string_view reason) {
    const std::scoped_lock lock(state_mutex_);
    ++counts_.refusals[std::string(reason)];
}

void Gateway::handle(const Frame& frame, Opened& out) {
    const auto client =
        mqtt::client_of_cloud_topic(frame.topic, options_.tenant, mqtt::Direction::up);
    if (!client) return refuse(Refusal::topic_mismatch);
    if (frame.bytes.size() > frame_bytes_max) return refuse(Refusal::too_large);
    auto outcome = server_.receive(*client, frame.bytes, parts_.clock.now());
    if (outcome.failure) refuse(keyagreement::name_of(*outcome.failure));
    for (base::Bytes& answer : outcome.to_send) {
        if (transport_ == nullptr) break;
        // Not sent: the client tries again.
        std::ignore = transport_->publish(
            mqtt::cloud_topic(options_.tenant, *client, mqtt::Direction::down), std::move(answer));
    }
    if (outcome.received) watch_for_doubles(*outcome.received);
    if (!outcome.received || outcome.received->plaintext.empty()) return;
    if (!is_hex_of(*client, device_of(outcome.received->peer))) {
        return refuse(Refusal::topic_mismatch);
    }
    take(*outcome.received, frame.received, out);
}

/// A client's frames come in order, and it uses its newest session alone.
void Gateway::watch_for_doubles(const keyagreement::Received& record) {
    const wire::DeviceId client = device_of(record.peer);
    auto [at, fresh] = heard_.try_emplace(client, Heard{record.session, {}, {}});
    Heard& heard = at->second;
    if (heard.newest == record.session) return;
    if (heard.before != record.session) {
        heard.before = heard.newest;
        heard.newest = record.session;
        return;
    }
    {
        const std::scoped_lock lock(state_mutex_);
        ++counts_.identity_in_two_places;
    }
    const base::TimePoint now = parts_.clock.now();
    if (heard.told && now >= *heard.told && now - *heard.told < tell_interval) return;
    heard.told = now;
    spdlog::warn(R"({{"event":"identity_in_two_places","client":"{}"}})",
                 base::to_hex(client.view()));
}

void Gateway::take(const keyagreement::Received& record, base::TimePoint received, Opened& out) {
    auto content = wire::decode_content(record.plaintext);
    if (!content) return refuse(Refusal::malformed);
    const Origin origin{device_of(record.peer), record.session};
    if (const auto* relayed = std::get_if<wire::Relayed>(&*content)) {
        take_relayed(*relayed, origin, received, out);
    } else if (auto* batch = std::get_if<wire::ReadingBatch>(&*content)) {
        take_direct(std::move(*batch), origin, received, out);
    } else {
        refuse(Refusal::malformed);
    }
}

/// One bad batch, or one of a device that may not be heard, does not spoil the others.
void Gateway::take_relayed(const wire::Relayed& relayed, Origin origin, base::TimePoint received,
                           Opened& out) {
    origin.relayed = true;
    for (const wire::RelayedBatch& one : relayed.batches) {
        const auto patient = attribution_.relayed(one.device, origin.client);
        if (!patient) {
            refuse(patient.error());
            continue;
        }
        auto batch = wire::decode_batch(one.batch);
        if (!batch) {
            refuse(Refusal::malformed);
            continue;
        }
        out.arrivals.push_back({*patient, one.device, std::move(*batch), received});
        out.origins.push_back(origin);
    }
}

void Gateway::take_direct(wire::ReadingBatch batch, const Origin& origin, base::TimePoint received,
                          Opened& out) {
    const auto patient = attribution_.direct(origin.client);
    if (!patient) return refuse(patient.error());
    out.arrivals.push_back({*patient, origin.client, std::move(batch), received});
    out.origins.push_back(origin);
}

bool Gateway::store(Opened& opened) {
    const auto outcomes = parts_.series.append(opened.arrivals);
    {
        const std::scoped_lock lock(state_mutex_);
        const bool was_writable = health_.storage_writable;
        health_.storage_writable = outcomes.has_value();
        if (!outcomes) {
            counts_.storage_failed += opened.arrivals.size();
            health_.trouble = "readings cannot be stored: " + outcomes.error().detail;
            return false;
        }
        if (!was_writable) health_.trouble.clear();
    }
    CHECK(outcomes->size() == opened.arrivals.size());
    Opened kept;
    for (std::size_t i = 0; i < outcomes->size(); ++i) {
        const auto outcome = (*outcomes)[i];
        count(opened.arrivals[i], outcome);
        if (outcome != series::Outcome::stored && outcome != series::Outcome::duplicate) continue;
        kept.arrivals.push_back(std::move(opened.arrivals[i]));
        kept.origins.push_back(opened.origins[i]);
    }
    opened = std::move(kept);
    return true;
}

void Gateway::count(const series::Arrival& arrival, series::Outcome outcome) {
    switch (outcome) {
        case series::Outcome::other_content:
            return refuse(Refusal::other_content);
        case series::Outcome::too_many_gaps:
            return refuse(Refusal::too_many_gaps);
        case series::Outcome::stored:
        case series::Outcome::duplicate:
            break;
    }
    const std::scoped_lock lock(state_mutex_);
    if (outcome == series::Outcome::duplicate) {
        ++counts_.duplicates;
        return;
    }
    ++counts_.batches_accepted;
    counts_.readings_accepted += arrival.batch.readings.size();
}

void Gateway::acknowledge(const Opened& opened) {
    if (transport_ == nullptr) return;
    std::map<keyagreement::Sid, Due> due;
    for (std::size_t i = 0; i < opened.arrivals.size(); ++i) {
        Due& owed = due[opened.origins[i].session];
        owed.origin = opened.origins[i];
        const series::Arrival& arrival = opened.arrivals[i];
        owed.counters[arrival.device].push_back(arrival.batch.counter);
    }
    for (const auto& [session, owed] : due) send_due(owed);
}

/// In contents that stay within their bounds.
void Gateway::send_due(const Due& due) {
    const base::TimePoint now = parts_.clock.now();
    wire::RelayedAcknowledgements joined;
    std::size_t joined_counters = 0;
    const auto flush = [&] {
        if (!joined.acknowledgements.empty()) send(due.origin, joined);
        joined.acknowledgements.clear();
        joined_counters = 0;
    };
    for (const auto& [device, counters] : due.counters) {
        std::span<const std::uint64_t> rest(counters);
        while (!rest.empty()) {
            const auto part =
                rest.first(std::min(rest.size(), wire::content_counters_max - joined_counters));
            rest = rest.subspan(part.size());
            wire::Acknowledgement acknowledgement{{part.begin(), part.end()}, now};
            if (!due.origin.relayed) {
                send(due.origin, acknowledgement);
                continue;
            }
            joined_counters += part.size();
            joined.acknowledgements.push_back({device, std::move(acknowledgement)});
            const bool filled = joined_counters == wire::content_counters_max ||
                                joined.acknowledgements.size() == wire::content_devices_max;
            if (filled) flush();
        }
    }
    flush();
}

/// What cannot be sealed or sent is sent again by the client, and answered as a duplicate.
void Gateway::send(const Origin& to, const wire::Content& content) {
    auto record = server_.seal(to.session, wire::encode_content(content), parts_.clock.now());
    if (!record) return;
    const auto topic =
        mqtt::cloud_topic(options_.tenant, base::to_hex(to.client.view()), mqtt::Direction::down);
    if (!transport_->publish(topic, std::move(*record))) return;
    const std::scoped_lock lock(state_mutex_);
    ++counts_.acknowledgements_sent;
}

Counts Gateway::counts() const {
    const std::scoped_lock lock(state_mutex_);
    return counts_;
}

Health Gateway::health() const {
    const std::scoped_lock lock(state_mutex_);
    return health_;
}

}  // namespace gateway
