// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <thread>

#include "mqtt/transport.h"

namespace mqtt {

/// Polls a network in a thread of its own until it is destroyed. Borrows `network`; its clients are
/// made and connected before, and destroyed after.
class NetworkThread {
public:
    explicit NetworkThread(Network& network)
        : network_(network), thread_([&network](const std::stop_token& stop) {
              while (!stop.stop_requested()) network.poll(std::chrono::seconds(1));
          }) {}
    ~NetworkThread() {
        thread_.request_stop();
        network_.wake();
    }
    NetworkThread(const NetworkThread&) = delete;
    NetworkThread& operator=(const NetworkThread&) = delete;

private:
    Network& network_;
    std::jthread thread_;
};

}  // namespace mqtt
