// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "coap/address.h"
#include "coap/bounds.h"
#include "mqtt/transport.h"

namespace coap {

/// CoAP clients of one server: the side of the devices, behind the seam that MQTT stands behind. A
/// client is connected while it observes the resource of the device whose `down` topic it
/// subscribed to; what it publishes to the `up` topic is posted, one frame after the other. Any
/// other subscription is granted and stays silent, any other topic is refused as `malformed`.
///
/// Which resource that is, is known with the first subscription: until then `connected` says only
/// that there is a socket, and a publish waits for the observation.
class ClientNetwork final : public mqtt::Network {
public:
    /// Errors: `unavailable` where libcoap does not start or CoAP is not in this build.
    [[nodiscard]] static base::Result<std::unique_ptr<ClientNetwork>> open(const Address& server,
                                                                           const Timing& timing);
    ~ClientNetwork() override;

    [[nodiscard]] std::unique_ptr<mqtt::MqttTransport> make_client(
        const mqtt::Credentials& credentials) override;
    void poll(std::chrono::milliseconds wait) override;
    void wake() override;
    void watch(int descriptor) override;

    /// Frames that a client keeps for sending, at most; then publish says `busy`.
    static constexpr std::size_t queue_frames_max = 128;

private:
    struct State;
    class Client;
    explicit ClientNetwork(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace coap
