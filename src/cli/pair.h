// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

namespace cli {

struct PairCommand {
    std::string ticket = "-";         ///< File with the ticket's text or code; "-": standard input.
    std::string address;              ///< The node's, where only the code is given.
    std::string source = "oximeter";  ///< The simulated device that it plays.
    std::string label;                ///< Empty: the simulated device's.
    std::string sealed_to = "pda";
    std::filesystem::path out;  ///< The device's own folder; it must not exist.
};
/// Plays a new device: makes its keys, asks the node with the ticket, and writes what it was given
/// into a folder that `salus simulate --data` plays. Its private key never leaves the folder.
[[nodiscard]] int pair_command(const PairCommand& command);

}  // namespace cli
