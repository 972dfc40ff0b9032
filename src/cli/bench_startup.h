// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>

#include "base/error.h"
#include "wire/ids.h"

namespace cli {

struct StartupBench {
    std::uint64_t blocks = 0;
    double seconds = 0;        ///< Until the ledger answers, nothing of it in memory: the median.
    double warm_seconds = 0;   ///< The same at once after a stop: the median.
    double short_seconds = 0;  ///< As `seconds`, of a chain of 1,000 blocks.
    double bytes_a_block = 0;  ///< On disk, of one report each.
};
/// Makes a chain of `blocks` blocks in `folder` and starts a ledger on it as a node does: every
/// check of the files, then the application up to the first answer. `on_block` is told while the
/// chain grows; may be empty. Errors: those of the stores and the application.
[[nodiscard]] base::Result<StartupBench> run_startup_bench(
    const std::filesystem::path& folder, std::uint64_t blocks,
    const std::function<void(wire::Height)>& on_block);

}  // namespace cli
