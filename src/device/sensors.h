// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "device/reading_source.h"

namespace device {

/// The paper's set-up [0]: 12 sensors on 10 devices, of the kinds in [1]. In the order of the table
/// in sensors.cpp.
[[nodiscard]] std::vector<DevicePlan> simulated_devices();
/// Sensors on all devices of the table together.
[[nodiscard]] std::size_t simulated_sensor_count();

/// One simulated device of one patient. Its readings are a pure function of (seed, patient,
/// offset). `length`: the run ends there, with a last batch at exactly that offset; nothing:
/// without end. Nothing if no simulated device is called `source`.
struct SimulatedDevice {
    std::string_view source;
    std::uint64_t seed = 1;
    std::uint32_t patient = 0;
};
[[nodiscard]] std::unique_ptr<ReadingSource> make_simulated_source(
    const SimulatedDevice& device, std::optional<std::chrono::milliseconds> length);

}  // namespace device
