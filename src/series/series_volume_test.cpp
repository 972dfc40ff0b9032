// SPDX-License-Identifier: Apache-2.0
// What only shows with many readings: chunks, restarts among them, and what a reading costs.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <set>
#include <thread>

#include "series/series_store.h"
#include "storage/memory_store.h"

namespace series {
namespace {

using namespace std::chrono_literals;
using wire::Vital;

const base::TimePoint start = base::from_unix_ms(1'750'000'000'000);

wire::LedgerId patient(std::uint8_t number) {
    wire::LedgerId out;
    out.bytes.fill(number);
    return out;
}

wire::Reading reading(Vital vital, base::TimePoint time, std::int64_t value_milli) {
    wire::Reading out;
    out.vital = vital;
    out.time = time;
    out.value_milli = value_milli;
    return out;
}

struct Sender {
    std::uint8_t number;
    std::uint64_t counter = 0;

    Arrival next(std::vector<wire::Reading> readings) {
        Arrival out;
        out.patient = patient(number);
        out.device.bytes.fill(number);
        out.batch.counter = ++counter;
        out.batch.clock = readings.empty() ? start : readings.back().time;
        out.batch.readings = std::move(readings);
        out.gateway_time = start;
        return out;
    }
};

// A day at 1 Hz of one patient: four vitals a second, four seconds a batch.
void append_day(SeriesStore& series) {
    Sender sender{1};
    std::mt19937 random(1);
    std::int64_t heart = 70;
    for (int second = 0; second < 86'400; second += 4) {
        std::vector<wire::Reading> readings;
        for (int i = second; i < second + 4; ++i) {
            heart = std::clamp<std::int64_t>(heart + static_cast<int>(random() % 3) - 1, 50, 120);
            const auto time = start + std::chrono::seconds(i);
            readings.push_back(reading(Vital::heart_rate, time, heart * 1000));
            readings.push_back(reading(Vital::pulse_rate, time, heart * 1000));
            readings.push_back(reading(Vital::respiration_rate, time, (12 + i / 60 % 8) * 1000));
            readings.push_back(reading(Vital::spo2, time, (95 + i / 90 % 4) * 1000));
        }
        const auto one = sender.next(std::move(readings));
        ASSERT_TRUE(series.append({&one, 1}));
    }
}

TEST(SeriesVolume, ADayAtOneHertzFitsAChartAndItsCostIsStated) {
    storage::MemoryStore disk;
    const auto series = std::move(SeriesStore::open(disk).value());
    append_day(*series);
    const auto begin = std::chrono::steady_clock::now();
    const auto columns =
        series->buckets(patient(1), Vital::heart_rate, start, start + 24h, 2'000).value();
    const auto took = std::chrono::steady_clock::now() - begin;
    // 43.2 s a column: all are filled, and together they hold every reading.
    EXPECT_EQ(columns.size(), 2'000u);
    std::uint64_t count = 0;
    for (const Bucket& column : columns) count += column.count;
    EXPECT_EQ(count, 86'400u);
    const auto points =
        series->range(patient(1), Vital::heart_rate, start, start + 24h, 100'000).value();
    ASSERT_EQ(points.size(), 86'400u);
    for (std::size_t i = 0; i < points.size(); ++i) {
        ASSERT_EQ(points[i].time, start + std::chrono::seconds(i));
    }

    std::map<char, std::uint64_t> bytes;
    ASSERT_TRUE(disk.scan({}, base::as_bytes("~"), [&](base::ByteView key, base::ByteView value) {
        bytes[static_cast<char>(key[2])] += key.size() + value.size();
        return true;
    }));
    std::uint64_t total = 0;
    for (const auto& [kind, size] : bytes) total += size;
    RecordProperty("chart_us", static_cast<int>(took / 1us));
    const double readings = 4.0 * 86'400;
    std::printf("chart of a day: %d us; bytes a reading: log %.2f, chunks %.2f, all %.2f\n",
                static_cast<int>(took / 1us), static_cast<double>(bytes['L']) / readings,
                static_cast<double>(bytes['C']) / readings, static_cast<double>(total) / readings);
    EXPECT_LT(static_cast<double>(bytes['C']) / readings, 2.2);
    EXPECT_LT(static_cast<double>(total) / readings, 9.0);
}

// Goal: nothing is lost or doubled between memory and chunks, wherever a restart comes. Method:
// random batches of several patients, late ones among them, against a plain model; reopened at
// random.
TEST(SeriesVolume, RandomReadingsWithRestartsAgreeWithAModel) {
    storage::MemoryStore disk;
    auto series = std::move(SeriesStore::open(disk).value());
    std::mt19937 random(3);
    std::vector<Sender> senders = {{1}, {2}, {3}};
    std::map<std::pair<wire::LedgerId, Vital>, std::multimap<base::TimePoint, std::int64_t>> model;
    std::map<std::pair<wire::LedgerId, Vital>, wire::Reading> newest;
    for (int round = 0; round < 1500; ++round) {
        std::vector<Arrival> together;
        for (unsigned i = 0; i < 1 + random() % 4; ++i) {
            auto& sender = senders[random() % senders.size()];
            std::vector<wire::Reading> readings(random() % 12);
            for (auto& one : readings) {
                const auto late = random() % 20 == 0 ? std::chrono::hours(random() % 50) : 0h;
                one = reading(static_cast<Vital>(1 + random() % 3),
                              start + std::chrono::seconds(round * 7) +
                                  std::chrono::milliseconds(random() % 9000) - late,
                              static_cast<std::int64_t>(random() % 500'000) - 1000);
                model[{patient(sender.number), one.vital}].emplace(one.time, one.value_milli);
                auto& last =
                    newest.try_emplace({patient(sender.number), one.vital}, one).first->second;
                if (last.time <= one.time) last = one;
            }
            together.push_back(sender.next(std::move(readings)));
        }
        ASSERT_TRUE(series->append(together));
        if (random() % 60 != 0 && round != 1499) continue;
        series.reset();
        series = std::move(SeriesStore::open(disk).value());
        for (const auto& [name, expected] : model) {
            const auto from = start + std::chrono::seconds(random() % 5000) - 50h;
            const auto to = from + std::chrono::seconds(random() % 300'000);
            const auto points = series->range(name.first, name.second, from, to, 1'000'000).value();
            auto at = expected.lower_bound(from);
            ASSERT_EQ(points.size(), std::distance(at, expected.lower_bound(to)));
            std::multiset<std::int64_t> got, wanted;
            for (std::size_t i = 0; i < points.size(); ++i, ++at) {
                ASSERT_EQ(points[i].time, at->first);
                got.insert(points[i].value_milli);
                wanted.insert(at->second);
            }
            ASSERT_EQ(got, wanted);
        }
    }
    for (const auto& sender : senders) {
        for (const auto& one : series->latest(patient(sender.number))) {
            EXPECT_EQ(one, (newest[{patient(sender.number), one.vital}]));
        }
    }
}

// Goal: readers beside the appending thread see each reading once, also while chunks are written.
TEST(SeriesVolume, ReadersBesideAppendsNeverMissOrDoubleAReading) {
    storage::MemoryStore disk;
    const auto series = std::move(SeriesStore::open(disk).value());
    std::atomic<std::size_t> appended = 0;
    std::thread writer([&] {
        Sender sender{1};
        for (int batch = 0; batch < 3000; ++batch) {
            std::vector<wire::Reading> readings;
            for (int i = 0; i < 5; ++i) {
                readings.push_back(reading(Vital::heart_rate,
                                           start + std::chrono::seconds(batch * 5 + i), 60'000));
            }
            const auto one = sender.next(std::move(readings));
            EXPECT_TRUE(series->append({&one, 1}));
            appended += 5;
        }
    });
    for (std::size_t seen = 0; seen < 15'000;) {
        const std::size_t at_least = appended;
        const auto points =
            series->range(patient(1), Vital::heart_rate, start, start + 24h, 100'000).value();
        seen = points.size();
        EXPECT_GE(seen, at_least);
        for (std::size_t i = 0; i < seen; ++i) {
            ASSERT_EQ(points[i].time, start + std::chrono::seconds(i));
        }
    }
    writer.join();
}

// Goal: a series that seldom gets a reading does not hold back the point from which a restart
// reads.
TEST(SeriesVolume, ARestartReadsABoundedPartOfTheLog) {
    storage::MemoryStore disk;
    auto series = std::move(SeriesStore::open(disk).value());
    Sender rare{1};
    Sender busy{2};
    auto one = rare.next({reading(Vital::glucose, start, 90'000)});
    ASSERT_TRUE(series->append({&one, 1}));
    for (int i = 0; i < 60'000; ++i) {
        one = busy.next({reading(Vital::heart_rate, start + std::chrono::seconds(i), 60'000)});
        ASSERT_TRUE(series->append({&one, 1}));
    }
    const auto position = disk.get(base::as_bytes("v/W")).value();
    ASSERT_TRUE(position);
    EXPECT_GT(base::read_u64(*position), 9'000u);
    series.reset();
    series = std::move(SeriesStore::open(disk).value());
    EXPECT_EQ(series->range(patient(1), Vital::glucose, start, start + 1h, 10).value().size(), 1u);
    EXPECT_EQ(
        series->range(patient(2), Vital::heart_rate, start, start + 48h, 100'000).value().size(),
        60'000u);
}

}  // namespace
}  // namespace series
