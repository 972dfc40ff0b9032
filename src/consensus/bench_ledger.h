// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace consensus {

/// Committed report transactions a second through the embedded engine, synced to RocksDB, each with
/// two P-256 signatures, none seen before by check_tx, signed beforehand; against the bound that
/// this machine's own verification sets, measured in the same run. Then the same in batches under
/// one signature, and how long a transaction takes at half of the first rate.
struct LedgerBenchOptions {
    std::size_t signers = 1'000;        ///< Half cloud servers, half doctors.
    std::size_t transactions = 40'000;  ///< Of each rate; signed before the time begins.
    std::size_t block_transactions = 2'000;
    std::size_t batch = 64;  ///< Bodies under one signature.
    unsigned threads = 0;    ///< Of the verifier; 0: one a core.
};
struct LedgerBench {
    double transactions_per_second = 0;
    /// P-256 verifications with cached keys on all cores, the mean of before and after.
    double verifications_per_second = 0;
    double bound_per_second = 0;  ///< Half of it: two signatures a transaction.
    double ratio = 0;             ///< transactions_per_second / bound_per_second
    double ratio_lowest = 0;      ///< Of the rounds, of which the one with the median counts.
    double ratio_highest = 0;
    /// Processor time of the whole process, which other programs on the machine touch least: of a
    /// transaction, and of the two verifications in it.
    double cpu_us_per_transaction = 0;
    double cpu_us_of_verifying = 0;
    std::uint64_t transactions = 0;
    std::uint64_t blocks = 0;
    unsigned cores = 0;
    double transaction_bytes = 0;  ///< Mean size of an envelope.
    double write_ms_mean = 0;      ///< Of a block: the synced write of its batch.
    /// Of the whole data folder: blocks, indexes, every version of the state. Opened anew before,
    /// so that all of it stands in tables.
    double disk_bytes_per_transaction = 0;

    double batched_per_second = 0;
    double batched_cpu_us_per_transaction = 0;
    double batched_multiple = 0;  ///< batched_per_second / transactions_per_second
    double batched_transaction_bytes = 0;

    /// From the instant at which a transaction was due, at half of transactions_per_second, until
    /// it was on disk.
    double latency_p50_ms = 0;
    double latency_p99_ms = 0;
    double latency_rate_per_second = 0;
};
/// Writes below `folder`, which must be empty or absent, and leaves the database there.
/// Errors: those of the store and the ledger.
[[nodiscard]] base::Result<LedgerBench> run_ledger_bench(const std::filesystem::path& folder,
                                                         const LedgerBenchOptions& options);

}  // namespace consensus
