// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/ids.h"

namespace cli {

/// Half and all but a hundredth of the proofs were made, and verified, in no more time than this.
struct ProofTimes {
    std::string what;
    double made_us_p50 = 0;
    double made_us_p99 = 0;
    double verified_us_p50 = 0;
    double verified_us_p99 = 0;
};
struct ProofsBench {
    std::uint64_t blocks = 0;  ///< Versions of the state; each adds one leaf.
    std::vector<ProofTimes> proofs;
};
/// Grows a state by one leaf a block (every tenth a consent in a patient's own tree) in a RocksDB
/// store in `folder`, opens it anew, and makes proofs of existence, of absence and of consents from
/// the store alone, at the newest height and at past ones. `on_block` is told while it grows; may
/// be empty. Errors: those of the store.
[[nodiscard]] base::Result<ProofsBench> run_proofs_bench(
    const std::filesystem::path& folder, std::uint64_t blocks,
    const std::function<void(wire::Height)>& on_block);

}  // namespace cli
