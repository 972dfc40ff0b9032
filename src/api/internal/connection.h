// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>

#include "api/internal/service.h"

namespace api {

/// What all connections share. Outlives them.
struct ConnectionContext {
    std::shared_ptr<Service> service;
    boost::asio::thread_pool& workers;
    std::atomic<std::size_t>& open;  ///< Connections that live.
};

/// Serves one connection until it closes; keeps itself alive meanwhile. `socket` runs on a strand.
void serve(boost::asio::ip::tcp::socket socket, const ConnectionContext& context);

}  // namespace api
