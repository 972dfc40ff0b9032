// SPDX-License-Identifier: Apache-2.0
#include "gateway/gateway.h"

#include <algorithm>

#include "base/check.h"
#include "mqtt/topics.h"

namespace gateway {

namespace {
/// One acknowledgement names at most this many batches: it stays far below wire::frame_bytes_max.
constexpr std::size_t acknowledged_max = 1'024;
}  // namespace

Gateway::Gateway(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      opener_(parts.directory, parts.series, parts.clock) {
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
                queue_filled_.wait(lock, stop, [this] { return !queue_.empty(); });
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
        transport_->subscribe(mqtt::telemetry_topic(options_.tenant, "+")).has_value();
    const std::scoped_lock lock(state_mutex_);
    health_.broker_connected = subscribed;
    if (health_.storage_writable) health_.trouble.clear();
}

void Gateway::on_disconnected(std::string_view reason) {
    const std::scoped_lock lock(state_mutex_);
    health_.broker_connected = false;
    health_.trouble = "no connection to the broker: " + std::string(reason);
}

void Gateway::on_message(std::string_view topic, base::ByteView payload) {
    const base::TimePoint received = parts_.clock.now();
    bool queued = false;
    {
        const std::scoped_lock lock(queue_mutex_);
        if (queue_.size() < options_.queue_frames_max) {
            // Of an oversized frame only the fact is kept, so that the queue's bytes are bounded.
            const std::size_t kept = std::min(payload.size(), wire::frame_bytes_max + 1);
            const base::ByteView bytes = payload.first(kept);
            queue_.push_back({std::string(topic), {bytes.begin(), bytes.end()}, received});
            queued = true;
        }
    }
    queue_filled_.notify_one();
    const std::scoped_lock lock(state_mutex_);
    ++counts_.frames_received;
    if (!queued) ++counts_.overload_dropped;
}

std::size_t Gateway::work_once() {
    std::vector<Frame> group;
    {
        const std::scoped_lock lock(queue_mutex_);
        const std::size_t count = std::min(queue_.size(), options_.group_frames_max);
        const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
        group.assign(std::move_iterator(queue_.begin()), std::move_iterator(end));
        queue_.erase(queue_.begin(), end);
    }
    if (group.empty()) return 0;
    const auto arrivals = open_group(group);
    if (!arrivals.empty()) store_and_acknowledge(arrivals);
    return group.size();
}

std::vector<series::Arrival> Gateway::open_group(const std::vector<Frame>& group) {
    std::vector<series::Arrival> out;
    out.reserve(group.size());
    for (const Frame& frame : group) {
        const auto device = mqtt::device_of_telemetry(frame.topic, options_.tenant);
        if (!device) {
            refuse(Refusal::topic_mismatch);
            continue;
        }
        auto arrival = opener_.open(*device, frame.bytes, frame.received);
        if (arrival) {
            out.push_back(std::move(*arrival));
        } else {
            refuse(arrival.error());
        }
    }
    return out;
}

void Gateway::refuse(Refusal refusal) {
    const std::scoped_lock lock(state_mutex_);
    ++counts_.refusals[std::string(name_of(refusal))];
}

void Gateway::store_and_acknowledge(const std::vector<series::Arrival>& arrivals) {
    const auto outcomes = parts_.series.append(arrivals);
    if (!outcomes) {
        const std::scoped_lock lock(state_mutex_);
        counts_.storage_failed += arrivals.size();
        health_.storage_writable = false;
        health_.trouble = "readings cannot be stored: " + outcomes.error().detail;
        return;
    }
    CHECK(outcomes->size() == arrivals.size());
    {
        const std::scoped_lock lock(state_mutex_);
        if (!health_.storage_writable) health_.trouble.clear();
        health_.storage_writable = true;
        for (std::size_t i = 0; i < arrivals.size(); ++i) {
            if ((*outcomes)[i] == series::Outcome::duplicate) {
                ++counts_.duplicates;
            } else {
                ++counts_.batches_accepted;
                counts_.readings_accepted += arrivals[i].batch.readings.size();
            }
        }
    }
    acknowledge(arrivals);
}

void Gateway::acknowledge(const std::vector<series::Arrival>& arrivals) {
    if (transport_ == nullptr) return;
    std::map<wire::DeviceId, wire::Acknowledgement> due;
    const base::TimePoint now = parts_.clock.now();
    const auto send = [&](const wire::DeviceId& device, wire::Acknowledgement& counters) {
        const auto sequence = parts_.acknowledgements.next();
        if (!sequence) return set_storage_trouble(sequence.error().detail);
        auto frame = opener_.seal(device, *sequence, counters);
        counters.counters.clear();
        // Not sent: the device sends its batch again and is answered as a duplicate.
        const auto topic =
            mqtt::acknowledgement_topic(options_.tenant, base::to_hex(device.view()));
        if (!transport_->publish(topic, std::move(frame))) return;
        const std::scoped_lock lock(state_mutex_);
        ++counts_.acknowledgements_sent;
    };
    for (const series::Arrival& arrival : arrivals) {
        auto& acknowledgement = due[arrival.device];
        acknowledgement.gateway_time = now;
        acknowledgement.counters.push_back(arrival.batch.counter);
        if (acknowledgement.counters.size() == acknowledged_max) {
            send(arrival.device, acknowledgement);
        }
    }
    for (auto& [device, acknowledgement] : due) {
        if (!acknowledgement.counters.empty()) send(device, acknowledgement);
    }
}

void Gateway::set_storage_trouble(std::string trouble) {
    const std::scoped_lock lock(state_mutex_);
    health_.storage_writable = false;
    health_.trouble = "acknowledgements cannot be numbered: " + std::move(trouble);
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
