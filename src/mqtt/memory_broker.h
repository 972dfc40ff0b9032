// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <functional>
#include <mutex>
#include <vector>

#include "mqtt/transport.h"

namespace mqtt {

/// A broker and its network in memory, for tests and simulation. Nothing happens outside of `poll`,
/// so one thread gives a repeatable order. Without a fate every message arrives once, in order.
class MemoryBroker final : public Network {
public:
    struct Message {
        std::string topic;
        base::Bytes payload;
    };
    /// What is delivered in a message's place: nothing loses it, two double it; a fate that keeps
    /// messages and hands them out later reorders them.
    using Fate = std::function<std::vector<Message>(Message)>;

    [[nodiscard]] std::unique_ptr<MqttTransport> make_client(
        const Credentials& credentials) override;
    /// Connects who waits for it, then delivers what was published before this call.
    void poll(std::chrono::milliseconds wait) override;
    void wake() override {}
    void watch(int) override {}  // it never waits

    void set_fate(Fate fate);
    /// A message from somebody who may publish anything.
    void inject(Message message);
    /// Every connection is lost with all that was under way; clients connect again at the next
    /// poll.
    void restart();
    /// While down, nobody can connect.
    void set_down(bool down);
    [[nodiscard]] std::size_t waiting() const;

private:
    class Client;
    void disconnect_all();

    mutable std::mutex mutex_;  // guards queue_; the rest belongs to the polling thread
    std::deque<Message> queue_;
    std::vector<Client*> clients_;
    Fate fate_;
    bool down_ = false;
};

}  // namespace mqtt
