// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>

#include "base/bytes.h"
#include "base/error.h"

namespace storage {

/// Writes a new file beside `path`, syncs it, renames it over `path` and syncs the folder: after a
/// crash `path` holds the old bytes or the new ones, whole. Mode 0600.
/// Errors: `storage_full`, `unavailable`.
[[nodiscard]] base::Result<void> write_file_synced(const std::filesystem::path& path,
                                                   base::ByteView bytes);
/// Errors: `not_found`, `too_large` above `bytes_max`, `unavailable`.
[[nodiscard]] base::Result<base::Bytes> read_file(const std::filesystem::path& path,
                                                  std::size_t bytes_max);
/// The same for a file that holds a secret: refused, unread, if others may read or change it.
/// Errors: also `not_authorised`, with what to do.
[[nodiscard]] base::Result<base::Bytes> read_private_file(const std::filesystem::path& path,
                                                          std::size_t bytes_max);
/// Creates `folder` with mode 0700 where it is missing and syncs its parent.
[[nodiscard]] base::Result<void> make_folder(const std::filesystem::path& folder);

/// Two folders of one disk take each other's place in one step, and that is synced: after a crash
/// it was done or not. Errors: `not_found`, `unavailable` (also where the disk cannot do it).
[[nodiscard]] base::Result<void> exchange_folders(const std::filesystem::path& a,
                                                  const std::filesystem::path& b);

/// Held while a process owns a data folder; released by its end, however it ends.
class FolderLock {
public:
    /// Errors: `busy` if another process holds it.
    [[nodiscard]] static base::Result<FolderLock> take(const std::filesystem::path& folder);
    ~FolderLock();
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;

private:
    explicit FolderLock(int descriptor) : descriptor_(descriptor) {}
    int descriptor_;
};

/// Numbers that must never repeat, not even after kill -9: taken from ranges that are reserved on
/// disk before the first of them is used. Not thread-safe.
class SequenceRange {
public:
    /// `file` remembers the first number not yet reserved; a missing file starts at `first`.
    [[nodiscard]] static base::Result<SequenceRange> open(std::filesystem::path file,
                                                          std::uint64_t first, std::uint64_t range);
    /// Errors: those of `write_file_synced` when a new range is needed.
    [[nodiscard]] base::Result<std::uint64_t> next();

private:
    SequenceRange(std::filesystem::path file, std::uint64_t next, std::uint64_t range)
        : file_(std::move(file)), next_(next), reserved_end_(next), range_(range) {}
    std::filesystem::path file_;
    std::uint64_t next_;
    std::uint64_t reserved_end_;
    std::uint64_t range_;
};

}  // namespace storage
