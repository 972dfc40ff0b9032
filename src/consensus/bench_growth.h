// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace consensus {

/// What one block costs on a short and on a long chain whose states are of one size: the same
/// report is executed, sealed and synced on one after the other, so that both see the same machine.
struct GrowthBenchOptions {
    std::uint64_t short_blocks = 1'000;
    std::uint64_t long_blocks = 1'000'000;
    std::uint64_t measured_blocks = 500;  ///< On each chain, after a tenth of them uncounted.
};
struct GrowthBench {
    struct Cost {
        double median_ms = 0;
        double mean_ms = 0;
        double cpu_ms = 0;  ///< Mean, of the executing thread alone.
    };
    Cost short_chain;
    Cost long_chain;
    double ratio = 0;  ///< Of the medians, long over short.
    double build_seconds = 0;
};
/// Writes below `folder`, which must be empty or absent. Errors: those of the store and the ledger.
[[nodiscard]] base::Result<GrowthBench> run_growth_bench(const std::filesystem::path& folder,
                                                         const GrowthBenchOptions& options);

}  // namespace consensus
