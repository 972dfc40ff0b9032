// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "cli/broker_listener.h"
#include "cli/data_folder.h"
#include "coap/address.h"

namespace cli {

struct FleetOptions {
    DataFolder folder;
    BrokerListener broker;
    std::optional<coap::Address> coap;  ///< Of their PDAs; the broker is not needed then.
    double speed = 1.0;                 ///< Patient seconds per second.
    std::uint32_t duration_s = 0;       ///< Of patient time; 0: a recording's own, or 480 s.
    bool endless = false;               ///< Simulated patients go on after `duration_s`.
    int ready_fd = -1;                  ///< Told with one byte once the devices are set up.
    std::filesystem::path trace;        ///< Lines for tests: what was sealed and acknowledged.
};
/// All devices of the folder in one process, until their readings are over and acknowledged, or
/// SIGINT or SIGTERM. Writes the fleet's summary. Returns the exit code.
[[nodiscard]] int run_fleet(const FleetOptions& options);

}  // namespace cli
