// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/file_checksum.h>

#include <filesystem>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/internal/manifest.h"

namespace storage::internal {

/// What RocksDB writes into the MANIFEST about each table it makes: CRC-32C of the whole file, then
/// of its last 16 KiB, each 4 bytes, big-endian. The second can be checked at every start, whatever
/// the table's size; it covers the footer and the properties, which RocksDB parses unchecked.
[[nodiscard]] std::shared_ptr<rocksdb::FileChecksumGenFactory> table_checksum_factory();
inline constexpr std::string_view table_checksum_name = "SalusCrc32cAndTail";

/// Errors of both: `corrupted` naming the file (also for a wrong size), `not_found`, `unavailable`.
[[nodiscard]] base::Result<void> check_table_tail(const std::filesystem::path& table,
                                                  const TableEntry& entry);
[[nodiscard]] base::Result<void> check_whole_table(const std::filesystem::path& table,
                                                   const TableEntry& entry);

}  // namespace storage::internal
