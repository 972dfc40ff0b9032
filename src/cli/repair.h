// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <optional>

#include "cli/data_folder.h"

namespace cli {

struct RepairCommand {
    DataFolder folder;                           ///< No node may run on it.
    std::optional<std::filesystem::path> from;   ///< The data folder of another copy of the chain.
    std::optional<std::filesystem::path> trust;  ///< Nothing: the folder's own trust.json.
    bool dry_run = false;
    bool json = false;
};
/// Mends what can be mended without losing anything acknowledged, keeps what it replaces, and says
/// what it did. Exit 0 if everything holds afterwards (with `dry_run`: would hold), else 1.
[[nodiscard]] int repair_command(const RepairCommand& command);

}  // namespace cli
