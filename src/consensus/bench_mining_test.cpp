// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_mining.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

namespace consensus {
namespace {

// Goal: every miner has as many turns as every other; how fast, is no test's business.
TEST(MiningBench, EachOfTheMinersMinesEquallyOften) {
    std::string name = (std::filesystem::temp_directory_path() / "salus-mining-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    const auto bench =
        run_mining_bench(name + "/db", {.miners = 10, .blocks = 20, .block_transactions = 5});
    std::error_code ignored;  // a folder left behind does no harm
    std::filesystem::remove_all(name, ignored);
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
