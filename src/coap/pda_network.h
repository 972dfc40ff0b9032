// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "coap/server.h"
#include "mqtt/transport.h"

namespace coap {

/// The network of a process of PDAs: a broker for the way to the cloud, and a CoAP server for the
/// devices that observe their resource there. Devices at the broker are served as well; what goes
/// down to a device takes the way that its last frame came up. To the PDAs it is one network.
///
/// While devices observe, a PDA's transport counts as connected though the broker is away: what it
/// says to them arrives, and what it says to the cloud is refused as `unavailable`.
///
/// A client's user name must be its PDA's id in hexadecimal digits. Unlike other networks, its
/// transports may publish from the polling thread alone.
class PdaNetwork final : public mqtt::Network {
public:
    /// Borrows `broker`, whose polls now end when a datagram is there, and which must not be polled
    /// any more once this is gone. Takes over the server's handler.
    PdaNetwork(mqtt::Network& broker, std::unique_ptr<Server> server);
    ~PdaNetwork() override;

    [[nodiscard]] std::unique_ptr<mqtt::MqttTransport> make_client(
        const mqtt::Credentials& credentials) override;
    void poll(std::chrono::milliseconds wait) override;
    void wake() override { broker_.wake(); }
    void watch(int descriptor) override { broker_.watch(descriptor); }

    [[nodiscard]] const Server& server() const { return *server_; }
    /// Frames for a PDA that is not here.
    [[nodiscard]] std::uint64_t strays() const { return strays_; }

private:
    class Client;
    void hand_on(const DevicePath& path, base::ByteView frame);

    mqtt::Network& broker_;
    std::unique_ptr<Server> server_;
    std::map<std::string, Client*, std::less<>> clients_;  // by PDA
    std::uint64_t strays_ = 0;
};

}  // namespace coap
