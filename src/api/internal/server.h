// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "api/internal/service.h"
#include "base/error.h"

namespace api {

/// The sockets: HTTP/1.1 on 127.0.0.1 with keep-alive, bounded in everything a client can send or
/// hold. Requests are answered by worker threads, since an approval waits for its block.
class Server {
public:
    /// A client that sends or takes nothing for this long is dropped. Chosen by us.
    static constexpr std::chrono::seconds idle_limit{30};
    static constexpr std::uint32_t header_bytes_max = 16U << 10U;
    static constexpr std::uint64_t body_bytes_max = 1U << 20U;
    static constexpr std::chrono::seconds ping_interval{5};

    /// Errors: `busy` if the port is taken, `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<Server>> start(
        std::shared_ptr<Service> service);
    ~Server();
    [[nodiscard]] std::uint16_t port() const;

private:
    struct State;
    explicit Server(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace api
