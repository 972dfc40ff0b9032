// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_ledger.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "consensus/bench_growth.h"
#include "storage/temporary_folder.h"

namespace consensus {
namespace {

// Goal: the benchmark runs and its figures fit together; how fast it is, is no test's business.
TEST(LedgerBench, CommitsEverythingAndSetsItBesideTheBound) {
    const storage::TemporaryFolder folder;
    LedgerBenchOptions options{
        .signers = 20, .transactions = 100, .block_transactions = 50, .batch = 8, .threads = 0};
    if (const char* count = std::getenv("SALUS_BENCH_TRANSACTIONS")) {
        options = {.transactions = std::stoul(count)};
    }
    const auto bench = run_ledger_bench(folder.path() / "db", options);
    ASSERT_TRUE(bench) << bench.error().detail;
    EXPECT_EQ(bench->transactions, options.transactions);
    EXPECT_EQ(bench->blocks, options.transactions / options.block_transactions);
    EXPECT_GT(bench->ratio, 0.0);
    EXPECT_LE(bench->transaction_bytes, 600.0);
    EXPECT_DOUBLE_EQ(bench->bound_per_second, bench->verifications_per_second / 2);
    EXPECT_DOUBLE_EQ(bench->batched_multiple,
                     bench->batched_per_second / bench->transactions_per_second);
    EXPECT_GT(bench->batched_transaction_bytes, bench->transaction_bytes);
    EXPECT_DOUBLE_EQ(bench->latency_rate_per_second, bench->transactions_per_second / 2);
    EXPECT_GT(bench->latency_p50_ms, 0.0);
    EXPECT_GE(bench->latency_p99_ms, bench->latency_p50_ms);
    EXPECT_GT(bench->cpu_us_per_transaction, 0.0);
    EXPECT_GT(bench->cpu_us_of_verifying, 0.0);
    EXPECT_GT(bench->disk_bytes_per_transaction, bench->transaction_bytes);
    std::printf(
        "%.0f tx/s, bound %.0f, ratio %.3f, write %.1f ms, batched %.0f (%.2fx), "
        "latency %.1f/%.1f ms, disk %.0f bytes, cpu %.1f of %.1f us, batched %.1f us\n",
        bench->transactions_per_second, bench->bound_per_second, bench->ratio, bench->write_ms_mean,
        bench->batched_per_second, bench->batched_multiple, bench->latency_p50_ms,
        bench->latency_p99_ms, bench->disk_bytes_per_transaction, bench->cpu_us_of_verifying,
        bench->cpu_us_per_transaction, bench->batched_cpu_us_per_transaction);
}

TEST(GrowthBench, SetsABlockOfALongChainBesideOneOfAShort) {
    const storage::TemporaryFolder folder;
    std::uint64_t told = 0;
    const auto bench = run_growth_bench(folder.path() / "chains",
                                        {.short_blocks = 5,
                                         .long_blocks = 40,
                                         .measured_blocks = 10,
                                         .on_block = [&](std::uint64_t height) { told = height; }});
    ASSERT_TRUE(bench) << bench.error().detail;
    EXPECT_GT(told, 40U);
    EXPECT_EQ(bench->bystanders, 35U) << "the long chain's ring has so many headers more";
    for (const auto& cost : {bench->short_chain, bench->small_chain, bench->long_chain}) {
        EXPECT_GT(cost.p10_ms, 0.0);
        EXPECT_LE(cost.p10_ms, cost.median_ms);
        EXPECT_LE(cost.median_ms, cost.p90_ms);
        EXPECT_GT(cost.cpu_p10_ms, 0.0);
        EXPECT_LE(cost.cpu_p10_ms, cost.cpu_ms);
        EXPECT_LE(cost.cpu_ms, cost.cpu_p90_ms);
    }
    EXPECT_DOUBLE_EQ(bench->ratio, bench->long_chain.median_ms / bench->short_chain.median_ms);
    EXPECT_DOUBLE_EQ(bench->cpu_ratio, bench->long_chain.cpu_ms / bench->short_chain.cpu_ms);
}

TEST(GrowthBench, NeedsNoBystandersOnceBothRingsAreFull) {
    const storage::TemporaryFolder folder;
    const auto bench = run_growth_bench(
        folder.path() / "chains", {.short_blocks = 6, .long_blocks = 6, .measured_blocks = 1});
    ASSERT_TRUE(bench) << bench.error().detail;
    EXPECT_EQ(bench->bystanders, 0U);
}

}  // namespace
}  // namespace consensus
