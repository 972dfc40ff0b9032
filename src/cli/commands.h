// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace cli {

/// Reads the words of the command line and does what they say. Returns the process's exit code;
/// 2 for words that do not make a command.
[[nodiscard]] int run_command(int count, char** words);

}  // namespace cli
