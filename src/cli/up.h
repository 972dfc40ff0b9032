// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "base/error.h"
#include "cli/demo.h"
#include "mqtt/tls.h"

namespace cli {

/// The options of ./run.
struct UpOptions {
    std::filesystem::path program;  ///< This very program, to start the node and the fleet with.
    std::filesystem::path data;     ///< Empty: `salus-data`, or a fresh folder where `headless`.
    std::uint16_t port = 8080;
    std::filesystem::path web;
    DemoSetup setup;
    double speed = 1.0;            ///< Patient seconds per second.
    std::uint32_t duration_s = 0;  ///< Of patient time, for simulated patients; 0: until stopped.
    std::uint32_t report_seconds = 300;  ///< Of patient time that one report covers.
    std::uint64_t keep_blocks = 0;       ///< Older ones are let go of; 0: all stay.
    bool headless = false;               ///< No web app.
    bool until_done = false;             ///< End when all was sent, decided and mined.
    std::filesystem::path summary;       ///< Written at the end; empty: none.
    mqtt::TlsMin tls_min = mqtt::TlsMin::v1_3;
    bool coap = false;  ///< Between devices and PDAs, on a free port of 127.0.0.1.
};

/// Starts broker, node, PDAs and fleet, restarts what dies, and stops all of it on SIGINT or
/// SIGTERM. Returns the process's exit code: 0 only if all ended well and, with `until_done`, the
/// chain verifies.
[[nodiscard]] int up(UpOptions options);

}  // namespace cli
