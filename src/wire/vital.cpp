// SPDX-License-Identifier: Apache-2.0
#include "wire/vital.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace wire {
namespace {

// Codes: the HL7 R4 vital-signs profiles (LOINC, UCUM). SpO2 carries 2708-6; the pulse oximetry
// code 59408-5 of US Core is added where FHIR is written. Plausible ranges: the VALID LOW and HIGH
// of mimic3-benchmarks' variable_ranges.csv; for respiration 0 to 80, because its 300 would pass
// artefacts; for the surroundings and the strip, what the sensors can measure.
constexpr std::array<VitalInfo, 14> vitals = {{
    {Vital::heart_rate, "heart_rate", "Heart rate", "8867-4", "/min", "/min", 0, 350'000},
    {Vital::pulse_rate, "pulse_rate", "Pulse rate", "8867-4", "/min", "/min", 0, 350'000},
    {Vital::respiration_rate, "respiration_rate", "Respiration", "9279-1", "/min", "/min", 0,
     80'000},
    {Vital::spo2, "spo2", "SpO2", "2708-6", "%", "%", 0, 100'000},
    {Vital::body_temperature, "body_temperature", "Body temperature", "8310-5", "Cel", "°C", 26'000,
     45'000},
    {Vital::systolic_pressure, "systolic_pressure", "Systolic pressure", "8480-6", "mm[Hg]", "mmHg",
     0, 375'000},
    {Vital::diastolic_pressure, "diastolic_pressure", "Diastolic pressure", "8462-4", "mm[Hg]",
     "mmHg", 0, 375'000},
    {Vital::mean_pressure, "mean_pressure", "Mean pressure", "8478-0", "mm[Hg]", "mmHg", 14'000,
     330'000},
    {Vital::glucose, "glucose", "Glucose", "2339-0", "mg/dL", "mg/dL", 33'000, 2'000'000},
    {Vital::ecg, "ecg", "ECG", "", "mV", "mV", -10'000, 10'000},
    {Vital::ambient_temperature, "ambient_temperature", "Room temperature", "", "Cel", "°C",
     -40'000, 85'000},
    {Vital::humidity, "humidity", "Humidity", "", "%", "%", 0, 100'000},
    {Vital::pm25, "pm25", "PM2.5", "", "ug/m3", "µg/m³", 0, 1'000'000},
    {Vital::co2, "co2", "CO2", "", "[ppm]", "ppm", 300'000, 10'000'000},
}};

}  // namespace

std::span<const VitalInfo> all_vitals() {
    return vitals;
}

const VitalInfo& info_of(Vital vital) {
    CHECK(is_vital(static_cast<std::uint32_t>(vital)));
    return vitals[static_cast<std::size_t>(vital) - 1];
}

std::optional<Vital> vital_from_name(std::string_view name) {
    const auto found = std::ranges::find(vitals, name, &VitalInfo::name);
    if (found == vitals.end()) return std::nullopt;
    return found->vital;
}

bool is_vital(std::uint32_t value) {
    return value >= 1 && value <= vitals.size();
}

}  // namespace wire
