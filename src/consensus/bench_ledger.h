// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace consensus {

/// Committed report transactions a second through the embedded engine, synced to RocksDB, each with
/// two P-256 signatures, none seen before by check_tx, signed beforehand; against the bound that
/// this machine's own verification sets, measured in the same run.
struct LedgerBenchOptions {
    std::size_t signers = 1'000;        ///< Half cloud servers, half doctors.
    std::size_t transactions = 40'000;  ///< Measured; signed before the time begins.
    std::size_t block_transactions = 2'000;
    unsigned threads = 0;  ///< Of the verifier; 0: one a core.
};
struct LedgerBench {
    double transactions_per_second = 0;
    /// P-256 verifications with cached keys on all cores, the mean of before and after.
    double verifications_per_second = 0;
    double bound_per_second = 0;  ///< Half of it: two signatures a transaction.
    double ratio = 0;             ///< transactions_per_second / bound_per_second
    std::uint64_t transactions = 0;
    std::uint64_t blocks = 0;
    unsigned cores = 0;
    double transaction_bytes = 0;  ///< Mean size of an envelope.
    double write_ms_mean = 0;      ///< Of a block: the synced write of its batch.
};
/// Writes below `folder`, which must be empty or absent, and leaves the database there.
/// Errors: those of the store and the ledger.
[[nodiscard]] base::Result<LedgerBench> run_ledger_bench(const std::filesystem::path& folder,
                                                         const LedgerBenchOptions& options);

}  // namespace consensus
