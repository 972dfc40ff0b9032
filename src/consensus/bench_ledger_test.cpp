// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_ledger.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

namespace consensus {
namespace {

/// A folder that goes with the test.
class TemporaryFolder {
public:
    TemporaryFolder() {
        std::string pattern =
            (std::filesystem::temp_directory_path() / "salus-bench-XXXXXX").string();
        path = mkdtemp(pattern.data());
    }
    ~TemporaryFolder() {
        std::error_code ignored;  // a folder left behind does no harm
        std::filesystem::remove_all(path, ignored);
    }
    std::filesystem::path path;
};

// Goal: the benchmark runs and its figures fit together; how fast it is, is no test's business.
TEST(LedgerBench, CommitsEverythingAndSetsItBesideTheBound) {
    const TemporaryFolder folder;
    LedgerBenchOptions options{
        .signers = 20, .transactions = 100, .block_transactions = 50, .threads = 0};
    if (const char* count = std::getenv("SALUS_BENCH_TRANSACTIONS")) {
        options = {.transactions = std::stoul(count)};
    }
    const auto bench = run_ledger_bench(folder.path / "db", options);
    ASSERT_TRUE(bench) << bench.error().detail;
    EXPECT_EQ(bench->transactions, options.transactions);
    EXPECT_EQ(bench->blocks, options.transactions / options.block_transactions);
    EXPECT_GT(bench->ratio, 0.0);
    EXPECT_LE(bench->transaction_bytes, 600.0);
    EXPECT_DOUBLE_EQ(bench->bound_per_second, bench->verifications_per_second / 2);
    std::printf("%.0f tx/s, bound %.0f, ratio %.3f, write %.1f ms, %.0f bytes\n",
                bench->transactions_per_second, bench->bound_per_second, bench->ratio,
                bench->write_ms_mean, bench->transaction_bytes);
}

}  // namespace
}  // namespace consensus
