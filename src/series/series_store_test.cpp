// SPDX-License-Identifier: Apache-2.0
#include "series/series_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <random>
#include <set>
#include <thread>

#include "storage/memory_store.h"

namespace series {
namespace {

using namespace std::chrono_literals;
using base::ErrorCode;
using wire::Vital;

const base::TimePoint noon = base::from_unix_ms(1'750'000'000'000);

template <class Id>
Id id(std::uint8_t number) {
    Id out;
    out.bytes.fill(number);
    return out;
}
const wire::LedgerId ana = id<wire::LedgerId>(1);
const wire::LedgerId bo = id<wire::LedgerId>(2);
const wire::DeviceId monitor_a = id<wire::DeviceId>(11);
const wire::DeviceId monitor_b = id<wire::DeviceId>(12);

wire::Reading reading(Vital vital, base::TimePoint time, std::int64_t value_milli) {
    wire::Reading out;
    out.vital = vital;
    out.time = time;
    out.value_milli = value_milli;
    return out;
}
Arrival arrival(std::uint64_t counter, std::vector<wire::Reading> readings,
                wire::DeviceId device = monitor_a, wire::LedgerId patient = ana) {
    Arrival out;
    out.patient = patient;
    out.device = device;
    out.batch.counter = counter;
    out.batch.clock = readings.empty() ? noon : readings.back().time;
    out.batch.readings = std::move(readings);
    out.gateway_time = noon + 1s;
    return out;
}

class SeriesStoreTest : public testing::Test {
protected:
    storage::MemoryStore disk;
    std::unique_ptr<SeriesStore> series = std::move(SeriesStore::open(disk).value());

    void reopen() {
        series.reset();
        series = std::move(SeriesStore::open(disk).value());
    }
    Outcome append(const Arrival& one) { return series->append({&one, 1}).value().at(0); }
    std::vector<Point> all(Vital vital, wire::LedgerId patient = ana) {
        return series->range(patient, vital, base::from_unix_ms(0), noon + 48h, 1'000'000).value();
    }
    std::vector<std::int64_t> values(Vital vital, wire::LedgerId patient = ana) {
        std::vector<std::int64_t> out;
        for (const Point& point : all(vital, patient)) out.push_back(point.value_milli);
        return out;
    }
    std::vector<StoredBatch> log_after(std::uint64_t position) {
        std::vector<StoredBatch> out;
        EXPECT_TRUE(series->read_after(position, [&](const StoredBatch& batch) {
            out.push_back(batch);
            return true;
        }));
        return out;
    }
};

TEST_F(SeriesStoreTest, ABatchReadsBackAsItArrived) {
    Arrival sent = arrival(
        1, {reading(Vital::heart_rate, noon, 72'500), reading(Vital::spo2, noon - 3ms, 97'000)});
    sent.batch.status = wire::DeviceStatus::finished;
    sent.batch.clock = noon + 12ms;
    sent.batch.speed_milli = 60'000;
    wire::Reading strip = reading(Vital::ecg, noon - 1s, 0);
    strip.waveform_micro = {0, 150, -70, 1'200'000, -300'000};
    strip.period_us = 4000;
    sent.batch.readings.push_back(strip);
    EXPECT_EQ(append(sent), Outcome::stored);
    for (int round = 0; round < 2; ++round) {
        const auto log = log_after(0);
        ASSERT_EQ(log.size(), 1u);
        EXPECT_EQ(log[0].position, 1u);
        EXPECT_EQ(log[0].patient, ana);
        EXPECT_EQ(log[0].device, monitor_a);
        EXPECT_EQ(log[0].status, wire::DeviceStatus::finished);
        EXPECT_EQ(log[0].gateway_time, sent.gateway_time);
        EXPECT_EQ(log[0].clock, sent.batch.clock);
        EXPECT_EQ(log[0].speed_milli, 60'000u);
        EXPECT_EQ(log[0].readings, sent.batch.readings);
        EXPECT_EQ(log[0].qualities, std::vector<Quality>(3, Quality::plausible));
        reopen();
    }
}

TEST_F(SeriesStoreTest, ABatchWithoutReadingsHasItsPlaceInTheLog) {
    Arrival off = arrival(1, {});
    off.batch.status = wire::DeviceStatus::sensor_off;
    EXPECT_EQ(append(off), Outcome::stored);
    reopen();
    ASSERT_EQ(log_after(0).size(), 1u);
    EXPECT_EQ(log_after(0)[0].status, wire::DeviceStatus::sensor_off);
    EXPECT_EQ(series->last_position(), 1u);
}

TEST_F(SeriesStoreTest, ACounterIsStoredOnceAlsoAfterARestart) {
    const auto first = arrival(1, {reading(Vital::heart_rate, noon, 70'000)});
    EXPECT_EQ(append(first), Outcome::stored);
    EXPECT_EQ(append(first), Outcome::duplicate);
    reopen();
    EXPECT_EQ(append(first), Outcome::duplicate);
    EXPECT_EQ(series->last_position(), 1u);
    EXPECT_EQ(append(arrival(1, {}, monitor_b)), Outcome::stored) << "another device's own 1";
}

TEST_F(SeriesStoreTest, ACounterTwiceInOneAppendIsStoredOnce) {
    const std::vector<Arrival> together = {arrival(5, {reading(Vital::heart_rate, noon, 1'000)}),
                                           arrival(5, {reading(Vital::heart_rate, noon, 1'000)}),
                                           arrival(5, {reading(Vital::heart_rate, noon, 2'000)}),
                                           arrival(6, {reading(Vital::heart_rate, noon, 3'000)})};
    EXPECT_EQ(series->append(together).value(),
              (std::vector{Outcome::stored, Outcome::duplicate, Outcome::other_content,
                           Outcome::stored}));
    EXPECT_EQ(values(Vital::heart_rate), (std::vector<std::int64_t>{1'000, 3'000}));
}

// Goal: what a second device says under the first one's counters does not seem to be kept, however
// long ago the first one spoke. Method: 100 batches, then others under each of their counters.
TEST_F(SeriesStoreTest, OtherReadingsUnderAStoredCounterAreNoDuplicate) {
    const auto batch = [](std::uint64_t counter, std::int64_t value_milli) {
        return arrival(counter, {reading(Vital::heart_rate, noon, value_milli)});
    };
    for (std::uint64_t counter = 1; counter <= 100; ++counter) {
        ASSERT_EQ(append(batch(counter, 70'000)), Outcome::stored);
    }
    for (int round = 0; round < 2; ++round) {
        for (std::uint64_t counter = 100; counter >= 1; --counter) {
            ASSERT_EQ(append(batch(counter, 90'000)), Outcome::other_content) << counter;
            ASSERT_EQ(append(batch(counter, 70'000)), Outcome::duplicate) << counter;
        }
        reopen();
    }
    EXPECT_EQ(series->last_position(), 100U);
    EXPECT_EQ(series->reading_count(), 100U);
}

// The device may say by then that it is finished, and the gateway's time is always another.
TEST_F(SeriesStoreTest, ABatchSentAgainWithAnotherStatusIsTheSame) {
    auto sent = arrival(1, {reading(Vital::heart_rate, noon, 70'000)});
    EXPECT_EQ(append(sent), Outcome::stored);
    sent.batch.status = wire::DeviceStatus::finished;
    sent.gateway_time += 1h;
    EXPECT_EQ(append(sent), Outcome::duplicate);
}

// A series from before marks were kept: nothing is known of what stands there.
TEST_F(SeriesStoreTest, WhereNoMarkWasKeptAStoredCounterIsADuplicate) {
    EXPECT_EQ(append(arrival(1, {reading(Vital::heart_rate, noon, 70'000)})), Outcome::stored);
    storage::WriteBatch forget;
    ASSERT_TRUE(disk.scan(base::as_bytes("v/H"), base::as_bytes("v/I"), [&](auto key, auto) {
        forget.erase({key.begin(), key.end()});
        return true;
    }));
    ASSERT_FALSE(forget.empty());
    ASSERT_TRUE(disk.write(forget));
    reopen();
    EXPECT_EQ(append(arrival(1, {reading(Vital::heart_rate, noon, 90'000)})), Outcome::duplicate);
}

// Goal: a device costs no more than a bound, whatever counters it makes up, and is still heard
// under those that open no gap. Method: every other counter, past the bound.
TEST_F(SeriesStoreTest, ADeviceThatLeavesTooManyGapsIsRefusedWhatWouldOpenAnother) {
    constexpr std::uint64_t bound = 4'096;
    std::vector<Arrival> gaps;
    for (std::uint64_t i = 1; i <= bound + 10; ++i) gaps.push_back(arrival(2 * i, {}));
    const auto outcomes = series->append(gaps).value();
    EXPECT_EQ(std::ranges::count(outcomes, Outcome::stored), static_cast<std::ptrdiff_t>(bound));
    EXPECT_EQ(outcomes.back(), Outcome::too_many_gaps);
    reopen();
    EXPECT_EQ(append(arrival(2 * bound + 100, {})), Outcome::too_many_gaps);
    EXPECT_EQ(append(arrival(4, {})), Outcome::duplicate);
    EXPECT_EQ(append(arrival(3, {})), Outcome::stored) << "it fills a gap";
    EXPECT_EQ(append(arrival(2 * bound + 100, {})), Outcome::stored) << "so there is room for one";
    EXPECT_EQ(append(arrival(1, {}, monitor_b)), Outcome::stored) << "others are not disturbed";
}

// Goal: whatever the order, with gaps and extremes, each counter is stored once. Method: random
// draws from a small and a hostile range against a plain set, reopened now and then.
TEST_F(SeriesStoreTest, CountersInAnyOrderAreEachStoredOnce) {
    std::mt19937_64 random(7);
    std::set<std::uint64_t> stored;
    constexpr auto top = std::numeric_limits<std::uint64_t>::max();
    for (int i = 0; i < 3000; ++i) {
        const std::uint64_t counter = i % 10 == 0 ? top - random() % 4 : random() % 800;
        const bool fresh = stored.insert(counter).second;
        ASSERT_EQ(append(arrival(counter, {})), fresh ? Outcome::stored : Outcome::duplicate)
            << counter;
        if (i % 500 == 499) reopen();
    }
    EXPECT_EQ(series->last_position(), stored.size());
}

TEST_F(SeriesStoreTest, AGapOfCountersThatFillsCostsNothingInTheEnd) {
    for (std::uint64_t counter = 2; counter <= 40; counter += 2) append(arrival(counter, {}));
    for (std::uint64_t counter = 1; counter <= 39; counter += 2) append(arrival(counter, {}));
    int intervals = 0;
    ASSERT_TRUE(disk.scan(base::as_bytes("v/I"), base::as_bytes("v/J"),
                          [&](auto, auto) { return ++intervals > 0; }));
    EXPECT_EQ(intervals, 1);
}

TEST_F(SeriesStoreTest, ReadingsComeInOrderOfTimeHoweverTheyArrived) {
    append(arrival(2, {reading(Vital::heart_rate, noon + 2s, 3'000),
                       reading(Vital::heart_rate, noon + 1s, 2'000)}));
    append(arrival(1, {reading(Vital::heart_rate, noon, 1'000)}));
    append(arrival(3, {reading(Vital::heart_rate, noon - 26h, 0)}));
    EXPECT_EQ(values(Vital::heart_rate), (std::vector<std::int64_t>{0, 1'000, 2'000, 3'000}));
    reopen();
    EXPECT_EQ(values(Vital::heart_rate), (std::vector<std::int64_t>{0, 1'000, 2'000, 3'000}));
}

TEST_F(SeriesStoreTest, TwoDevicesMayMeasureTheSameAtTheSameTime) {
    append(arrival(1, {reading(Vital::heart_rate, noon, 70'000)}, monitor_a));
    append(arrival(1, {reading(Vital::heart_rate, noon, 71'000)}, monitor_b));
    EXPECT_EQ(values(Vital::heart_rate), (std::vector<std::int64_t>{70'000, 71'000}));
}

TEST_F(SeriesStoreTest, PatientsAndVitalsStayApart) {
    append(
        arrival(1, {reading(Vital::heart_rate, noon, 70'000), reading(Vital::spo2, noon, 98'000)}));
    append(arrival(2, {reading(Vital::heart_rate, noon, 80'000)}, monitor_b, bo));
    EXPECT_EQ(values(Vital::heart_rate), (std::vector<std::int64_t>{70'000}));
    EXPECT_EQ(values(Vital::spo2), (std::vector<std::int64_t>{98'000}));
    EXPECT_EQ(values(Vital::heart_rate, bo), (std::vector<std::int64_t>{80'000}));
    EXPECT_TRUE(values(Vital::spo2, bo).empty());
    EXPECT_TRUE(values(Vital::glucose).empty());
    EXPECT_TRUE(values(Vital::spo2, id<wire::LedgerId>(9)).empty());
}

TEST_F(SeriesStoreTest, AnImplausibleValueIsKeptWithItsFlagAndStaysOutOfCharts) {
    const auto& info = wire::info_of(Vital::spo2);
    append(arrival(1, {reading(Vital::spo2, noon, info.plausible_high_milli),
                       reading(Vital::spo2, noon + 1s, info.plausible_high_milli + 1),
                       reading(Vital::spo2, noon + 2s, info.plausible_low_milli),
                       reading(Vital::spo2, noon + 3s, info.plausible_low_milli - 1)}));
    const auto points = all(Vital::spo2);
    ASSERT_EQ(points.size(), 4u);
    EXPECT_EQ(points[0].quality, Quality::plausible);
    EXPECT_EQ(points[1].quality, Quality::implausible);
    EXPECT_EQ(points[2].quality, Quality::plausible);
    EXPECT_EQ(points[3].quality, Quality::implausible);
    EXPECT_EQ(log_after(0)[0].qualities[1], Quality::implausible);
    const auto columns = series->buckets(ana, Vital::spo2, noon, noon + 4s, 4).value();
    ASSERT_EQ(columns.size(), 2u);
    EXPECT_EQ(columns[0].time, noon);
    EXPECT_EQ(columns[1].time, noon + 2s);
}

TEST_F(SeriesStoreTest, RangesAreHalfOpenAndBounded) {
    for (int i = 0; i < 10; ++i) {
        append(arrival(static_cast<std::uint64_t>(i + 1),
                       {reading(Vital::heart_rate, noon + i * 1s, i * 1000)}));
    }
    const auto count = [&](base::TimePoint from, base::TimePoint to, std::size_t points_max) {
        return series->range(ana, Vital::heart_rate, from, to, points_max).value().size();
    };
    EXPECT_EQ(count(noon + 2s, noon + 5s, 100), 3u);
    EXPECT_EQ(count(noon + 5s, noon + 5s, 100), 0u);
    EXPECT_EQ(count(noon + 6s, noon + 5s, 100), 0u);
    EXPECT_EQ(count(noon, noon + 1h, 4), 4u);
    EXPECT_EQ(count(noon, noon + 1h, 0), 0u);
    EXPECT_EQ(count(base::TimePoint::min(), base::TimePoint::max(), SIZE_MAX), 10u);
    EXPECT_EQ(series
                  ->buckets(ana, Vital::heart_rate, base::TimePoint::min(), base::TimePoint::max(),
                            SIZE_MAX)
                  .value()
                  .size(),
              1u);
    EXPECT_TRUE(series->buckets(ana, Vital::heart_rate, noon, noon, 10).value().empty());
    EXPECT_EQ(series->buckets(ana, Vital::heart_rate, noon, noon + 10s, 0).value().size(), 1u);
}

TEST_F(SeriesStoreTest, ColumnsHoldMinimumMaximumMeanAndGapsStayGaps) {
    append(arrival(
        1, {reading(Vital::heart_rate, noon, 60'000), reading(Vital::heart_rate, noon + 9s, 63'000),
            reading(Vital::heart_rate, noon + 1s, 90'000),
            reading(Vital::heart_rate, noon + 30s, 50'000)}));
    const auto columns = series->buckets(ana, Vital::heart_rate, noon, noon + 40s, 4).value();
    ASSERT_EQ(columns.size(), 2u);
    EXPECT_EQ(columns[0].time, noon);
    EXPECT_EQ(columns[0].min_milli, 60'000);
    EXPECT_EQ(columns[0].max_milli, 90'000);
    EXPECT_EQ(columns[0].mean_milli, 71'000);
    EXPECT_EQ(columns[0].count, 3u);
    EXPECT_EQ(columns[1].time, noon + 30s);
    EXPECT_EQ(columns[1].count, 1u);
}

TEST_F(SeriesStoreTest, ExtremesOfTimeAndValueSurvive) {
    const auto low = std::numeric_limits<std::int64_t>::min();
    const auto high = std::numeric_limits<std::int64_t>::max();
    append(arrival(1, {reading(Vital::heart_rate, base::from_unix_ms(low), high),
                       reading(Vital::heart_rate, base::from_unix_ms(high - 1), low),
                       reading(Vital::heart_rate, base::from_unix_ms(-1), -1),
                       reading(Vital::heart_rate, base::from_unix_ms(0), 0)}));
    for (int round = 0; round < 2; ++round) {
        const auto points =
            series
                ->range(ana, Vital::heart_rate, base::TimePoint::min(), base::TimePoint::max(), 100)
                .value();
        ASSERT_EQ(points.size(), 4u);
        EXPECT_EQ(points[0].value_milli, high);
        EXPECT_EQ(points[1].value_milli, -1);
        EXPECT_EQ(points[3].value_milli, low);
        // Enough readings, outside of what is asked for, that all of them move into a chunk.
        for (const std::uint64_t counter : {2, 3}) {
            append(
                arrival(counter, std::vector<wire::Reading>(
                                     256, reading(Vital::heart_rate, base::TimePoint::max(), 1))));
        }
        append(arrival(9, {}));
        reopen();
    }
}

TEST_F(SeriesStoreTest, LatestIsTheNewestByTimeOfEachVitalAlsoAfterARestart) {
    EXPECT_TRUE(series->latest(ana).empty());
    wire::Reading strip = reading(Vital::ecg, noon, 0);
    strip.waveform_micro = {1, 2, 3};
    strip.period_us = 4000;
    append(arrival(1, {reading(Vital::heart_rate, noon + 5s, 70'000), strip}));
    append(
        arrival(2, {reading(Vital::heart_rate, noon, 60'000), reading(Vital::spo2, noon, 97'000)}));
    append(arrival(3, {reading(Vital::spo2, noon, 96'000)}));
    for (int round = 0; round < 2; ++round) {
        const auto latest = series->latest(ana);
        ASSERT_EQ(latest.size(), 3u);
        EXPECT_EQ(latest[0].value_milli, 70'000);
        EXPECT_EQ(latest[1].value_milli, 96'000) << "of two at one time, the one stored later";
        EXPECT_EQ(latest[2], strip);
        reopen();
    }
    EXPECT_TRUE(series->latest(bo).empty());
}

TEST_F(SeriesStoreTest, TheLastStripOfAPeriodIsFoundAndIsNoPoint) {
    for (std::uint64_t i = 0; i < 3; ++i) {
        wire::Reading strip = reading(Vital::ecg, noon + std::chrono::seconds(10 * (2 - i)), 0);
        strip.waveform_micro = {static_cast<std::int32_t>(i)};
        strip.period_us = 4000;
        append(arrival(i + 1, {reading(Vital::heart_rate, noon, 1'000), strip}));
    }
    const auto last = [&](base::TimePoint from, base::TimePoint to) -> std::optional<int> {
        const auto strip = series->last_strip(ana, from, to).value();
        if (!strip) return std::nullopt;
        return strip->waveform_micro.at(0);
    };
    EXPECT_EQ(last(noon, noon + 1h), 0);
    EXPECT_EQ(last(noon, noon + 20s), 1) << "the end is exclusive";
    EXPECT_EQ(last(noon, noon + 1ms), 2) << "the beginning is inclusive";
    EXPECT_EQ(last(noon + 1ms, noon + 10s), std::nullopt);
    EXPECT_EQ(last(noon + 1h, noon), std::nullopt);
    EXPECT_FALSE(series->last_strip(bo, noon, noon + 1h).value());
    EXPECT_TRUE(all(Vital::ecg).empty());
    reopen();
    EXPECT_EQ(last(noon, noon + 1h), 0);
}

TEST_F(SeriesStoreTest, AFullDiskStoresNothingAndGoesOnOnceThereIsRoom) {
    append(arrival(1, {reading(Vital::heart_rate, noon, 70'000)}));
    int followed = 0;
    ASSERT_TRUE(series->follow(1, [&](const StoredBatch&) { ++followed; }));
    disk.set_full(true);
    const std::vector<Arrival> together = {
        arrival(2, {reading(Vital::heart_rate, noon + 1s, 71'000)}),
        arrival(1, {reading(Vital::glucose, noon + 1s, 71'000)}, monitor_b)};
    for (int i = 0; i < 3; ++i) {
        const auto refused = series->append(together);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, ErrorCode::storage_full);
    }
    EXPECT_EQ(series->last_position(), 1u);
    EXPECT_EQ(values(Vital::heart_rate).size(), 1u);
    EXPECT_EQ(followed, 0);
    disk.set_full(false);
    EXPECT_EQ(series->append(together).value(), (std::vector{Outcome::stored, Outcome::stored}));
    EXPECT_EQ(followed, 2);
    reopen();
    EXPECT_EQ(values(Vital::heart_rate).size(), 2u);
    EXPECT_EQ(values(Vital::glucose).size(), 1u);
    EXPECT_EQ(series->last_position(), 3u);
}

TEST_F(SeriesStoreTest, ReadingAfterAPositionStopsWhenTheVisitorHasEnough) {
    for (std::uint64_t i = 1; i <= 5; ++i) append(arrival(i, {}));
    std::vector<std::uint64_t> seen;
    ASSERT_TRUE(series->read_after(2, [&](const StoredBatch& batch) {
        seen.push_back(batch.position);
        return seen.size() < 2;
    }));
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{3, 4}));
    EXPECT_TRUE(log_after(5).empty());
    EXPECT_TRUE(log_after(std::numeric_limits<std::uint64_t>::max()).empty());
}

// Goal: a follower that joins while batches arrive gets each once, in order.
TEST_F(SeriesStoreTest, FollowersJoiningBesideAppendsMissNothingAndSeeNothingTwice) {
    constexpr std::uint64_t per_writer = 300;
    std::vector<std::thread> writers;
    for (std::uint8_t writer = 0; writer < 3; ++writer) {
        writers.emplace_back([&, writer] {
            for (std::uint64_t i = 1; i <= per_writer; ++i) {
                const auto one =
                    arrival(i, {reading(Vital::heart_rate, noon, 1'000)},
                            id<wire::DeviceId>(static_cast<std::uint8_t>(50 + writer)));
                EXPECT_TRUE(series->append({&one, 1}));
            }
        });
    }
    std::vector<std::vector<std::uint64_t>> seen(4);
    for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_TRUE(series->follow(
            i, [&seen, i](const StoredBatch& batch) { seen[i].push_back(batch.position); }));
    }
    for (auto& writer : writers) writer.join();
    for (std::size_t i = 0; i < seen.size(); ++i) {
        ASSERT_EQ(seen[i].size(), 3 * per_writer - i);
        for (std::size_t k = 0; k < seen[i].size(); ++k) ASSERT_EQ(seen[i][k], i + k + 1);
    }
}

TEST_F(SeriesStoreTest, AFollowerAheadOfTheLogGetsWhatComesAfterItsPosition) {
    std::vector<std::uint64_t> seen;
    ASSERT_TRUE(
        series->follow(2, [&](const StoredBatch& batch) { seen.push_back(batch.position); }));
    for (std::uint64_t i = 1; i <= 4; ++i) append(arrival(i, {}));
    EXPECT_EQ(seen, (std::vector<std::uint64_t>{3, 4}));
}

TEST_F(SeriesStoreTest, AFollowerMayReadTheSeries) {
    std::size_t points = 0;
    ASSERT_TRUE(series->follow(0, [&](const StoredBatch& batch) {
        points = all(Vital::heart_rate).size();
        EXPECT_EQ(series->last_position(), batch.position);
        EXPECT_EQ(log_after(0).size(), batch.position);
    }));
    append(arrival(1, {reading(Vital::heart_rate, noon, 1'000)}));
    EXPECT_EQ(points, 1u);
}

}  // namespace
}  // namespace series
