// SPDX-License-Identifier: Apache-2.0
#include "device/simulated_patient.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

#include "base/random.h"

namespace device {
namespace {

/// Each kind of variation has its own noise; the numbers only have to differ.
enum Channel : std::uint32_t {
    heart_fast = 1,
    heart_slow,
    respiration_noise,
    spo2_noise,
    temperature_noise,
    pressure_noise,
    diastolic_noise,
    glucose_noise,
    room_noise,
    humidity_noise,
    pm25_noise,
    co2_noise,
    ecg_noise,
    pulse_noise,
};

/// SplitMix64 (Steele, Lea, Flood, OOPSLA 2014): mixes a seed well enough for noise.
std::uint64_t mixed(std::uint64_t value) {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

/// In [-1, 1), the same for the same arguments.
double lattice(std::uint64_t seed, std::uint32_t channel, std::int64_t step) {
    const std::uint64_t bits =
        mixed(mixed(seed ^ (std::uint64_t{channel} << 56U)) ^ static_cast<std::uint64_t>(step));
    return static_cast<double>(bits >> 11U) * 0x1.0p-52 - 1.0;
}

double smooth_step(double x) {
    x = std::clamp(x, 0.0, 1.0);
    return x * x * (3.0 - 2.0 * x);
}

double between(base::SeededRandom& random, double low, double high) {
    constexpr std::uint64_t steps = 10'000;
    return low + (high - low) * static_cast<double>(random.below(steps)) / steps;
}

Episode episode_of(std::uint32_t patient) {
    // Five of eight have none: a ward where everybody alarms teaches nobody anything.
    switch (patient % 8) {
        case 1:
            return Episode::desaturation;
        case 4:
            return Episode::tachycardia;
        case 6:
            return Episode::fever;
        default:
            return Episode::none;
    }
}

/// Onset, plateau, recovery and the time until it comes again, in seconds.
struct EpisodeCourse {
    double onset, plateau, recovery, period;
};
EpisodeCourse course_of(Episode episode) {
    switch (episode) {
        case Episode::desaturation:
            return {40, 60, 60, 900};
        case Episode::tachycardia:
            return {30, 90, 60, 1'200};
        case Episode::fever:
            return {180, 900, 600, 3'600};
        case Episode::none:
            break;
    }
    return {1, 0, 1, 3'600};
}

}  // namespace

SimulatedPatient::SimulatedPatient(std::uint64_t seed, std::uint32_t patient)
    : seed_(mixed(mixed(seed) + patient)), episode_(episode_of(patient)) {
    base::SeededRandom random(seed_);
    episode_start_s_ = between(random, 60, 90);
    baseline_ = {
        .heart_rate = between(random, 64, 86),
        .respiration_rate = between(random, 13, 17),
        .spo2 = between(random, 96.2, 98.2),
        .temperature = between(random, 36.5, 37.1),
        .systolic = between(random, 110, 132),
        .diastolic = between(random, 68, 82),
        .glucose = between(random, 92, 122),
        .room_temperature = between(random, 21.0, 23.5),
        .humidity = between(random, 38, 50),
        .pm25 = between(random, 4, 10),
        .co2 = between(random, 520, 720),
    };
}

double SimulatedPatient::severity(double offset_s) const {
    if (episode_ == Episode::none || offset_s < episode_start_s_) return 0;
    const EpisodeCourse course = course_of(episode_);
    double at = std::fmod(offset_s - episode_start_s_, course.period);
    if (at < course.onset) return smooth_step(at / course.onset);
    at -= course.onset;
    if (at < course.plateau) return 1;
    return 1 - smooth_step((at - course.plateau) / course.recovery);
}

double SimulatedPatient::wander(std::uint32_t channel, double offset_s, double period_s) const {
    const double position = offset_s / period_s;
    const double step = std::floor(position);
    const auto index = static_cast<std::int64_t>(step);
    const double left = lattice(seed_, channel, index);
    const double right = lattice(seed_, channel, index + 1);
    return left + (right - left) * smooth_step(position - step);
}

double SimulatedPatient::heart_rate(double offset_s) const {
    const double depth = severity(offset_s);
    double rate = baseline_.heart_rate + 4 * wander(heart_slow, offset_s, 120) +
                  2 * wander(heart_fast, offset_s, 7);
    if (episode_ == Episode::tachycardia) rate += depth * (138 - baseline_.heart_rate);
    if (episode_ == Episode::desaturation) rate += depth * 16;
    if (episode_ == Episode::fever) rate += depth * 14;
    return rate;
}

double SimulatedPatient::pulse_rate(double offset_s) const {
    // The oximeter averages a little longer than the ECG.
    return heart_rate(std::max(0.0, offset_s - 1)) + wander(pulse_noise, offset_s, 3);
}

double SimulatedPatient::respiration_rate(double offset_s) const {
    double rate = baseline_.respiration_rate + 2 * wander(respiration_noise, offset_s, 20);
    if (episode_ == Episode::desaturation) rate += severity(offset_s) * 8;
    if (episode_ == Episode::fever) rate += severity(offset_s) * 4;
    return rate;
}

double SimulatedPatient::spo2(double offset_s) const {
    double saturation = baseline_.spo2 + 0.8 * wander(spo2_noise, offset_s, 15);
    if (episode_ == Episode::desaturation) saturation -= severity(offset_s) * 11;
    return std::min(saturation, 100.0);
}

double SimulatedPatient::body_temperature(double offset_s) const {
    double celsius = baseline_.temperature + 0.15 * wander(temperature_noise, offset_s, 900);
    if (episode_ == Episode::fever) {
        celsius += severity(offset_s) * (39.6 - baseline_.temperature);
    }
    return celsius;
}

double SimulatedPatient::systolic(double offset_s) const {
    return baseline_.systolic + 6 * wander(pressure_noise, offset_s, 400);
}

double SimulatedPatient::diastolic(double offset_s) const {
    return baseline_.diastolic + 3 * wander(pressure_noise, offset_s, 400) +
           2 * wander(diastolic_noise, offset_s, 300);
}

double SimulatedPatient::glucose(double offset_s) const {
    return baseline_.glucose + 12 * wander(glucose_noise, offset_s, 2'700);
}

double SimulatedPatient::room_temperature(double offset_s) const {
    return baseline_.room_temperature + 0.6 * wander(room_noise, offset_s, 1'800);
}

double SimulatedPatient::humidity(double offset_s) const {
    return baseline_.humidity + 3 * wander(humidity_noise, offset_s, 1'800);
}

double SimulatedPatient::pm25(double offset_s) const {
    return baseline_.pm25 + 2 * wander(pm25_noise, offset_s, 900);
}

double SimulatedPatient::co2(double offset_s) const {
    return baseline_.co2 + 80 * wander(co2_noise, offset_s, 1'200);
}

std::vector<double> SimulatedPatient::ecg_mv(double offset_s, double rate_hz,
                                             std::size_t samples) const {
    // Angle on the beat's circle (R at 0), height in mV and width in radians of P, Q, R, S and T.
    struct Wave {
        double angle, height_mv, width;
    };
    constexpr double pi = std::numbers::pi;
    constexpr std::array waves = {Wave{-pi / 3, 0.12, 0.25}, Wave{-pi / 12, -0.10, 0.10},
                                  Wave{0, 1.05, 0.09}, Wave{pi / 12, -0.20, 0.10},
                                  Wave{pi / 2, 0.28, 0.40}};
    const double breaths_hz = respiration_rate(offset_s) / 60;
    double phase = pi * lattice(seed_, ecg_noise, static_cast<std::int64_t>(offset_s));
    std::vector<double> out;
    out.reserve(samples);
    for (std::size_t i = 0; i < samples; ++i) {
        const double time_s = offset_s + static_cast<double>(i) / rate_hz;
        const double breath = std::sin(2 * pi * breaths_hz * time_s);
        double value_mv = 0.04 * breath;  // the baseline moves with the chest
        for (const Wave& wave : waves) {
            const double distance = std::remainder(phase - wave.angle, 2 * pi);
            value_mv +=
                wave.height_mv * std::exp(-distance * distance / (2 * wave.width * wave.width));
        }
        const auto step = static_cast<std::int64_t>(time_s * rate_hz);
        out.push_back(value_mv + 0.008 * lattice(seed_, ecg_noise, step));
        // Breathing in quickens the heart by up to 4 %.
        phase += 2 * pi * heart_rate(time_s) / 60 * (1 + 0.04 * breath) / rate_hz;
    }
    return out;
}

}  // namespace device
