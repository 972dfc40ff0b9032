// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "askg/public_log.h"
#include "askg/record.h"
#include "base/error.h"
#include "cli/data_folder.h"
#include "ledger/application.h"

namespace cli {

// What a key generator says, held against what the chain shows.

/// Whether the chain shows each record of the log as certified, and revoked where the log says so.
/// Errors: `not_found`, naming the first that it does not; those of the ledger.
[[nodiscard]] base::Result<void> check_log(const ledger::Application& application,
                                           const askg::PublicLog& log);
/// The same with the folder's ledger, read only; a node may run on it.
[[nodiscard]] base::Result<void> check_on_chain(const askg::PublicLog& log,
                                                const DataFolder& folder);

/// The records of others, and the own one, in a party's file of any kind.
[[nodiscard]] base::Result<std::vector<askg::Record>> records_in(const std::filesystem::path& file);
/// Errors: `not_found` for a record that the chain does not show (another key stands in it, or
/// nobody certified it), `key_not_valid` for one that is revoked there.
[[nodiscard]] base::Result<void> check_certified(const ledger::Application& application,
                                                 const std::vector<askg::Record>& records);

}  // namespace cli
