// SPDX-License-Identifier: Apache-2.0
#include "device/sensors.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "device/simulated_patient.h"

namespace device {
namespace {

using wire::Vital;
using namespace std::chrono_literals;

constexpr base::TimePoint noon = base::from_unix_ms(1'700'000'000'000);

TEST(SimulatedDevices, AreThePapersTwelveSensorsOnTenDevices) {
    const auto plans = simulated_devices();
    EXPECT_EQ(plans.size(), 10U);
    EXPECT_EQ(simulated_sensor_count(), 12U);
    std::set<Vital> vitals;
    for (const DevicePlan& plan : plans) vitals.insert(plan.vitals.begin(), plan.vitals.end());
    EXPECT_EQ(vitals.size(), wire::all_vitals().size());
}

TEST(SimulatedDevices, SendMoreThanThePapersMessagesIn480Seconds) {
    std::uint64_t messages = 0;
    for (const DevicePlan& plan : simulated_devices()) {
        messages += *make_simulated_source({plan.source, 1, 0}, 480s)->batch_count();
    }
    EXPECT_GE(messages, 110U);  // [0]
}

TEST(SimulatedDevices, GiveTheSameReadingsWheneverTheyAreAsked) {
    for (const DevicePlan& plan : simulated_devices()) {
        const auto one = make_simulated_source({plan.source, 7, 3}, std::nullopt);
        const auto other = make_simulated_source({plan.source, 7, 3}, std::nullopt);
        EXPECT_EQ(one->readings(50, noon), other->readings(50, noon)) << plan.source;
        EXPECT_EQ(one->batch_count(), std::nullopt);
        const auto stranger = make_simulated_source({plan.source, 8, 3}, std::nullopt);
        EXPECT_NE(one->readings(50, noon), stranger->readings(50, noon)) << plan.source;
    }
    EXPECT_EQ(make_simulated_source({"toaster", 1, 0}, std::nullopt), nullptr);
}

TEST(SimulatedDevices, EndExactlyWhereTheRunEnds) {
    const auto cuff = make_simulated_source({"pressure_cuff", 1, 0}, 480s);
    ASSERT_EQ(cuff->batch_count(), 3U);  // 0 s, 300 s, and the end
    EXPECT_EQ(cuff->offset_of(2), 480s);
    EXPECT_TRUE(cuff->readings(2, noon).empty());
    EXPECT_EQ(cuff->first_at(301s), 2U);
    EXPECT_EQ(cuff->first_at(481s), 3U);
    const auto belt = make_simulated_source({"respiration_belt", 1, 0}, 480s);
    ASSERT_EQ(belt->batch_count(), 481U);
    EXPECT_EQ(belt->offset_of(480), 480s);
    EXPECT_EQ(belt->readings(480, noon).size(), 1U);
}

TEST(SimulatedDevices, ReadValuesThatAreOnTheirVitalsAndPlausible) {
    for (std::uint32_t patient = 0; patient < 8; ++patient) {
        for (const DevicePlan& plan : simulated_devices()) {
            const auto source = make_simulated_source({plan.source, 1, patient}, std::nullopt);
            for (std::uint64_t tick = 0; tick < 600; tick += 7) {
                for (const wire::Reading& reading : source->readings(tick, noon)) {
                    EXPECT_NE(std::ranges::find(plan.vitals, reading.vital), plan.vitals.end());
                    EXPECT_LE(reading.time, noon);
                    if (reading.vital == Vital::ecg) continue;
                    const wire::VitalInfo& info = wire::info_of(reading.vital);
                    EXPECT_GE(reading.value_milli, info.plausible_low_milli) << info.name;
                    EXPECT_LE(reading.value_milli, info.plausible_high_milli) << info.name;
                }
            }
        }
    }
}

TEST(SimulatedDevices, TakeAnEcgStripEveryTenSeconds) {
    const auto patch = make_simulated_source({"ecg_patch", 1, 0}, std::nullopt);
    std::size_t strips = 0;
    for (std::uint64_t tick = 0; tick <= 60; ++tick) {
        for (const wire::Reading& reading : patch->readings(tick, noon)) {
            if (reading.vital != Vital::ecg) continue;
            ++strips;
            EXPECT_EQ(reading.waveform_micro.size(), 1'000U);
            EXPECT_EQ(reading.period_us, 4'000U);
            EXPECT_EQ(reading.time, noon - 4s);
        }
    }
    EXPECT_EQ(strips, 6U);
}

TEST(SimulatedPatients, KeepInsideTheAlarmLimitsUnlessTheyHaveAnEpisode) {
    // Limits: the defaults of monitoring, less a margin for the devices' rounding.
    for (std::uint32_t patient = 0; patient < 16; ++patient) {
        const SimulatedPatient body(1, patient);
        if (body.episode() != Episode::none) continue;
        for (double s = 0; s < 7'200; s += 5) {
            EXPECT_GT(body.heart_rate(s), 51);
            EXPECT_LT(body.heart_rate(s), 119);
            EXPECT_GT(body.respiration_rate(s), 9);
            EXPECT_LT(body.respiration_rate(s), 29);
            EXPECT_GT(body.spo2(s), 93);
            EXPECT_GT(body.body_temperature(s), 35.5);
            EXPECT_LT(body.body_temperature(s), 38.5);
            EXPECT_GT(body.systolic(s), 96);
            EXPECT_LT(body.systolic(s), 170);
            EXPECT_GT(body.glucose(s), 72);
            EXPECT_LT(body.glucose(s), 200);
        }
    }
}

TEST(SimulatedPatients, ShowTheirEpisodeWithinThePapers480Seconds) {
    std::map<Episode, int> seen;
    for (std::uint32_t patient = 0; patient < 8; ++patient) {
        const SimulatedPatient body(1, patient);
        ++seen[body.episode()];
        EXPECT_EQ(body.severity(0), 0);
        double low_spo2 = 100;
        double high_rate = 0;
        double high_temperature = 0;
        for (double s = 0; s <= 480; s += 1) {
            low_spo2 = std::min(low_spo2, body.spo2(s));
            high_rate = std::max(high_rate, body.heart_rate(s));
            high_temperature = std::max(high_temperature, body.body_temperature(s));
        }
        EXPECT_EQ(low_spo2 < 89, body.episode() == Episode::desaturation) << patient;
        EXPECT_EQ(high_rate > 125, body.episode() == Episode::tachycardia) << patient;
        EXPECT_EQ(high_temperature > 39.2, body.episode() == Episode::fever) << patient;
    }
    EXPECT_EQ(seen[Episode::none], 5);  // most are well
    EXPECT_EQ(seen[Episode::desaturation], 1);
    EXPECT_EQ(seen[Episode::tachycardia], 1);
    EXPECT_EQ(seen[Episode::fever], 1);
}

TEST(SimulatedPatients, HavePulseAndHeartRateThatAgree) {
    for (std::uint32_t patient = 0; patient < 8; ++patient) {
        const SimulatedPatient body(3, patient);
        for (double s = 0; s < 1'000; s += 1) {
            EXPECT_LT(std::abs(body.pulse_rate(s) - body.heart_rate(s)), 0.1 * body.heart_rate(s));
        }
    }
}

TEST(SimulatedPatients, HaveAnEcgWhoseBeatsFollowTheHeartRate) {
    // Method: count upward crossings of half the R wave in 60 s.
    const SimulatedPatient body(1, 0);
    constexpr double rate_hz = 250;
    const auto strip = body.ecg_mv(0, rate_hz, 60 * 250);
    int beats = 0;
    for (std::size_t i = 1; i < strip.size(); ++i) {
        if (strip[i - 1] < 0.5 && strip[i] >= 0.5) ++beats;
    }
    EXPECT_NEAR(beats, body.heart_rate(30), 8);
}

}  // namespace
}  // namespace device
