// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "cli/data_folder.h"
#include "wire/ids.h"

namespace cli {

struct UpgradeCommand {
    DataFolder folder;
    std::uint32_t version = 0;  ///< Of the rules.
    wire::Height height = 0;    ///< The first block under them.
    std::string password;       ///< The administrator's; empty: that of the demo.
};
/// Signs a transaction that the node submits at its next start; no node may run on the folder. Exit
/// 0 if the ledger as it stands would take it.
[[nodiscard]] int upgrade_command(const UpgradeCommand& command);

}  // namespace cli
