// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace consensus {

/// The paper's figure of mining [0]: 100 miners, 200 blocks, about 2 ms to mine a transaction and
/// 200 ms for 100. Here each block has 100 reports of two signatures, none seen before, is sealed
/// by the miner whose turn it is, and stands on disk when it counts as mined.
struct MiningBenchOptions {
    std::size_t miners = 100;
    std::size_t blocks = 200;
    std::size_t block_transactions = 100;
};
struct MiningBench {
    static constexpr double paper_transaction_ms = 2;
    std::uint64_t miners = 0;
    std::uint64_t blocks = 0;
    std::uint64_t turns_least = 0;  ///< Blocks mined by the miner with the fewest, and the most.
    std::uint64_t turns_most = 0;
    std::uint64_t rounds = 0;  ///< Complete ones.
    bool fair = false;         ///< What FairnessReport says of the chain that was made.
    double transaction_ms = 0;
    double block_ms = 0;
    double factor = 0;  ///< paper_transaction_ms / transaction_ms
};
/// Writes below `folder`, which must be empty or absent, and leaves the database there. Errors:
/// those of the store and the ledger.
[[nodiscard]] base::Result<MiningBench> run_mining_bench(const std::filesystem::path& folder,
                                                         const MiningBenchOptions& options);

}  // namespace consensus
