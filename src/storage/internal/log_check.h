// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace storage::internal {

/// How far a log holds, where every byte before is accounted for.
struct LogEnd {
    std::uint64_t bytes = 0;  ///< Behind the last whole record before any damage.
    /// The file ends within a record: a write that a crash cut short, or bytes cut away since.
    bool torn = false;
    bool damaged = false;  ///< With LogDamage::stop and skip: not all could be read.
    std::string damage;    ///< With LogDamage::stop: the error that `refuse` would have been.
};

enum class LogDamage : std::uint8_t {
    refuse,  ///< An error.
    stop,    ///< The log ends there: a power cut may leave anything of what was not synced.
    skip     ///< Passed over up to the next block, to save what stands behind it.
};

/// Reads a file of RocksDB's log format (the WAL and the MANIFEST) more strictly than RocksDB does:
/// every fragment's checksum, the order of fragments, and padding that must be zero. `visit` gets
/// each whole record. Reads at most `bytes_max`, for a file that grows meanwhile. Source:
/// RocksDB 7.8, db/log_format.h: blocks of 32 KiB; fragments of CRC-32C (masked) 4, length 2, type
/// 1, little-endian, then the data; less than 7 bytes at a block's end are zero. Errors:
/// `corrupted` naming the file and the offset, `not_found`, `unavailable`.
[[nodiscard]] base::Result<LogEnd> check_log(const std::filesystem::path& path,
                                             std::uint64_t bytes_max,
                                             const std::function<void(base::ByteView)>& visit,
                                             LogDamage damage = LogDamage::refuse);

}  // namespace storage::internal
