// SPDX-License-Identifier: Apache-2.0
#include "pda/device_queue.h"

#include <gtest/gtest.h>

namespace pda {
namespace {

using Added = DeviceQueue::Added;
using Counters = std::vector<std::uint64_t>;
using namespace std::chrono_literals;

constexpr base::TimePoint start = base::from_unix_ms(1'700'000'000'000);
const base::Bytes batch{1, 2, 3};

struct Queue : testing::Test {
    void add(std::initializer_list<std::uint64_t> counters) {
        for (const auto counter : counters)
            ASSERT_EQ(queue.add(counter, batch, start), Added::fresh);
    }
    DeviceQueue queue{{.batches_max = 5, .bytes_max = 100, .window = 3}};
};

TEST_F(Queue, HandsOutInRisingOrderUpToTheWindow) {
    add({9, 4, 7, 5});
    EXPECT_EQ(queue.due(start), (Counters{4, 5, 7}));
    for (const auto counter : queue.due(start)) EXPECT_TRUE(queue.set_forwarded(counter, start));
    EXPECT_TRUE(queue.due(start).empty());
    EXPECT_TRUE(queue.set_acknowledged(5));
    EXPECT_EQ(queue.due(start), (Counters{9}));
}

TEST_F(Queue, HandsOutWhatIsOverdueAgainAndEverMoreRarely) {
    add({1});
    base::TimePoint now = start;
    for (const auto wait : {2s, 4s, 8s, 16s, 32s, 64s, 64s, 64s}) {
        EXPECT_EQ(queue.set_forwarded(1, now), now == start);
        EXPECT_TRUE(queue.due(now + wait - 1ms).empty());
        EXPECT_EQ(queue.next_resend(), now + wait);
        now += wait;
        EXPECT_EQ(queue.due(now), (Counters{1}));
    }
    queue.set_forwarded(1, now);
    queue.forward_again();
    EXPECT_EQ(queue.due(now), (Counters{1})) << "a new session waits for nothing";
}

TEST_F(Queue, IsNotHeldUpByAClockThatWasSetBack) {
    add({1});
    queue.set_forwarded(1, start + 24h);
    EXPECT_EQ(queue.due(start), (Counters{1}));
}

TEST_F(Queue, KnowsWhatItHasAndSeesOtherContent) {
    add({1});
    EXPECT_EQ(queue.add(1, batch, start), Added::known);
    EXPECT_EQ(queue.add(1, base::Bytes{1, 2, 4}, start), Added::other_content);
    queue.set_stored(1);
    EXPECT_EQ(queue.add(1, batch, start), Added::known);
    EXPECT_EQ(queue.add(1, base::Bytes{1, 2}, start), Added::other_content);
    EXPECT_EQ(queue.size(), 1U);
}

TEST_F(Queue, RefusesWhatItHasNoRoomFor) {
    add({1, 2, 3, 4, 5});
    EXPECT_EQ(queue.add(6, batch, start), Added::full);
    EXPECT_EQ(queue.add(5, batch, start), Added::known);
    EXPECT_FALSE(queue.forget(1));
    EXPECT_EQ(queue.add(6, base::Bytes(89, 1), start), Added::full) << "by its bytes";
    EXPECT_EQ(queue.add(6, base::Bytes(88, 1), start), Added::fresh);
}

TEST_F(Queue, TellsOfWhatIsKeptOnlyOnceItIsOnDisk) {
    add({1, 2});
    queue.ask_kept(1);
    EXPECT_TRUE(queue.kept_due().empty());
    EXPECT_EQ(queue.to_store(start - 1ms), Counters{});
    EXPECT_EQ(queue.to_store(start), (Counters{1, 2}));
    EXPECT_EQ(queue.oldest_unstored(), start);
    EXPECT_NE(queue.bytes_of(1), nullptr);
    queue.set_stored(1);
    EXPECT_EQ(queue.bytes_of(1), nullptr) << "memory is for what passes through at once";
    EXPECT_EQ(queue.kept_due(), (std::set<std::uint64_t>{1}));
    queue.set_kept_told();
    queue.ask_kept(1);
    EXPECT_EQ(queue.kept_due(), (std::set<std::uint64_t>{1}));
}

TEST_F(Queue, IsDoneWithWhatTheDeviceKnowsToBeDelivered) {
    add({1, 2});
    queue.set_stored(1);
    EXPECT_TRUE(queue.set_acknowledged(1));
    EXPECT_TRUE(queue.set_acknowledged(2));
    EXPECT_TRUE(queue.kept_due().empty()) << "delivered is more than kept";
    EXPECT_EQ(queue.acknowledged(), (std::set<std::uint64_t>{1, 2}));
    EXPECT_TRUE(queue.to_store(start).empty());
    EXPECT_TRUE(queue.due(start).empty());
    EXPECT_TRUE(queue.forget(1)) << "on disk";
    EXPECT_FALSE(queue.forget(2));
    EXPECT_FALSE(queue.set_acknowledged(1));
    EXPECT_EQ(queue.size(), 0U);
}

TEST_F(Queue, GoesOnWithWhatAFormerProcessKept) {
    queue.add_stored(3, 50);
    queue.add_stored(8, 50);
    EXPECT_EQ(queue.due(start), (Counters{3, 8}));
    EXPECT_EQ(queue.add(9, batch, start), Added::full);
    EXPECT_TRUE(queue.is_stored(3));
    EXPECT_EQ(queue.counters(), (Counters{3, 8}));
}

}  // namespace
}  // namespace pda
