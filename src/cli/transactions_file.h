// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace cli {

/// Signed transactions that wait for a node to submit them: each after its length in 4 bytes.
/// Empty if there is no such file. Errors: `corrupted`, those of storage::read_file.
[[nodiscard]] base::Result<std::vector<base::Bytes>> read_transactions(
    const std::filesystem::path& file);
/// Leaves one more behind those that wait. Errors: those of reading and writing the file.
[[nodiscard]] base::Result<void> add_transaction(const std::filesystem::path& file,
                                                 base::Bytes envelope);
/// Errors: those of storage::write_file_synced.
[[nodiscard]] base::Result<void> write_transactions(const std::filesystem::path& file,
                                                    const std::vector<base::Bytes>& envelopes);

}  // namespace cli
