// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/data_folder.h"

namespace cli {

/// Prints what is on disk, a line a thing, without names or values, for operators and tests:
/// "block HEIGHT HASH", "transaction HEIGHT KIND ID", "batch DEVICE COUNTER READINGS".
/// May run beside a node. Returns the exit code.
[[nodiscard]] int inspect_command(const DataFolder& folder);

}  // namespace cli
