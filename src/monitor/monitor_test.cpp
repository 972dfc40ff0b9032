// SPDX-License-Identifier: Apache-2.0
#include "monitor/monitor.h"

#include <gtest/gtest.h>

#include <atomic>

#include <thread>

#include "base/random.h"
#include "storage/forwarding_store.h"
#include "storage/memory_store.h"

namespace monitor {
namespace {

using namespace std::chrono_literals;
using wire::Vital;

const base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

template <class Fixed>
Fixed id_of(std::uint8_t number) {
    Fixed out;
    out.bytes.fill(number);
    return out;
}
const auto ana = id_of<wire::LedgerId>(1);
const auto ben = id_of<wire::LedgerId>(2);
const auto nurse = id_of<wire::LedgerId>(9);

/// The monitor over a series and a store in memory; its clock stands still until it is moved.
class MonitorTest : public testing::Test {
protected:
    MonitorTest() {
        auto opened = series::SeriesStore::open(readings);
        if (opened) series = std::move(*opened);
        open(store);
    }
    void open(storage::KeyValueStore& in) {
        monitor.reset();
        auto opened = Monitor::open(in, *series, clock, [](const auto&, auto) {
            return PatientFacts{.adult = true, .interval_ms = 1000};
        });
        ASSERT_TRUE(opened) << opened.error().detail;
        monitor = std::move(*opened);
    }
    /// One value a second at [from, to], stored and gone through.
    void feed(const wire::LedgerId& patient, int from, int to, Vital vital, std::int64_t value) {
        for (int at = from; at <= to; ++at) {
            series::Arrival arrival{.patient = patient,
                                    .device = id_of<wire::DeviceId>(patient.bytes[0]),
                                    .batch = {},
                                    .gateway_time = start + std::chrono::seconds{at}};
            arrival.batch.counter = ++counter;
            arrival.batch.clock = arrival.gateway_time;
            arrival.batch.readings.push_back({.vital = vital,
                                              .time = arrival.gateway_time,
                                              .value_milli = value * 1000,
                                              .waveform_micro = {}});
            ASSERT_TRUE(series->append(std::span(&arrival, 1)));
        }
    }
    void settle() { ASSERT_TRUE(monitor->flush()); }

    base::ManualClock clock{start};
    storage::MemoryStore readings, store;
    std::unique_ptr<series::SeriesStore> series;
    std::unique_ptr<Monitor> monitor;
    std::uint64_t counter = 0;
};

/// What a store holds, into another: what a crash at this moment leaves.
void copy(const storage::KeyValueStore& from, storage::KeyValueStore& to) {
    storage::WriteBatch batch;
    const base::Bytes first{0}, last{0xff};
    ASSERT_TRUE(from.scan(first, last, [&](base::ByteView key, base::ByteView value) {
        batch.put({key.begin(), key.end()}, {value.begin(), value.end()});
        return true;
    }));
    ASSERT_TRUE(to.write(batch));
}

/// A store that keeps a copy of itself before each write: every state a crash can leave behind.
class RecordingStore final : public storage::ForwardingStore {
public:
    RecordingStore() : ForwardingStore(inner_) {}
    base::Result<void> write(const storage::WriteBatch& batch) override {
        auto before = std::make_unique<storage::MemoryStore>();
        copy(inner_, *before);
        states.push_back(std::move(before));
        return ForwardingStore::write(batch);
    }
    std::vector<std::unique_ptr<storage::MemoryStore>> states;

private:
    storage::MemoryStore inner_;
};

TEST_F(MonitorTest, AnAlarmIsRaisedShownAndTold) {
    std::vector<Alarm> told;
    monitor->on_change([&](const Alarm& alarm) { told.push_back(alarm); });
    clock.set(start + 10s + 4ms);
    feed(ana, 0, 10, Vital::spo2, 84);
    settle();
    const auto active = monitor->active(ana);
    ASSERT_EQ(active.size(), 1u);
    EXPECT_EQ(active[0].id, 1u);
    EXPECT_EQ(active[0].condition, Condition::critical_low);
    EXPECT_EQ(active[0].priority, Priority::high);
    EXPECT_EQ(active[0].message, "SpO2 84 < 85");
    EXPECT_EQ(active[0].raised_at, start + 10s);
    EXPECT_EQ(active[0].gateway_time, start + 10s);
    EXPECT_EQ(told, active);
    EXPECT_EQ(monitor->raised_count(), 1u);
    EXPECT_TRUE(monitor->active(ben).empty());
    ASSERT_TRUE(monitor->reading_to_alarm());
    EXPECT_EQ(monitor->reading_to_alarm()->p99_ms, 4.0);
}

TEST_F(MonitorTest, OneAlarmGrowsWorseAndAsksForANewAcknowledgement) {
    feed(ana, 0, 12, Vital::spo2, 88);
    settle();
    ASSERT_TRUE(monitor->acknowledge(1, nurse));
    EXPECT_EQ(monitor->active()[0].acknowledged_by, nurse);
    feed(ana, 13, 23, Vital::spo2, 80);
    settle();
    const auto active = monitor->active();
    ASSERT_EQ(active.size(), 1u);
    EXPECT_EQ(active[0].id, 1u);
    EXPECT_EQ(active[0].condition, Condition::critical_low);
    EXPECT_EQ(active[0].raised_at, start + 10s);
    EXPECT_EQ(active[0].changed_at, start + 23s);
    EXPECT_FALSE(active[0].acknowledged_at);
}

TEST_F(MonitorTest, ItIsAcknowledgedOnce) {
    feed(ana, 0, 10, Vital::spo2, 84);
    const auto first = monitor->acknowledge(1, nurse);
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_EQ(first->acknowledged_at, clock.now());
    const auto again = monitor->acknowledge(1, nurse);
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, base::ErrorCode::conflict);
    const auto unknown = monitor->acknowledge(77, nurse);
    ASSERT_FALSE(unknown);
    EXPECT_EQ(unknown.error().code, base::ErrorCode::not_found);
}

TEST_F(MonitorTest, AnAlarmThatIsOverCanStillBeAcknowledgedAndStandsInTheHistory) {
    feed(ana, 0, 10, Vital::spo2, 84);
    feed(ana, 11, 16, Vital::spo2, 99);
    settle();
    EXPECT_TRUE(monitor->active().empty());
    ASSERT_TRUE(monitor->acknowledge(1, nurse));
    const auto history = monitor->history(ana, start, start + 60s, 10);
    ASSERT_TRUE(history);
    ASSERT_EQ(history->size(), 1u);
    EXPECT_EQ((*history)[0].cleared_at, start + 16s);
    EXPECT_EQ((*history)[0].acknowledged_by, nurse);
}

TEST_F(MonitorTest, HistoryHoldsWhatStoodInThePeriodNewestFirst) {
    for (int i = 0; i < 5; ++i) {
        feed(ana, i * 20, i * 20 + 10, Vital::spo2, 84);
        feed(ana, i * 20 + 11, i * 20 + 16, Vital::spo2, 99);
    }
    feed(ana, 100, 110, Vital::spo2, 84);
    feed(ben, 0, 10, Vital::spo2, 84);
    settle();
    const auto ids = [&](int from, int to, std::size_t count) {
        std::vector<std::uint64_t> out;
        const auto found = monitor->history(ana, start + std::chrono::seconds{from},
                                            start + std::chrono::seconds{to}, count);
        EXPECT_TRUE(found);
        for (const auto& alarm : *found) out.push_back(alarm.id);
        return out;
    };
    using Ids = std::vector<std::uint64_t>;
    EXPECT_EQ(ids(0, 1'000, 10), (Ids{6, 5, 4, 3, 2, 1}));
    EXPECT_EQ(ids(0, 1'000, 2), (Ids{6, 5}));
    EXPECT_EQ(ids(16, 30, 10), Ids{}) << "cleared at 16, raised at 30";
    EXPECT_EQ(ids(15, 31, 10), (Ids{2, 1}));
    EXPECT_EQ(ids(200, 300, 10), Ids{6}) << "stands until now";
    const auto no_period = monitor->history(ana, base::TimePoint::min(), base::TimePoint::max(), 9);
    ASSERT_TRUE(no_period);
    EXPECT_EQ(no_period->size(), 6u);
}

TEST_F(MonitorTest, ASilentDeviceRaisesNoDataByTheTick) {
    feed(ana, 0, 0, Vital::spo2, 97);
    clock.set(start + 29s);
    monitor->tick();
    settle();
    EXPECT_TRUE(monitor->active().empty());
    clock.set(start + 30s);
    monitor->tick();
    settle();
    ASSERT_EQ(monitor->active().size(), 1u);
    EXPECT_EQ(monitor->active()[0].message, "No data from SpO2 for 30 s");
    EXPECT_EQ(monitor->active()[0].priority, Priority::technical);
    feed(ana, 40, 40, Vital::spo2, 97);
    settle();
    EXPECT_TRUE(monitor->active().empty());
}

TEST_F(MonitorTest, ARestartKeepsAlarmsAndDelaysAndRaisesNothingTwice) {
    feed(ana, 0, 10, Vital::spo2, 84);
    feed(ben, 0, 6, Vital::spo2, 84);
    settle();
    const auto before = monitor->active();
    open(store);
    EXPECT_EQ(monitor->active(), before);
    feed(ben, 7, 10, Vital::spo2, 84);
    feed(ana, 11, 16, Vital::spo2, 99);
    settle();
    ASSERT_EQ(monitor->active().size(), 1u);
    EXPECT_EQ(monitor->active()[0].patient, ben);
    EXPECT_EQ(monitor->active()[0].id, 2u);
    EXPECT_EQ(monitor->active()[0].raised_at, start + 10s);
}

// Goal: wherever the monitor dies, it comes back to the same alarms. Method: a copy of its store
// before every write, opened anew over the whole series; ids, times and messages must be equal.
TEST_F(MonitorTest, ACrashBeforeAnyWriteLosesAndDoublesNothing) {
    RecordingStore recording;
    open(recording);
    for (int round = 0; round < 3; ++round) {
        feed(ana, round * 40, round * 40 + 12, Vital::spo2, 84);
        settle();
        feed(ben, round * 40, round * 40 + 12, Vital::heart_rate, 160);
        feed(ana, round * 40 + 13, round * 40 + 30, Vital::spo2, 95);
        settle();
        feed(ben, round * 40 + 13, round * 40 + 30, Vital::heart_rate, 80);
    }
    feed(ana, 130, 145, Vital::spo2, 84);
    settle();
    const auto alarms = [&] {
        std::vector<Alarm> out;
        for (const auto& patient : {ana, ben}) {
            const auto found = monitor->history(patient, start, start + 1h, 100);
            EXPECT_TRUE(found);
            out.insert(out.end(), found->begin(), found->end());
        }
        return out;
    };
    const auto expected = alarms();
    EXPECT_EQ(expected.size(), 7u);
    monitor.reset();
    ASSERT_GT(recording.states.size(), 5u);
    for (const auto& state : recording.states) {
        open(*state);
        EXPECT_EQ(alarms(), expected);
    }
}

TEST_F(MonitorTest, AFullDiskHidesNoAlarmAndTellsTheOperator) {
    int told = 0;
    monitor->on_change([&](const Alarm&) { ++told; });
    store.set_full(true);
    feed(ana, 0, 10, Vital::spo2, 84);
    const auto flushed = monitor->flush();
    ASSERT_FALSE(flushed);
    EXPECT_EQ(flushed.error().code, base::ErrorCode::storage_full);
    EXPECT_EQ(monitor->active().size(), 1u);
    EXPECT_EQ(told, 0);
    ASSERT_TRUE(monitor->last_error());
    EXPECT_FALSE(monitor->acknowledge(1, nurse)) << "an acknowledgement must be durable";
    EXPECT_FALSE(monitor->active()[0].acknowledged_at);
    store.set_full(false);
    settle();
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(monitor->last_error());
    EXPECT_TRUE(monitor->acknowledge(1, nurse));
}

TEST_F(MonitorTest, AListenerMayAskBack) {
    std::size_t active = 0;
    monitor->on_change([&](const Alarm&) { active = monitor->active().size(); });
    feed(ana, 0, 10, Vital::spo2, 84);
    settle();
    EXPECT_EQ(active, 1u);
}

TEST_F(MonitorTest, ReadingsThatComeAfterItsEndAreHarmless) {
    monitor.reset();
    feed(ana, 0, 10, Vital::spo2, 84);
    open(store);
    EXPECT_EQ(monitor->active().size(), 1u);
}

TEST_F(MonitorTest, DamagedStateIsRefusedAtStart) {
    feed(ana, 0, 10, Vital::spo2, 84);
    settle();
    monitor.reset();
    for (const auto* prefix : {"monitor/alarm/", "monitor/rules/", "monitor/position"}) {
        storage::MemoryStore damaged;
        copy(store, damaged);
        storage::WriteBatch batch;
        ASSERT_TRUE(
            store.scan(base::as_bytes(prefix), storage::end_of_prefix(base::as_bytes(prefix)),
                       [&](base::ByteView key, base::ByteView value) {
                           batch.put({key.begin(), key.end()}, {value.begin(), value.end() - 1});
                           return true;
                       }));
        ASSERT_FALSE(batch.empty());
        ASSERT_TRUE(damaged.write(batch));
        const auto opened = Monitor::open(damaged, *series, clock,
                                          [](const auto&, auto) { return PatientFacts{}; });
        ASSERT_FALSE(opened) << prefix;
        EXPECT_EQ(opened.error().code, base::ErrorCode::corrupted);
    }
}

TEST_F(MonitorTest, ReadersTicksAndAcknowledgementsFromManyThreadsAgree) {
    std::atomic<bool> stop = false;
    std::atomic<int> acknowledged = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i) {
        threads.emplace_back([&] {
            while (!stop) {
                for (const auto& alarm : monitor->active()) {
                    if (monitor->acknowledge(alarm.id, nurse)) ++acknowledged;
                }
                monitor->tick();
                std::this_thread::yield();
            }
        });
    }
    for (int i = 0; i < 20; ++i) {
        feed(ana, i * 20, i * 20 + 10, Vital::spo2, 84);
        feed(ana, i * 20 + 11, i * 20 + 16, Vital::spo2, 99);
    }
    feed(ana, 400, 410, Vital::spo2, 84);
    settle();
    while (!monitor->active()[0].acknowledged_at) std::this_thread::yield();
    stop = true;
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(monitor->raised_count(), 21u);
    EXPECT_GE(acknowledged, 1);
}

}  // namespace
}  // namespace monitor
