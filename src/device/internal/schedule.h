// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>

#include "base/clock.h"
#include "base/error.h"

namespace device::internal {

/// When a run began, and how it was asked for then: fixed at the first start of a folder, so that a
/// device that was killed dates its readings as before.
struct Schedule {
    base::TimePoint start;
    std::uint32_t speed_milli = 1000;
    std::chrono::milliseconds duration{};
    bool cut_recordings = false;
    bool endless = false;
    friend bool operator==(const Schedule&, const Schedule&) = default;
};

/// The schedule in `file`; written from `wanted` where there is none.
/// Errors: `corrupted`, those of files.
[[nodiscard]] base::Result<Schedule> load_or_fix(const std::filesystem::path& file,
                                                 const Schedule& wanted);

}  // namespace device::internal
