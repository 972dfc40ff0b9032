// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "wire/ids.h"
#include "wire/vital.h"

namespace monitor {

/// IEC 60601-1-8 priorities as bedside monitors show them; `technical` is the equipment's, not the
/// patient's.
enum class Priority : std::uint8_t { technical = 1, low = 2, medium = 3, high = 4 };
enum class Condition : std::uint8_t {
    low = 1,
    critical_low = 2,
    high = 3,
    critical_high = 4,
    apnoea_or_lost_signal = 5,
    pulse_and_heart_rate_disagree = 6,
    no_data = 7,
    sensor_off = 8,
    implausible = 9,
};

/// At most one alarm of each kind is active per patient and vital.
enum class Kind : std::uint8_t { clinical = 1, technical = 2, disagreement = 3 };
[[nodiscard]] Kind kind_of(Condition condition);

/// One alarm from its raising to its clearing. One is active per patient, vital and kind; when it
/// grows worse or milder the same alarm changes its condition. A disagreement of pulse and heart
/// rate stands under `pulse_rate`.
struct Alarm {
    std::uint64_t id = 0;  ///< Rises from 1; unique in the store.
    wire::LedgerId patient;
    wire::Vital vital{};
    Condition condition{};
    Priority priority{};
    std::int64_t value_milli = 0;  ///< The reading that raised it or changed its condition.
    std::int64_t limit_milli = 0;
    base::TimePoint raised_at;  ///< Patient time of the reading at which the delay was over.
    std::optional<base::TimePoint> cleared_at;
    base::TimePoint gateway_time;  ///< When the gateway had the reading that raised it.
    std::optional<base::TimePoint> acknowledged_at;
    wire::LedgerId acknowledged_by;
    std::string message;  ///< "SpO2 84 < 85": for people, value and limit in it.
    base::TimePoint
        changed_at;  ///< Patient time of its last raising, worsening, easing or clearing.
    friend bool operator==(const Alarm&, const Alarm&) = default;
};

[[nodiscard]] std::string_view name_of(Priority priority);
[[nodiscard]] std::string_view name_of(Condition condition);

}  // namespace monitor
