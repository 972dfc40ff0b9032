// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "cli/data_folder.h"
#include "ledger/verify_chain.h"

namespace cli {

/// What one miner node keeps: its replica of the chain, and its notes of what it has signed.
struct MinerStore {
    std::size_t number = 0;
    std::filesystem::path folder;
};
/// Those that are there, rising; none where each miner seals alone.
[[nodiscard]] std::vector<MinerStore> miner_stores(const DataFolder& folder);

/// Holds a miner's replica against `options`, from genesis as verify_chain does, and against the
/// node's own, which was verified as `own`: the one must be the beginning of the other. Every byte
/// of its notes is read too. A replica that has not begun holds. Returns what does not hold; empty:
/// all does. May run beside a node. Errors: those of the stores but `corrupted`.
[[nodiscard]] base::Result<std::string> verify_miner(const DataFolder& folder,
                                                     const MinerStore& miner,
                                                     ledger::VerifyOptions options,
                                                     const ledger::ChainReport& own);

}  // namespace cli
