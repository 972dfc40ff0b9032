// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_mining.h"
#include "storage/temporary_folder.h"

#include <gtest/gtest.h>

namespace consensus {
namespace {

// Goal: every miner has as many turns as every other; how fast, is no test's business.
TEST(MiningBench, EachOfTheMinersMinesEquallyOften) {
    const storage::TemporaryFolder folder;
    const auto bench = run_mining_bench(folder.path() / "db",
                                        {.miners = 10, .blocks = 20, .block_transactions = 5});
    ASSERT_TRUE(bench) << bench.error().detail;
    EXPECT_EQ(bench->blocks, 20U);
    EXPECT_EQ(bench->turns_least, 2U);
    EXPECT_EQ(bench->turns_most, 2U);
    EXPECT_EQ(bench->rounds, 2U);
    EXPECT_TRUE(bench->fair);
    EXPECT_DOUBLE_EQ(bench->factor * bench->transaction_ms, MiningBench::paper_transaction_ms);
}

}  // namespace
}  // namespace consensus
