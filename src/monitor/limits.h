// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "monitor/alarm.h"
#include "wire/vital.h"

namespace monitor {

/// One line that a value can cross. A value *breaches* it beyond `raise_milli` and *clears* it from
/// `clear_milli` on, each for its delay; between the two levels nothing changes.
struct Limit {
    std::int64_t raise_milli = 0;  ///< Exclusive: SpO2 90 does not breach "< 90".
    std::int64_t clear_milli = 0;  ///< Inclusive: SpO2 92 clears it.
    std::chrono::milliseconds raise_delay{};
    std::chrono::milliseconds clear_delay{};
    friend bool operator==(const Limit&, const Limit&) = default;
};

/// The lines of a vital by what crossing them means, from the mildest to the worst.
enum class Line : std::uint8_t { low, high, critical_low, critical_high, apnoea };
inline constexpr std::size_t line_count = 5;
[[nodiscard]] Condition condition_of(Line line);
[[nodiscard]] bool is_below(Line line);  ///< Breached from above: low, critical_low, apnoea.

struct VitalLimits {
    wire::Vital vital{};
    std::string_view name;  ///< In an alarm's message: "SpO2 84 < 85".
    /// Of the room, not of the person: alarms at any age, at low priority.
    bool ambient = false;
    std::array<std::optional<Limit>, line_count> lines;  ///< By `Line`.
    [[nodiscard]] const std::optional<Limit>& line(Line which) const {
        return lines[static_cast<std::size_t>(which)];
    }
};

/// The default limits of an adult and of a room, for every vital; a vital without lines (ECG
/// strips, diastolic pressure) is watched for missing data only. Chosen by us from bedside
/// monitors' own defaults; docs/operations/alarms.md has the table and its sources.
[[nodiscard]] std::span<const VitalLimits> all_limits();
[[nodiscard]] const VitalLimits& limits_of(wire::Vital vital);
[[nodiscard]] Priority priority_of(wire::Vital vital, Condition condition);

/// PULSE and HR disagree when they differ by more than this part of HR: relative to HR, the
/// electric signal, because PULSE is what an artefact of the finger clip spoils.
inline constexpr std::int64_t disagreement_percent = 20;
inline constexpr Limit disagreement_delays{.raise_delay = std::chrono::seconds{10},
                                           .clear_delay = std::chrono::seconds{5}};
/// PULSE alarms are held back while the two disagree, but only while SpO2 is at least this.
inline constexpr std::int64_t pulse_held_back_spo2_milli = 90'000;

/// A vital is missing after this long, or three expected intervals, whichever is longer.
inline constexpr std::chrono::milliseconds no_data_least{std::chrono::seconds{30}};
[[nodiscard]] std::chrono::milliseconds no_data_limit(std::chrono::milliseconds interval);

}  // namespace monitor
