// SPDX-License-Identifier: Apache-2.0
#include "monitor/limits.h"

#include <algorithm>

#include "base/check.h"

namespace monitor {
namespace {

using namespace std::chrono_literals;

/// `raise` and `clear` in thousandths of the vital's unit.
constexpr Limit limit(std::int64_t raise, std::int64_t clear, std::chrono::milliseconds raise_delay,
                      std::chrono::milliseconds clear_delay) {
    return {raise, clear, raise_delay, clear_delay};
}

struct Lines {
    std::optional<Limit> low = {}, high = {}, critical_low = {}, critical_high = {}, apnoea = {};
};
constexpr VitalLimits row(wire::Vital vital, std::string_view name, const Lines& lines,
                          bool ambient = false) {
    return {vital,
            name,
            ambient,
            {lines.low, lines.high, lines.critical_low, lines.critical_high, lines.apnoea}};
}

constexpr Lines spo2_lines{.low = limit(90'000, 92'000, 10s, 5s),
                           .critical_low = limit(85'000, 87'000, 10s, 5s)};
constexpr Lines heart_lines{.low = limit(50'000, 52'000, 10s, 5s),
                            .high = limit(120'000, 118'000, 10s, 5s),
                            .critical_low = limit(40'000, 42'000, 5s, 5s),
                            .critical_high = limit(150'000, 148'000, 5s, 5s)};
/// Critical PULSE waits 12 s, so that a disagreement with HR, known after 10 s, comes first.
constexpr Lines pulse_lines{.low = limit(50'000, 52'000, 10s, 5s),
                            .high = limit(120'000, 118'000, 10s, 5s),
                            .critical_low = limit(40'000, 42'000, 12s, 5s),
                            .critical_high = limit(150'000, 148'000, 12s, 5s)};
/// RESP 0 is a value: nobody breathes, or the signal is lost.
constexpr Lines respiration_lines{.low = limit(8'000, 10'000, 10s, 5s),
                                  .high = limit(30'000, 28'000, 10s, 5s),
                                  .critical_low = limit(5'000, 7'000, 10s, 5s),
                                  .apnoea = limit(1, 1, 20s, 5s)};
constexpr Lines temperature_lines{.low = limit(35'000, 35'300, 60s, 60s),
                                  .high = limit(39'000, 38'700, 60s, 60s)};
constexpr Lines systolic_lines{.low = limit(90'000, 95'000, 60s, 60s),
                               .high = limit(180'000, 175'000, 60s, 60s),
                               .critical_low = limit(70'000, 75'000, 60s, 60s),
                               .critical_high = limit(200'000, 195'000, 60s, 60s)};
constexpr Lines mean_pressure_lines{.low = limit(60'000, 63'000, 60s, 60s)};
constexpr Lines glucose_lines{.low = limit(70'000, 75'000, 0s, 0s),
                              .high = limit(250'000, 240'000, 0s, 0s),
                              .critical_low = limit(55'000, 60'000, 0s, 0s)};
constexpr Lines room_lines{.low = limit(18'000, 18'000, 10min, 10min),
                           .high = limit(28'000, 28'000, 10min, 10min)};
constexpr Lines humidity_lines{.low = limit(30'000, 30'000, 10min, 10min),
                               .high = limit(60'000, 60'000, 10min, 10min)};
constexpr Lines pm25_lines{.high = limit(50'000, 50'000, 10min, 10min)};
constexpr Lines co2_lines{.high = limit(1'000'000, 1'000'000, 10min, 10min),
                          .critical_high = limit(1'500'000, 1'500'000, 10min, 10min)};

constexpr std::array table{
    row(wire::Vital::heart_rate, "HR", heart_lines),
    row(wire::Vital::pulse_rate, "PULSE", pulse_lines),
    row(wire::Vital::respiration_rate, "RESP", respiration_lines),
    row(wire::Vital::spo2, "SpO2", spo2_lines),
    row(wire::Vital::body_temperature, "Temperature", temperature_lines),
    row(wire::Vital::systolic_pressure, "Systolic", systolic_lines),
    row(wire::Vital::diastolic_pressure, "Diastolic", {}),
    row(wire::Vital::mean_pressure, "Mean pressure", mean_pressure_lines),
    row(wire::Vital::glucose, "Glucose", glucose_lines),
    row(wire::Vital::ecg, "ECG", {}),
    row(wire::Vital::ambient_temperature, "Room temperature", room_lines, true),
    row(wire::Vital::humidity, "Humidity", humidity_lines, true),
    row(wire::Vital::pm25, "PM2.5", pm25_lines, true),
    row(wire::Vital::co2, "CO2", co2_lines, true),
};

}  // namespace

Condition condition_of(Line line) {
    switch (line) {
        case Line::low:
            return Condition::low;
        case Line::high:
            return Condition::high;
        case Line::critical_low:
            return Condition::critical_low;
        case Line::critical_high:
            return Condition::critical_high;
        case Line::apnoea:
            return Condition::apnoea_or_lost_signal;
    }
    CHECK(false);
}

bool is_below(Line line) {
    return line != Line::high && line != Line::critical_high;
}

std::span<const VitalLimits> all_limits() {
    return table;
}

const VitalLimits& limits_of(wire::Vital vital) {
    const auto* found = std::ranges::find(table, vital, &VitalLimits::vital);
    CHECK(found != table.end());
    return *found;
}

Priority priority_of(wire::Vital vital, Condition condition) {
    switch (condition) {
        case Condition::no_data:
        case Condition::sensor_off:
        case Condition::implausible:
            return Priority::technical;
        default:
            break;
    }
    if (limits_of(vital).ambient) return Priority::low;
    switch (condition) {
        case Condition::critical_low:
        case Condition::critical_high:
        case Condition::apnoea_or_lost_signal:
            return Priority::high;
        default:
            return Priority::medium;
    }
}

std::chrono::milliseconds no_data_limit(std::chrono::milliseconds interval) {
    return std::max(no_data_least, 3 * interval);
}

}  // namespace monitor
