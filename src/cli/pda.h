// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cli/data_folder.h"

namespace cli {

struct PdaOptions {
    DataFolder folder;
    std::uint16_t broker_port = 0;
    int ready_fd = -1;  ///< Told with one byte once the PDAs are set up.
};
/// All PDAs of the folder in one process, until SIGINT or SIGTERM. Writes their summary. Returns
/// the exit code.
[[nodiscard]] int run_pda(const PdaOptions& options);

}  // namespace cli
