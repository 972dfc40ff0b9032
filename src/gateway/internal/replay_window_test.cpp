// SPDX-License-Identifier: Apache-2.0
#include "gateway/internal/replay_window.h"

#include <gtest/gtest.h>

#include <set>

#include "base/random.h"
#include "base/testing.h"

namespace gateway::internal {
namespace {

TEST(ReplayWindow, TakesEachSequenceOnce) {
    ReplayWindow window(0);
    EXPECT_FALSE(window.is_new(0));
    for (const std::uint64_t sequence : {1, 2, 10, 9, 1'025}) {
        EXPECT_TRUE(window.is_new(sequence)) << sequence;
        window.mark(sequence);
        EXPECT_FALSE(window.is_new(sequence)) << sequence;
    }
    EXPECT_TRUE(window.is_new(3));
    EXPECT_FALSE(window.is_new(1));
}

TEST(ReplayWindow, CountsAllBelowItsStartAsSeen) {
    const ReplayWindow window(5'000);
    for (const std::uint64_t sequence : {0, 1, 4'000, 4'999, 5'000}) {
        EXPECT_FALSE(window.is_new(sequence)) << sequence;
    }
    EXPECT_TRUE(window.is_new(5'001));
}

TEST(ReplayWindow, AgreesWithAListOfAllThatWasSeen) {
    // Method: seeded jumps forwards and backwards, against a set; what is older than the window is
    // seen by definition. Includes the end of the range.
    for (const std::uint64_t begin : {std::uint64_t{0}, UINT64_MAX - 50'000}) {
        base::SeededRandom random(5);
        ReplayWindow window(begin);
        std::set<std::uint64_t> seen;
        std::uint64_t highest = begin;
        for (int i = 0; i < base::testing::rounds(20'000); ++i) {
            const std::uint64_t back = random.below(1'500);
            const std::uint64_t forth = random.below(i % 50 == 0 ? 3'000 : 4);
            std::uint64_t sequence =
                random.below(2) == 0 ? highest - std::min(back, highest) : highest + forth;
            if (sequence < begin) sequence = begin;
            if (UINT64_MAX - highest < 3'000) break;
            const bool expected = sequence > begin && !seen.contains(sequence) &&
                                  (sequence > highest || highest - sequence < 1'024);
            ASSERT_EQ(window.is_new(sequence), expected) << sequence << " below " << highest;
            if (!expected) continue;
            window.mark(sequence);
            seen.insert(sequence);
            highest = std::max(highest, sequence);
        }
    }
}

}  // namespace
}  // namespace gateway::internal
