// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace mqtt {

/// Who a client is to the broker. The password never enters a log or a command line.
struct Credentials {
    std::string client_id;
    std::string username;
    std::string password;
};

/// Told what happens on one connection, always from the thread that polls the network.
class Listener {
public:
    virtual ~Listener() = default;
    /// Subscriptions do not survive a lost connection: subscribe here.
    virtual void on_connected() = 0;
    virtual void on_disconnected(std::string_view reason) = 0;
    /// The views are valid until this returns.
    virtual void on_message(std::string_view topic, base::ByteView payload) = 0;
};

/// One client's connection. `subscribe` and `publish` may be called from any thread, the rest from
/// the thread that polls the network.
class MqttTransport {
public:
    virtual ~MqttTransport() = default;
    /// Borrows `listener`. Connects during later polls, and again with back-off (0.1 s to 2 s)
    /// whenever the connection is lost, until `disconnect`.
    virtual void connect(Listener& listener) = 0;
    virtual void disconnect() = 0;
    [[nodiscard]] virtual bool connected() const = 0;
    /// At QoS 1. Errors: `unavailable` while there is no connection.
    [[nodiscard]] virtual base::Result<void> subscribe(std::string filter) = 0;
    /// At QoS 1. What was not sent when the connection is lost is forgotten, never repeated: the
    /// sender seals it anew. Errors: `unavailable` while there is no connection, `busy` when more
    /// than `queue_messages_max` wait to be sent.
    [[nodiscard]] virtual base::Result<void> publish(std::string topic, base::Bytes payload) = 0;

    static constexpr std::size_t queue_messages_max = 8'192;
};

/// All connections that one thread drives. Outlives its clients.
class Network {
public:
    virtual ~Network() = default;
    [[nodiscard]] virtual std::unique_ptr<MqttTransport> make_client(
        const Credentials& credentials) = 0;
    /// Connects, sends, receives and calls listeners; waits at most `wait` for something to do.
    virtual void poll(std::chrono::milliseconds wait) = 0;
    /// Ends the wait of a poll under way. From any thread.
    virtual void wake() = 0;
    /// A poll also ends when `descriptor` is readable: for whoever drives two networks with one
    /// thread. Who gave it looks at it after each poll. Only added to, and before the first poll.
    virtual void watch(int descriptor) = 0;
};

}  // namespace mqtt
