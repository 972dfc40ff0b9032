// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace cli {

struct BenchCommand {
    /// "ledger", "growth", "mining", "ingest", "handshake", "proofs", "receipts" or "startup".
    std::string suite;
    std::uint64_t blocks = 1'000'000;  ///< Of the chain of "growth", "proofs" or "startup".
    bool json = false;
    /// Of the ledger: also what a block costs on a chain of so many blocks; 0: not measured.
    std::uint64_t growth_blocks = 0;
};
/// Runs a suite in a temporary folder and prints figure, bound and ratio. Returns the exit code.
[[nodiscard]] int bench_command(const BenchCommand& command);

}  // namespace cli
