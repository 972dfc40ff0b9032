// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace device {

/// What happens to a simulated patient again and again; most have nothing.
enum class Episode : std::uint8_t { none, desaturation, tachycardia, fever };

/// The body and the room of one simulated patient: smooth, bounded variation around values drawn
/// from the seed, and an episode for some. Every value is a pure function of (seed, patient,
/// offset). Without an episode every value stays inside the default alarm limits.
class SimulatedPatient {
public:
    SimulatedPatient(std::uint64_t seed, std::uint32_t patient);

    [[nodiscard]] Episode episode() const { return episode_; }
    /// In [0, 1]: how deep in its episode the patient is. The first begins 60 to 90 s after the
    /// start, so that a run of 480 s shows it.
    [[nodiscard]] double severity(double offset_s) const;

    [[nodiscard]] double heart_rate(double offset_s) const;        ///< /min, of the ECG
    [[nodiscard]] double pulse_rate(double offset_s) const;        ///< /min, of the oximeter
    [[nodiscard]] double respiration_rate(double offset_s) const;  ///< /min
    [[nodiscard]] double spo2(double offset_s) const;              ///< %
    [[nodiscard]] double body_temperature(double offset_s) const;  ///< degrees Celsius
    [[nodiscard]] double systolic(double offset_s) const;          ///< mmHg
    [[nodiscard]] double diastolic(double offset_s) const;         ///< mmHg
    [[nodiscard]] double glucose(double offset_s) const;           ///< mg/dL
    [[nodiscard]] double room_temperature(double offset_s) const;  ///< degrees Celsius
    [[nodiscard]] double humidity(double offset_s) const;          ///< %
    [[nodiscard]] double pm25(double offset_s) const;              ///< ug/m3
    [[nodiscard]] double co2(double offset_s) const;               ///< ppm

    /// Lead I in mV at `rate_hz` from `offset_s` on: P, Q, R, S and T as Gaussians on the phase of
    /// the beat (after McSharry et al., IEEE Trans Biomed Eng 50(3), 2003), the beat's rate
    /// breathing with the patient (respiratory sinus arrhythmia).
    [[nodiscard]] std::vector<double> ecg_mv(double offset_s, double rate_hz,
                                             std::size_t samples) const;

private:
    struct Baseline {
        double heart_rate, respiration_rate, spo2, temperature, systolic, diastolic, glucose;
        double room_temperature, humidity, pm25, co2;
    };
    [[nodiscard]] double wander(std::uint32_t channel, double offset_s, double period_s) const;

    std::uint64_t seed_;
    Episode episode_;
    double episode_start_s_;
    Baseline baseline_{};
};

}  // namespace device
