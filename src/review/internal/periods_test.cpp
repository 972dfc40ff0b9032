// SPDX-License-Identifier: Apache-2.0
#include "review/internal/periods.h"

#include <gtest/gtest.h>

#include <map>

#include "base/random.h"
#include "base/testing.h"

namespace review::internal {
namespace {

using namespace std::chrono_literals;

const base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

class PeriodsTest : public testing::Test {
protected:
    series::StoredBatch batch(const std::vector<std::chrono::milliseconds>& times,
                              std::uint8_t device = 1) {
        series::StoredBatch out;
        out.position = ++position;
        out.device.bytes[0] = device;
        out.counter = position;
        out.status = wire::DeviceStatus::running;
        out.gateway_time = out.clock = start + 1h;
        for (const auto time : times) {
            out.readings.push_back({.vital = wire::Vital::spo2,
                                    .time = start + time,
                                    .value_milli = 97'000,
                                    .waveform_micro = {}});
        }
        out.qualities.resize(times.size());
        return out;
    }
    std::vector<Cut> feed(const series::StoredBatch& stored) {
        all.push_back(stored);
        auto out = periods.apply(stored, options);
        cuts.insert(cuts.end(), out.begin(), out.end());
        return out;
    }
    std::vector<Cut> feed(const std::vector<std::chrono::milliseconds>& times) {
        return feed(batch(times));
    }
    std::vector<Cut> close() {
        auto out = periods.close(mark_of(position + 1, 0), options);
        cuts.insert(cuts.end(), out.begin(), out.end());
        return out;
    }
    /// Every reading fed is in exactly one cut, whose count and first position agree.
    void expect_partition() {
        std::map<std::size_t, std::uint32_t> counts;
        for (const auto& stored : all) {
            for (std::size_t i = 0; i < stored.readings.size(); ++i) {
                const auto time = cutting_time(stored.readings[i].time, stored.gateway_time);
                int holders = 0;
                for (std::size_t c = 0; c < cuts.size(); ++c) {
                    if (!cuts[c].holds(mark_of(stored.position, i), time)) continue;
                    ++holders;
                    ++counts[c];
                    EXPECT_LE(cuts[c].first_position, stored.position);
                    EXPECT_GE(cuts[c].last_position(), stored.position);
                }
                EXPECT_EQ(holders, 1) << "batch " << stored.position << " reading " << i;
            }
        }
        for (std::size_t c = 0; c < cuts.size(); ++c) {
            EXPECT_EQ(counts[c], cuts[c].reading_count) << "cut " << c;
            EXPECT_GT(cuts[c].reading_count, 0u);
            EXPECT_LT(cuts[c].period_start, cuts[c].period_end);
        }
    }

    PeriodOptions options{.period = 5min, .readings_max = 10'000};
    PatientPeriods periods;
    std::vector<series::StoredBatch> all;
    std::vector<Cut> cuts;
    std::uint64_t position = 0;
};

TEST_F(PeriodsTest, APeriodIsFiveMinutesFromTheFirstReading) {
    for (int at = 7; at <= 306; ++at) EXPECT_TRUE(feed({std::chrono::seconds{at}}).empty());
    EXPECT_TRUE(feed({307s}).empty());
    EXPECT_TRUE(feed({308s}).empty()) << "readings may still be on their way";
    const auto cut = feed({309s});
    ASSERT_EQ(cut.size(), 1u);
    EXPECT_EQ(cut[0].period_start, start + 7s);
    EXPECT_EQ(cut[0].period_end, start + 307s);
    EXPECT_EQ(cut[0].reading_count, 300u);
    const auto rest = close();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].period_start, start + 307s);
    EXPECT_EQ(rest[0].period_end, start + 309s + 1ms);
    EXPECT_EQ(rest[0].reading_count, 3u);
    expect_partition();
}

TEST_F(PeriodsTest, AStragglerWithinTheGraceBelongsToItsPeriod) {
    feed({0s});
    feed({301s});
    feed({299s});
    const auto cut = feed({302s});
    ASSERT_EQ(cut.size(), 1u);
    EXPECT_EQ(cut[0].reading_count, 2u);
    close();
    expect_partition();
}

TEST_F(PeriodsTest, ALateReadingGoesIntoTheNextReport) {
    feed({0s});
    ASSERT_EQ(feed({302s}).size(), 1u);
    feed({10s});
    const auto rest = close();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].reading_count, 2u);
    EXPECT_EQ(rest[0].period_start, start + 300s);
    feed({20s});
    const auto alone = close();
    ASSERT_EQ(alone.size(), 1u);
    EXPECT_EQ(alone[0].reading_count, 1u);
    expect_partition();
}

TEST_F(PeriodsTest, PeriodsWithoutReadingsMakeNoReport) {
    feed({0s});
    ASSERT_EQ(feed({3'700s}).size(), 1u);
    const auto rest = close();
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].period_start, start + 3'600s) << "still aligned to the first reading";
    expect_partition();
}

TEST_F(PeriodsTest, TenThousandReadingsEndAReportExactly) {
    for (int i = 0; i < 100; ++i) feed(std::vector<std::chrono::milliseconds>(256, 1s * i));
    ASSERT_EQ(cuts.size(), 2u);
    EXPECT_EQ(cuts[0].reading_count, 10'000u);
    EXPECT_EQ(cuts[1].reading_count, 10'000u);
    EXPECT_EQ(cuts[1].period_start, cuts[0].period_end);
    feed({305s});
    EXPECT_EQ(cuts.back().period_end, start + 300s);
    EXPECT_EQ(cuts.back().reading_count, 5'600u);
    close();
    expect_partition();
}

TEST_F(PeriodsTest, AClockFarAheadEndsNothing) {
    feed({0s});
    EXPECT_TRUE(feed({24h * 400}).empty());
    EXPECT_TRUE(feed({1s}).empty());
    const auto cut = close();
    ASSERT_EQ(cut.size(), 1u);
    EXPECT_EQ(cut[0].reading_count, 3u);
    EXPECT_EQ(cut[0].period_end, start + 1s + 1ms);
    expect_partition();
}

TEST_F(PeriodsTest, ADeviceThatHasNothingToSayStillEndsThePeriod) {
    feed({0s});
    auto quiet = batch({});
    quiet.clock = start + 302s;
    EXPECT_EQ(feed(quiet).size(), 1u);
    EXPECT_FALSE(periods.has_open());
}

TEST_F(PeriodsTest, AFinishedDeviceIsRememberedUntilItSpeaksAgain) {
    auto last = batch({1s});
    last.status = wire::DeviceStatus::finished;
    feed(last);
    EXPECT_TRUE(periods.finished(last.device));
    EXPECT_TRUE(periods.has_open());
    feed({2s});
    EXPECT_FALSE(periods.finished(last.device));
}

TEST_F(PeriodsTest, ABatchResentAfterTheEndDoesNotBeginAnew) {
    const auto resent = batch({0s});
    auto last = batch({1s});
    last.status = wire::DeviceStatus::finished;
    feed(last);
    feed(resent);
    EXPECT_TRUE(periods.finished(last.device));
}

// Goal: no order of arrival loses or doubles a reading. Method: random times around the periods'
// ends, late, early and absurd ones, small and large batches, cuts by size, stops and restarts.
TEST_F(PeriodsTest, EveryReadingIsInExactlyOneReportWhateverTheOrder) {
    for (std::uint64_t seed = 0; seed < base::testing::rounds(std::uint64_t{300}); ++seed) {
        base::SeededRandom random(seed);
        periods = {};
        all.clear();
        cuts.clear();
        position = 0;
        options.readings_max = static_cast<std::uint32_t>(1 + random.below(40));
        std::int64_t now = 0;
        for (int i = 0; i < 60; ++i) {
            std::vector<std::chrono::milliseconds> times(random.below(12));
            for (auto& time : times) {
                now += static_cast<std::int64_t>(random.below(20'000));
                time = std::chrono::milliseconds{now};
                if (random.below(5) == 0) time -= std::chrono::seconds{random.below(900)};
                if (random.below(9) == 0) time += std::chrono::seconds{random.below(900)};
                if (random.below(50) == 0) time = std::chrono::hours{random.below(24'000)};
                if (random.below(50) == 0) time = -time * 1'000;
            }
            feed(batch(times));
            auto again = PatientPeriods::decode(periods.encode());
            ASSERT_TRUE(again);
            ASSERT_EQ(*again, periods);
            periods = std::move(*again);
            if (random.below(20) == 0) close();
        }
        close();
        EXPECT_FALSE(periods.has_open());
        expect_partition();
        if (HasFailure()) FAIL() << "seed " << seed;
    }
}

TEST_F(PeriodsTest, StoredStateThatIsDamagedIsRefused) {
    feed({0s, 400s});
    const auto whole = periods.encode();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(PatientPeriods::decode(base::ByteView(whole).first(size))) << size;
    }
}

}  // namespace
}  // namespace review::internal
