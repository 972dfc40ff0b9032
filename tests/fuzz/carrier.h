// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "mqtt/topics.h"
#include "mqtt/transport.h"

namespace fuzz {

struct Message {
    std::string topic;
    base::Bytes payload;
};
/// What was published and not yet delivered; the script says what becomes of it.
using Flight = std::deque<Message>;

/// A connection to a broker that the script plays: it is there or not, and what is published goes
/// into the flight.
class Carrier final : public mqtt::MqttTransport {
public:
    /// Borrows `flight`.
    explicit Carrier(Flight& flight) : flight_(flight) {}

    void connect(mqtt::Listener& listener) override {
        listener_ = &listener;
        set_up(true);
    }
    void disconnect() override { set_up(false); }
    [[nodiscard]] bool connected() const override { return up_; }
    [[nodiscard]] base::Result<void> subscribe(std::string filter) override {
        if (!up_) return lost();
        filters_.push_back(std::move(filter));
        return {};
    }
    [[nodiscard]] base::Result<void> publish(std::string topic, base::Bytes payload) override {
        if (!up_) return lost();
        flight_.push_back({std::move(topic), std::move(payload)});
        return {};
    }

    void set_up(bool up) {
        if (std::exchange(up_, up) == up) return;
        filters_.clear();
        if (up) {
            listener_->on_connected();
        } else {
            listener_->on_disconnected("the script says so");
        }
    }
    /// To the listener, if it subscribed to that.
    void deliver(const Message& message) {
        const bool subscribed = std::ranges::any_of(filters_, [&](const std::string& filter) {
            return mqtt::filter_matches(filter, message.topic);
        });
        if (subscribed) inject(message);
    }
    /// Also what it did not subscribe to: from a broker that keeps no rules.
    void inject(const Message& message) {
        if (up_) listener_->on_message(message.topic, message.payload);
    }
    [[nodiscard]] std::size_t subscriptions() const { return filters_.size(); }

private:
    static std::unexpected<base::Error> lost() {
        return base::fail(base::ErrorCode::unavailable, "no connection");
    }

    Flight& flight_;
    mqtt::Listener* listener_ = nullptr;
    bool up_ = false;
    std::vector<std::string> filters_;
};

/// What was seen on the wire, for mutations and replays: the newest `kept` of it.
class Seen {
public:
    static constexpr std::size_t kept = 64;
    void add(const base::Bytes& frame) {
        if (frames_.size() < kept) {
            frames_.push_back(frame);
        } else {
            frames_[next_++ % kept] = frame;
        }
    }
    [[nodiscard]] const std::vector<base::Bytes>& frames() const { return frames_; }

private:
    std::vector<base::Bytes> frames_;
    std::size_t next_ = 0;
};

}  // namespace fuzz
