// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace wire {

/// What a sensor measures. The numbers stand in frames and in the series store: append only.
enum class Vital : std::uint8_t {
    heart_rate = 1,
    pulse_rate = 2,
    respiration_rate = 3,
    spo2 = 4,
    body_temperature = 5,
    systolic_pressure = 6,
    diastolic_pressure = 7,
    mean_pressure = 8,
    glucose = 9,
    ecg = 10,  ///< A strip: samples in mV.
    ambient_temperature = 11,
    humidity = 12,
    pm25 = 13,
    co2 = 14,
};

/// How a vital is coded (shared facts: HL7 R4 vital-signs profiles, LOINC, UCUM).
struct VitalInfo {
    Vital vital;
    std::string_view name;     ///< In JSON and on the command line, e.g. "heart_rate".
    std::string_view display;  ///< For people, e.g. "Heart rate".
    std::string_view loinc;    ///< Empty where none is confirmed.
    std::string_view ucum;
    std::string_view unit;  ///< For people, e.g. "/min".
    /// Outside of [plausible_low, plausible_high], in thousandths of the unit, a value is an
    /// artefact: stored with a flag, a technical alarm, never a clinical one.
    std::int64_t plausible_low_milli;
    std::int64_t plausible_high_milli;
};

[[nodiscard]] std::span<const VitalInfo> all_vitals();
/// CHECKs that `vital` is an enumerator.
[[nodiscard]] const VitalInfo& info_of(Vital vital);
[[nodiscard]] std::optional<Vital> vital_from_name(std::string_view name);
[[nodiscard]] bool is_vital(std::uint32_t value);

}  // namespace wire
