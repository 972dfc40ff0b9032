// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "monitor/alarm.h"
#include "monitor/rules.h"

namespace monitor::internal {

/// How the monitor stands in its key-value store. docs/formats/monitor.md describes each record.
[[nodiscard]] base::Bytes encode(const Alarm& alarm);
/// Errors: `corrupted`.
[[nodiscard]] base::Result<Alarm> decode_alarm(base::ByteView bytes);

inline constexpr std::string_view alarm_prefix = "monitor/alarm/";
inline constexpr std::string_view time_prefix = "monitor/time/";
inline constexpr std::string_view active_prefix = "monitor/active/";
inline constexpr std::string_view rules_prefix = "monitor/rules/";
inline constexpr std::string_view position_key = "monitor/position";

[[nodiscard]] base::Bytes alarm_key(std::uint64_t id);
[[nodiscard]] base::Bytes active_key(std::uint64_t id);
/// Orders a patient's alarms by when they were over; those that stand come last.
[[nodiscard]] base::Bytes time_key(const wire::LedgerId& patient,
                                   std::optional<base::TimePoint> cleared_at, std::uint64_t id);
[[nodiscard]] base::Bytes rules_key(const wire::LedgerId& patient);

/// For people, value and limit in it: "SpO2 84 < 85".
[[nodiscard]] std::string message_of(const Transition& change);

}  // namespace monitor::internal
