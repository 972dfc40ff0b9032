// SPDX-License-Identifier: Apache-2.0
#include "review/internal/assembly.h"

#include <algorithm>
#include <map>
#include <numeric>

#include "monitor/limits.h"

namespace review::internal {
namespace {

using std::chrono::milliseconds;

std::uint32_t seconds_of(milliseconds span) {
    return static_cast<std::uint32_t>(std::max(span, milliseconds{0}) / std::chrono::seconds{1});
}

/// Time under an active clinical alarm of the vital, within the period.
std::uint32_t outside_limits(wire::Vital vital, const SummaryInput& input) {
    milliseconds span{0};
    for (const auto& alarm : input.alarms) {
        if (alarm.vital != vital) continue;
        if (monitor::kind_of(alarm.condition) != monitor::Kind::clinical) continue;
        const auto from = std::max(alarm.raised_at, input.period_start);
        const auto to = std::min(alarm.cleared_at.value_or(input.period_end), input.period_end);
        if (from < to) span += to - from;
    }
    return seconds_of(span);
}

/// Time in gaps longer than a vital may be missing, the period's edges included.
std::uint32_t gaps(std::vector<base::TimePoint> times, milliseconds limit,
                   const SummaryInput& input) {
    std::erase_if(times, [&](base::TimePoint time) {
        return time < input.period_start || time >= input.period_end;
    });
    times.push_back(input.period_end);
    std::ranges::sort(times);
    milliseconds span{0};
    auto last = input.period_start;
    for (const auto time : times) {
        if (time - last > limit) span += time - last;
        last = time;
    }
    return seconds_of(span);
}

}  // namespace

base::Result<std::vector<ContentReading>> readings_of(const series::SeriesStore& series,
                                                      const wire::LedgerId& patient,
                                                      const Cut& cut) {
    std::vector<ContentReading> out;
    out.reserve(cut.reading_count);
    const auto read =
        series.read_after(cut.first_position - 1, [&](const series::StoredBatch& batch) {
            if (batch.position > cut.last_position()) return false;
            if (batch.patient != patient) return true;
            for (std::size_t i = 0; i < batch.readings.size(); ++i) {
                const auto time = cutting_time(batch.readings[i].time, batch.gateway_time);
                if (!cut.holds(mark_of(batch.position, i), time)) continue;
                out.push_back({.device = batch.device,
                               .gateway_time = batch.gateway_time,
                               .quality = batch.qualities[i],
                               .reading = batch.readings[i]});
            }
            return true;
        });
    if (!read) return base::pass(read);
    if (out.size() != cut.reading_count) {
        return base::fail(base::ErrorCode::corrupted,
                          "the series no longer holds the readings of a report");
    }
    return out;
}

std::vector<VitalSummary> summarise(const SummaryInput& input) {
    struct Column {
        std::vector<base::TimePoint> times;
        std::vector<std::int64_t> plausible;
    };
    std::map<wire::Vital, Column> columns;
    for (const auto& item : input.readings) {
        auto& column = columns[item.reading.vital];
        column.times.push_back(item.reading.time);
        if (item.quality == series::Quality::plausible) {
            column.plausible.push_back(item.reading.value_milli);
        }
    }
    std::vector<VitalSummary> out;
    for (auto& [vital, column] : columns) {
        VitalSummary summary;
        summary.vital = vital;
        summary.count = static_cast<std::uint32_t>(column.times.size());
        summary.implausible =
            static_cast<std::uint32_t>(column.times.size() - column.plausible.size());
        auto& values = column.plausible;
        std::ranges::sort(values);
        if (!values.empty()) {
            summary.min_milli = values.front();
            summary.max_milli = values.back();
            const auto middle = values.size() / 2;
            summary.median_milli = values.size() % 2 == 1
                                       ? values[middle]
                                       : std::midpoint(values[middle - 1], values[middle]);
        }
        summary.outside_limits_s = outside_limits(vital, input);
        summary.gap_s =
            gaps(std::move(column.times), monitor::no_data_limit(input.interval_of(vital)), input);
        out.push_back(summary);
    }
    return out;
}

}  // namespace review::internal
