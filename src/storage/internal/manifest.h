// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>

#include "base/bytes.h"
#include "base/error.h"

namespace storage::internal {

struct TableEntry {
    std::uint64_t size_bytes = 0;
    base::Bytes checksum;  ///< As table_checksum.h makes it; empty where RocksDB wrote none.
};

/// What a MANIFEST says of its database.
struct Manifest {
    std::map<std::uint64_t, TableEntry> tables;  ///< By their numbers.
    /// The newest of RocksDB's numbers of entries that the tables can hold.
    std::uint64_t last_sequence = 0;
};

/// Read without RocksDB, so that tables can be checked before it parses them (it asserts some of
/// what it reads there).
/// Source: RocksDB 7.8, db/version_edit.h (tags) and version_edit.cc (EncodeTo).
/// Errors: `corrupted` naming the file, `not_found`, `unavailable`.
[[nodiscard]] base::Result<Manifest> read_manifest(const std::filesystem::path& path);

}  // namespace storage::internal
