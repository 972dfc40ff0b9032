// SPDX-License-Identifier: Apache-2.0
#include "device/sensors.h"

#include <array>
#include <cmath>

#include "base/check.h"
#include "device/simulated_patient.h"

namespace device {

using wire::Vital;

namespace {

// Strips of 4 s at 250 Hz, every 10 s: 1,000 samples, below wire::waveform_samples_max.
constexpr double strip_rate_hz = 250;
constexpr std::size_t strip_samples = 1'000;
static_assert(strip_samples <= wire::waveform_samples_max);
constexpr std::int64_t strip_length_ms = 4'000;
constexpr std::uint64_t strip_every = 10;  // ticks of the ECG patch
constexpr double adc_step_mv = 0.005;

/// One sensor: reads a patient at an offset and adds what it measured. A cuff is one sensor of
/// three values. `tick` numbers the device's readings from 0.
struct Moment {
    const SimulatedPatient& patient;
    double offset_s;
    std::uint64_t tick;
    base::TimePoint now;
};
using Sensor = void (*)(const Moment&, std::vector<wire::Reading>&);

/// `value` as the device shows it: a multiple of `step_milli` thousandths.
void add(std::vector<wire::Reading>& out, Vital vital, base::TimePoint now, double value,
         std::int64_t step_milli) {
    const double steps = value * 1000 / static_cast<double>(step_milli);
    out.push_back({vital, now, std::llround(steps) * step_milli, {}, 0});
}

void sense_heart_rate(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::heart_rate, m.now, m.patient.heart_rate(m.offset_s), 1'000);
}

void sense_ecg(const Moment& m, std::vector<wire::Reading>& out) {
    if (m.tick == 0 || m.tick % strip_every != 0) return;
    wire::Reading strip;
    strip.vital = Vital::ecg;
    strip.time = m.now - std::chrono::milliseconds(strip_length_ms);  // a strip that is complete
    strip.period_us = static_cast<std::uint32_t>(1'000'000 / strip_rate_hz);
    const double begin_s = m.offset_s - static_cast<double>(strip_length_ms) / 1000;
    for (const double mv : m.patient.ecg_mv(begin_s, strip_rate_hz, strip_samples)) {
        const long steps = std::lround(mv / adc_step_mv);
        strip.waveform_micro.push_back(static_cast<std::int32_t>(steps * 5'000));
    }
    out.push_back(std::move(strip));
}

void sense_spo2(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::spo2, m.now, m.patient.spo2(m.offset_s), 1'000);
}
void sense_pulse(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::pulse_rate, m.now, m.patient.pulse_rate(m.offset_s), 1'000);
}
void sense_respiration(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::respiration_rate, m.now, m.patient.respiration_rate(m.offset_s), 1'000);
}
void sense_temperature(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::body_temperature, m.now, m.patient.body_temperature(m.offset_s), 100);
}
void sense_pressure(const Moment& m, std::vector<wire::Reading>& out) {
    const double systolic = m.patient.systolic(m.offset_s);
    const double diastolic = m.patient.diastolic(m.offset_s);
    add(out, Vital::systolic_pressure, m.now, systolic, 1'000);
    add(out, Vital::diastolic_pressure, m.now, diastolic, 1'000);
    // The usual estimate of the mean: a third of the way from diastole to systole.
    add(out, Vital::mean_pressure, m.now, diastolic + (systolic - diastolic) / 3, 1'000);
}
void sense_glucose(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::glucose, m.now, m.patient.glucose(m.offset_s), 1'000);
}
void sense_room(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::ambient_temperature, m.now, m.patient.room_temperature(m.offset_s), 100);
}
void sense_humidity(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::humidity, m.now, m.patient.humidity(m.offset_s), 1'000);
}
void sense_pm25(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::pm25, m.now, m.patient.pm25(m.offset_s), 100);
}
void sense_co2(const Moment& m, std::vector<wire::Reading>& out) {
    add(out, Vital::co2, m.now, m.patient.co2(m.offset_s), 1'000);
}

struct DeviceKind {
    std::string_view source;
    std::string_view label;
    std::uint32_t interval_ms;
    std::array<Vital, 3> vitals;
    std::size_t vital_count;
    std::array<Sensor, 2> sensors;
    std::size_t sensor_count;
};

// Source: [0] 12 sensors on 10 devices; the kinds are those of [1] and a bedside monitor's.
constexpr std::array device_kinds = {
    DeviceKind{"ecg_patch",
               "ECG patch",
               1'000,
               {Vital::heart_rate, Vital::ecg},
               2,
               {sense_heart_rate, sense_ecg},
               2},
    DeviceKind{"oximeter",
               "Pulse oximeter",
               1'000,
               {Vital::spo2, Vital::pulse_rate},
               2,
               {sense_spo2, sense_pulse},
               2},
    DeviceKind{"respiration_belt",
               "Respiration belt",
               1'000,
               {Vital::respiration_rate},
               1,
               {sense_respiration},
               1},
    DeviceKind{
        "thermometer", "Thermometer", 60'000, {Vital::body_temperature}, 1, {sense_temperature}, 1},
    DeviceKind{"pressure_cuff",
               "Blood pressure cuff",
               300'000,
               {Vital::systolic_pressure, Vital::diastolic_pressure, Vital::mean_pressure},
               3,
               {sense_pressure},
               1},
    DeviceKind{
        "glucose_monitor", "Glucose monitor", 300'000, {Vital::glucose}, 1, {sense_glucose}, 1},
    DeviceKind{"room_thermometer",
               "Room thermometer",
               60'000,
               {Vital::ambient_temperature},
               1,
               {sense_room},
               1},
    DeviceKind{"hygrometer", "Hygrometer", 60'000, {Vital::humidity}, 1, {sense_humidity}, 1},
    DeviceKind{"dust_sensor", "Fine dust sensor", 60'000, {Vital::pm25}, 1, {sense_pm25}, 1},
    DeviceKind{"co2_sensor", "CO2 sensor", 60'000, {Vital::co2}, 1, {sense_co2}, 1},
};

class SimulatedSource final : public ReadingSource {
public:
    SimulatedSource(const DeviceKind& kind, const SimulatedDevice& device,
                    std::optional<std::chrono::milliseconds> length)
        : kind_(kind), patient_(device.seed, device.patient), length_(length) {
        if (!length_) return;
        const std::int64_t interval = kind_.interval_ms;
        ticks_ = static_cast<std::uint64_t>(length_->count() / interval) + 1;
        ends_between_ticks_ = length_->count() % interval != 0;
    }

    [[nodiscard]] std::optional<std::uint64_t> batch_count() const override {
        if (!length_) return std::nullopt;
        return ticks_ + (ends_between_ticks_ ? 1 : 0);
    }
    [[nodiscard]] std::chrono::milliseconds offset_of(std::uint64_t index) const override {
        if (is_end(index)) return *length_;
        return std::chrono::milliseconds(static_cast<std::int64_t>(index) * kind_.interval_ms);
    }
    [[nodiscard]] std::uint64_t first_at(std::chrono::milliseconds offset) const override {
        if (offset.count() <= 0) return 0;
        const std::int64_t interval = kind_.interval_ms;
        const auto index = static_cast<std::uint64_t>((offset.count() + interval - 1) / interval);
        if (!length_ || index < ticks_) return index;
        return ends_between_ticks_ && offset <= *length_ ? ticks_ : *batch_count();
    }
    [[nodiscard]] std::vector<wire::Reading> readings(std::uint64_t index,
                                                      base::TimePoint now) const override {
        std::vector<wire::Reading> out;
        if (is_end(index)) return out;
        const double offset_s = static_cast<double>(offset_of(index).count()) / 1000;
        const Moment moment{patient_, offset_s, index, now};
        for (std::size_t i = 0; i < kind_.sensor_count; ++i) kind_.sensors[i](moment, out);
        return out;
    }

private:
    /// The empty batch that says "finished" where the run ends between two ticks.
    [[nodiscard]] bool is_end(std::uint64_t index) const {
        return length_.has_value() && index >= ticks_;
    }

    const DeviceKind& kind_;
    SimulatedPatient patient_;
    std::optional<std::chrono::milliseconds> length_;
    std::uint64_t ticks_ = 0;
    bool ends_between_ticks_ = false;
};

}  // namespace

std::vector<DevicePlan> simulated_devices() {
    std::vector<DevicePlan> out;
    for (const DeviceKind& kind : device_kinds) {
        out.push_back({std::string(kind.source),
                       std::string(kind.label),
                       {kind.vitals.begin(),
                        kind.vitals.begin() + static_cast<std::ptrdiff_t>(kind.vital_count)},
                       kind.interval_ms});
    }
    return out;
}

std::size_t simulated_sensor_count() {
    std::size_t count = 0;
    for (const DeviceKind& kind : device_kinds) count += kind.sensor_count;
    return count;
}

std::unique_ptr<ReadingSource> make_simulated_source(
    const SimulatedDevice& device, std::optional<std::chrono::milliseconds> length) {
    for (const DeviceKind& kind : device_kinds) {
        if (kind.source == device.source) {
            return std::make_unique<SimulatedSource>(kind, device, length);
        }
    }
    return nullptr;
}

}  // namespace device
