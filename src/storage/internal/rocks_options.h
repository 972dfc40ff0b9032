// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/options.h>
#include <rocksdb/status.h>

#include <atomic>
#include <memory>
#include <string>

#include "base/error.h"

namespace storage::internal {

/// The settings that the promises of RocksStore rest on; each says why in the source.
[[nodiscard]] rocksdb::Options rocks_options();
/// Sets `stopped` whenever an error of a background thread stops the database until `DB::Resume`.
void tell_when_stopped(rocksdb::Options& options, std::shared_ptr<std::atomic<bool>> stopped);

/// The same for a reader beside a writer in another process: it keeps every file of its view open,
/// so that one which the writer deletes stays readable, and writes no log of its own.
[[nodiscard]] rocksdb::Options rocks_options_read_only();

/// `storage_full`, `corrupted`, `busy` or `unavailable`, with RocksDB's words, which name the file.
[[nodiscard]] std::unexpected<base::Error> to_error(const rocksdb::Status& status,
                                                    const std::string& action);

}  // namespace storage::internal
