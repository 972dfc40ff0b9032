// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/record.h"
#include "monitor/alarm.h"

namespace review::internal {

/// An alarm within a report's record and content. The patient is the report's.
void write(base::RecordWriter& out, const monitor::Alarm& alarm);
[[nodiscard]] monitor::Alarm read_alarm(base::RecordReader& in, const wire::LedgerId& patient);
inline constexpr std::size_t alarm_bytes_min = 80;

}  // namespace review::internal
