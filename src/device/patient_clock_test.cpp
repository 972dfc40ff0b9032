// SPDX-License-Identifier: Apache-2.0
#include "device/patient_clock.h"

#include <gtest/gtest.h>

namespace device {
namespace {

using namespace std::chrono_literals;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

TEST(PatientClock, ShiftsARecordingSoThatItEndsWhenItsReplayEnds) {
    const PatientClock clock(start, 60'000, 480s);
    EXPECT_EQ(clock.wall_at(0ms), start);
    EXPECT_EQ(clock.wall_at(480s), start + 8s);
    EXPECT_EQ(clock.patient_at(480s), start + 8s);
    EXPECT_EQ(clock.patient_at(0ms), start + 8s - 480s);
    EXPECT_EQ(clock.speed_milli_at(0ms), 60'000U);
}

TEST(PatientClock, DatesNoReadingInTheFuture) {
    // Method: many speeds and lengths; each offset's patient time is at most the wall time it is
    // sent.
    for (const std::uint32_t speed : {1'000U, 1'001U, 7'777U, 60'000U, 1'000'000'000U}) {
        for (const std::int64_t length_ms : {1, 999, 480'000, 116'100'000}) {
            const PatientClock clock(start, speed, std::chrono::milliseconds(length_ms));
            for (std::int64_t i = 0; i <= 50; ++i) {
                const std::chrono::milliseconds offset(length_ms * i / 50);
                EXPECT_LE(clock.patient_at(offset), clock.wall_at(offset)) << speed << " " << i;
            }
        }
    }
}

TEST(PatientClock, GoesOnAtSpeedOneAfterItsLength) {
    const PatientClock clock(start, 10'000, 100s);
    EXPECT_EQ(clock.wall_at(130s), start + 10s + 30s);
    EXPECT_EQ(clock.patient_at(130s), clock.wall_at(130s));
    EXPECT_EQ(clock.speed_milli_at(100s), 1'000U);
}

TEST(PatientClock, KnowsTheOffsetThatIsDue) {
    const PatientClock clock(start, 10'000, 100s);
    EXPECT_EQ(clock.offset_at(start), 0ms);
    EXPECT_EQ(clock.offset_at(start + 5s), 50s);
    EXPECT_EQ(clock.offset_at(start + 10s), 100s);
    EXPECT_EQ(clock.offset_at(start + 15s), 105s);
    EXPECT_LT(clock.offset_at(start - 1s), 0ms);
}

}  // namespace
}  // namespace device
