// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/ids.h"

namespace device {

/// One device of a fleet. Which PDA it speaks to, whether it is sealed to the cloud and whether it
/// has a clock, stands in its credentials.
struct FleetDevice {
    wire::DeviceId id;
    /// Its file of askg::DeviceCredentials; relative to the fleet's folder.
    std::filesystem::path credentials;
    std::string password;             ///< The broker's; the user name is the device's id.
    std::uint32_t patient = 0;        ///< Index of the patient; seeds the simulation.
    std::filesystem::path recording;  ///< Empty: simulated.
    std::string source;               ///< DevicePlan::source.
    friend bool operator==(const FleetDevice&, const FleetDevice&) = default;
};

/// The devices that one process plays, as a JSON file of mode 0600 (it holds passwords).
struct FleetConfig {
    std::string tenant = "default";
    std::uint64_t seed = 1;
    std::vector<FleetDevice> devices;
    friend bool operator==(const FleetConfig&, const FleetConfig&) = default;
};

/// Errors: those of `storage::write_file_synced`.
[[nodiscard]] base::Result<void> write_fleet_config(const std::filesystem::path& file,
                                                    const FleetConfig& config);
/// Errors: `malformed` naming the field, `unsupported_version`, `not_authorised` if others may read
/// the file.
[[nodiscard]] base::Result<FleetConfig> read_fleet_config(const std::filesystem::path& file);

}  // namespace device
