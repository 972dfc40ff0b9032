// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "mqtt/tls.h"
#include "mqtt/transport.h"

namespace mqtt {

struct BrokerAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 0;
    std::filesystem::path
        ca_file;  ///< PEM; the broker's certificate must lead to it and name `host`.
    TlsMin tls_min = TlsMin::v1_3;
};

/// libmosquitto over TLS: any number of clients on one poll loop, in the thread that calls
/// `poll`. Ignores SIGPIPE for the whole process, since TLS writes to a closed socket raise it.
class MosquittoNetwork final : public Network {
public:
    /// Errors: `unavailable` if the system gives no descriptor or libmosquitto does not start.
    [[nodiscard]] static base::Result<std::unique_ptr<MosquittoNetwork>> open(
        BrokerAddress address);
    ~MosquittoNetwork() override;

    [[nodiscard]] std::unique_ptr<MqttTransport> make_client(
        const Credentials& credentials) override;
    void poll(std::chrono::milliseconds wait) override;
    void wake() override;
    void watch(int descriptor) override;

private:
    struct State;
    class Client;
    explicit MosquittoNetwork(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace mqtt
