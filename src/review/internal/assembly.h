// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "base/error.h"
#include "review/internal/periods.h"
#include "review/report_content.h"
#include "review/review.h"

namespace review::internal {

/// The readings of a cut, in the order of the series. Errors: those of the series; `corrupted` if
/// it holds another number of them than the cut says.
[[nodiscard]] base::Result<std::vector<ContentReading>> readings_of(
    const series::SeriesStore& series, const wire::LedgerId& patient, const Cut& cut);

struct SummaryInput {
    const std::vector<ContentReading>& readings;
    const std::vector<monitor::Alarm>& alarms;
    base::TimePoint period_start;
    base::TimePoint period_end;
    /// Expected between values of a vital.
    std::function<std::chrono::milliseconds(wire::Vital)> interval_of;
};
/// One a vital that has readings, in order of the vitals' numbers.
[[nodiscard]] std::vector<VitalSummary> summarise(const SummaryInput& input);

}  // namespace review::internal
