// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace cli {

struct BenchCommand {
    std::string suite;  ///< "ledger" or "ingest".
    bool json = false;
};
/// Runs a suite in a temporary folder and prints figure, bound and ratio. Returns the exit code.
[[nodiscard]] int bench_command(const BenchCommand& command);

}  // namespace cli
