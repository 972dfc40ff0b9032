// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

#include "cli/data_folder.h"

namespace cli {

/// Snapshots of the ledger as a folder of files: `metadata`, `chunk-00000` and so on, and
/// `receipt.json`, which proves the block that they are of to whoever trusts the miners.
struct SnapshotCommand {
    DataFolder folder;
    std::filesystem::path files;  ///< Written by take, read by restore.
    std::filesystem::path trust;  ///< Of restore: the anchor, from elsewhere than the files.
    bool json = false;
};
/// Of the newest block, listed in the ledger from now on and written to `files`. No node may run.
/// All return the process's exit code.
[[nodiscard]] int snapshot_take_command(const SnapshotCommand& command);
/// Those that the ledger lists; pruning keeps what they need. A node may run.
[[nodiscard]] int snapshot_list_command(const SnapshotCommand& command);
/// Makes the ledger of a folder that has none. Exit 1, and no ledger, unless `trust` vouches for
/// the block and every byte follows from it.
[[nodiscard]] int snapshot_restore_command(const SnapshotCommand& command);

}  // namespace cli
