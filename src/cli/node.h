// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"
#include "cli/broker_listener.h"
#include "cli/data_folder.h"

namespace cli {

struct NodeOptions {
    DataFolder folder;
    BrokerListener broker;
    std::uint16_t port = 8080;
    std::filesystem::path web;
    bool headless = false;
    bool auto_approve =
        false;  ///< The demo program decides; only on a chain whose genesis says demo.
    bool until_done = false;  ///< End once every recording is over and every report decided.
    std::uint32_t report_seconds = 300;  ///< Of patient time that one report covers.
    std::uint64_t keep_blocks = 0;       ///< Older ones are let go of; 0: all stay.
    int ready_fd = -1;  ///< Told with one byte that the node serves; -1: nobody waits.
};

/// The cloud server: gateway, monitor, review, ledger and web API in one process, until SIGINT,
/// SIGTERM or, with `until_done`, until all is done. Returns the process's exit code.
[[nodiscard]] int run_node(const NodeOptions& options);

}  // namespace cli
