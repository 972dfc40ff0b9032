// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/error.h"

namespace storage::internal {

/// What stays free on a disk when we refuse to write more: enough for the batch that was admitted,
/// and to work on the machine. Chosen by us.
inline constexpr std::uint64_t room_kept_bytes = 32 * 1024 * 1024;

/// Errors: `storage_full` if the disk of `folder` has less than `room_kept_bytes` and twice
/// `batch_bytes` free (a batch goes to the log now and to a table later). A disk that does not say
/// is taken to have room.
[[nodiscard]] base::Result<void> check_room(const std::filesystem::path& folder,
                                            std::uint64_t batch_bytes);

}  // namespace storage::internal
