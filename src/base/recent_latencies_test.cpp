// SPDX-License-Identifier: Apache-2.0
#include "base/recent_latencies.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(RecentLatencies, SayNothingBeforeTheFirst) {
    EXPECT_FALSE(RecentLatencies().percentiles());
}

// Goal: old values leave. Method: as many slow ones as are kept, then as many of 1 to 100 ms.
TEST(RecentLatencies, AreThoseOfTheLastTenThousand) {
    RecentLatencies latencies;
    for (int i = 0; i < 10'000; ++i) latencies.add(1e6);
    for (int i = 0; i < 10'000; ++i) latencies.add(1 + i % 100);
    const auto of = latencies.percentiles();
    ASSERT_TRUE(of);
    EXPECT_EQ(of->p50_ms, 50);
    EXPECT_EQ(of->p99_ms, 99);
}

}  // namespace
}  // namespace base
