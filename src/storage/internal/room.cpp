// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/room.h"

#include <sys/statvfs.h>

namespace storage::internal {

base::Result<void> check_room(const std::filesystem::path& folder, std::uint64_t batch_bytes) {
    struct statvfs disk{};
    if (::statvfs(folder.c_str(), &disk) != 0) return {};
    const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
    const std::uint64_t wanted_bytes = room_kept_bytes + 2 * batch_bytes;
    if (free_bytes >= wanted_bytes) return {};
    constexpr std::uint64_t mebibyte = 1024 * 1024;
    return base::fail(base::ErrorCode::storage_full,
                      "the disk of " + folder.string() + " has " +
                          std::to_string(free_bytes / mebibyte) + " MiB free, and " +
                          std::to_string((wanted_bytes + mebibyte - 1) / mebibyte) +
                          " are needed to write: make room; writing goes on by itself then");
}

}  // namespace storage::internal
