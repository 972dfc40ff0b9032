// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.h"

namespace consensus {

/// What one block costs on a short and on a long chain: the same report is executed, sealed and
/// synced on one after the other, so that all see the same machine. The state grows with a chain
/// only by its ring of headers, two entries each; so there are two short chains: one as it is, and
/// one whose state is held at the size of the long one's by members of its genesis who never act.
struct GrowthBenchOptions {
    std::uint64_t short_blocks = 1'000;
    std::uint64_t long_blocks = 1'000'000;
    std::uint64_t measured_blocks = 1'000;  ///< On each chain, after a tenth of them uncounted.
    /// Called with the height while the long chain is built; may be empty.
    std::function<void(std::uint64_t)> on_block = {};
};
struct GrowthBench {
    struct Cost {
        double median_ms = 0;  ///< By the clock, from signing to the end of the sync.
        double p10_ms = 0;
        double p90_ms = 0;
        double mean_ms = 0;
        double cpu_ms = 0;  ///< Median, of the executing thread alone.
        double cpu_p10_ms = 0;
        double cpu_p90_ms = 0;
    };
    Cost short_chain;  ///< Its state as large as the long one's.
    Cost small_chain;  ///< As short, its state as small as it is then.
    Cost long_chain;
    double ratio = 0;              ///< Of the medians, long over short.
    double cpu_ratio = 0;          ///< The same of the processor time.
    std::uint64_t bystanders = 0;  ///< Members of the short chain's genesis who never act.
    double build_seconds = 0;
};
/// Writes below `folder`, which must be empty or absent. Errors: those of the store and the ledger.
[[nodiscard]] base::Result<GrowthBench> run_growth_bench(const std::filesystem::path& folder,
                                                         const GrowthBenchOptions& options);

}  // namespace consensus
