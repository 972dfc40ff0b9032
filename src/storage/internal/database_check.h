// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace storage::internal {

/// The first entry of every write: the reserved key with the number of the batch (or of the last of
/// a group). It comes first so that the logs can be read for it.
inline constexpr std::string_view batch_number_key = "s/batch";
[[nodiscard]] base::Bytes encode_batch_number(std::uint64_t number);
/// Nothing if `value` does not have 8 bytes.
[[nodiscard]] std::optional<std::uint64_t> decode_batch_number(base::ByteView value);

/// The database's files at one moment: name -> size.
using FileSizes = std::map<std::string, std::uint64_t>;
/// Only of .sst, .log, MANIFEST and CURRENT. Errors: `not_found`, `unavailable`.
[[nodiscard]] base::Result<FileSizes> list_files(const std::filesystem::path& database);

/// Behind the last whole record of a file: what a crash leaves of writes that were not synced, or
/// damage. HEAD tells them apart: what stands behind the batch that it names was acknowledged to
/// nobody.
struct Tail {
    std::string file;
    std::uint64_t begins = 0;
    std::uint64_t bytes = 0;
    bool damaged = false;  ///< Else the record is cut short, and all that is there may be right.
    std::string damage;    ///< For people, with the whole path.

    [[nodiscard]] bool of_log() const { return file.ends_with(".log"); }
    friend bool operator==(const Tail&, const Tail&) = default;
};

struct LogsEnd {
    std::uint64_t batch_number = 0;  ///< The highest in any log; 0 if they hold none.
    std::string newest_log;          ///< Empty if there is none.
    /// RocksDB's numbers of the entries in one log.
    struct Span {
        std::string log;
        std::uint64_t first = 0;
        std::uint64_t next = 0;  ///< Of the entry behind its last.
    };
    std::vector<Span> spans;  ///< Of the logs that hold some, in order.
    std::vector<Tail> tails;  ///< Of the newest log that is not empty, and of the MANIFEST.

    /// Whether a log's tail is damaged.
    [[nodiscard]] bool log_damaged() const;
    /// An error that damage may be the cause of names it.
    [[nodiscard]] std::unexpected<base::Error> blame(const base::Error& error) const;
};
/// Reads every .log named in `files`, and the MANIFEST that CURRENT names, up to the size there. A
/// file that is gone meanwhile is passed over: RocksDB deletes what it no longer needs. Only what
/// was written last may have a tail. Errors: `corrupted` naming the file, `unavailable`.
[[nodiscard]] base::Result<LogsEnd> check_logs(const std::filesystem::path& database,
                                               const FileSizes& files);

/// Before RocksDB opens them: each table that the MANIFEST names is there, has its size and the end
/// that it was written with, and the logs go on where the tables end. RocksDB takes a MANIFEST that
/// was cut, or whose last entry has a damaged length, for what a crash left; but a log is deleted
/// only after the entry that does without it is on disk, so no crash leaves a gap. `logs` must have
/// been read before. Errors: `corrupted` naming the file, `unavailable`.
[[nodiscard]] base::Result<void> check_tables(const std::filesystem::path& database,
                                              const LogsEnd& logs);

/// Cuts the tails off, synced; what stood there and is not all zeros is kept in `folder` as
/// dropped.log and dropped.manifest, over what was dropped before. A crash in between leaves a tail
/// or none. Says in the log what it did. Errors: `storage_full`, `unavailable`.
[[nodiscard]] base::Result<void> drop_tails(const std::filesystem::path& folder,
                                            const std::filesystem::path& database,
                                            const std::vector<Tail>& tails);

/// The error for a database that ends before the batch that HEAD vouches for.
[[nodiscard]] std::unexpected<base::Error> lost_writes(const std::filesystem::path& database,
                                                       std::uint64_t head, std::uint64_t held,
                                                       const std::string& newest_log);

}  // namespace storage::internal
