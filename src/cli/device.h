// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "cli/data_folder.h"
#include "identity/directory.h"

namespace cli {

struct DeviceCommand {
    DataFolder folder;
    std::string id;  ///< How it begins, in hexadecimal.
    bool json = false;
    // To enrol one.
    std::string patient;  ///< Login, or id in hexadecimal.
    std::string label;
    std::vector<std::string> vitals;
    std::uint32_t interval_ms = 1000;
    std::string sealed_to = "pda";
    std::filesystem::path out;  ///< For its credentials.
};
/// Devices and PDAs with whom they belong to, whom they seal to and their state. A node may run.
[[nodiscard]] int device_list_command(const DeviceCommand& command);
/// Enrols a device and writes its credentials. A node that runs does it; otherwise this command,
/// and what goes onto the chain waits for the node's next start.
[[nodiscard]] int device_enrol_command(const DeviceCommand& command);
/// Suspends, lets serve again, revokes or retires a device or a PDA; likewise.
[[nodiscard]] int device_state_command(const DeviceCommand& command, identity::DeviceState state);

}  // namespace cli
