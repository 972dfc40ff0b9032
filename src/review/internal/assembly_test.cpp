// SPDX-License-Identifier: Apache-2.0
#include "review/internal/assembly.h"

#include <gtest/gtest.h>

namespace review::internal {
namespace {

using namespace std::chrono_literals;
using wire::Vital;

const base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

class SummaryTest : public testing::Test {
protected:
    void add(std::chrono::seconds at, std::int64_t value,
             series::Quality quality = series::Quality::plausible) {
        ContentReading item;
        item.quality = quality;
        item.reading.vital = Vital::spo2;
        item.reading.time = start + at;
        item.reading.value_milli = value;
        readings.push_back(item);
    }
    VitalSummary spo2() {
        const auto all = summarise({.readings = readings,
                                    .alarms = alarms,
                                    .period_start = start,
                                    .period_end = start + 300s,
                                    .interval_of = [](Vital) { return 1s; }});
        EXPECT_EQ(all.size(), 1u);
        return all.at(0);
    }
    std::vector<ContentReading> readings;
    std::vector<monitor::Alarm> alarms;
};

TEST_F(SummaryTest, MedianLeavesImplausibleValuesOut) {
    add(0s, 97'000);
    add(1s, 99'000);
    add(2s, 250'000, series::Quality::implausible);
    add(3s, 91'000);
    add(4s, 98'000);
    const auto summary = spo2();
    EXPECT_EQ(summary.count, 5u);
    EXPECT_EQ(summary.implausible, 1u);
    EXPECT_EQ(summary.min_milli, 91'000);
    EXPECT_EQ(summary.median_milli, 97'500);
    EXPECT_EQ(summary.max_milli, 99'000);
}

TEST_F(SummaryTest, ASensorThatWasNeverPlausibleHasNoNumbers) {
    add(0s, 250'000, series::Quality::implausible);
    const auto summary = spo2();
    EXPECT_EQ(summary.implausible, 1u);
    EXPECT_EQ(summary.max_milli, 0);
}

TEST_F(SummaryTest, GapsCountWhereAVitalWasMissingTooLong) {
    add(0s, 97'000);
    add(30s, 97'000);   // just in time
    add(100s, 97'000);  // 70 s
    add(280s, 97'000);  // 180 s, then 20 s to the end
    EXPECT_EQ(spo2().gap_s, 250u);
}

TEST_F(SummaryTest, AlarmsCountWithinThePeriodOnly) {
    add(0s, 97'000);
    const auto alarm = [&](monitor::Condition condition, std::chrono::seconds from,
                           std::optional<base::TimePoint> to) {
        monitor::Alarm out;
        out.vital = Vital::spo2;
        out.condition = condition;
        out.raised_at = start + from;
        out.cleared_at = to;
        alarms.push_back(out);
    };
    alarm(monitor::Condition::low, -100s, start + 20s);
    alarm(monitor::Condition::critical_low, 290s, std::nullopt);
    alarm(monitor::Condition::no_data, 100s, start + 200s);
    EXPECT_EQ(spo2().outside_limits_s, 30u);
}

}  // namespace
}  // namespace review::internal
