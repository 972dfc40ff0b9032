// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/database_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "storage/files.h"
#include "storage/internal/log_check.h"
#include "storage/internal/table_checksum.h"

namespace storage::internal {
namespace {

constexpr std::size_t number_bytes = 8;

// A logged write is: sequence 8 | count 4 | entries; an entry that puts is: 1 | length of the key |
// key | length of the value | value. Ours begins with the batch number (RocksDB 7.8,
// db/write_batch.cc). Lengths below 128 are one byte.
std::optional<std::uint64_t> batch_number_of(base::ByteView record) {
    base::Bytes expected{1, static_cast<std::uint8_t>(batch_number_key.size())};
    base::append(expected, base::as_bytes(batch_number_key));
    expected.push_back(number_bytes);
    constexpr std::size_t header_bytes = 12;
    if (record.size() < header_bytes + expected.size() + number_bytes) return std::nullopt;
    record = record.subspan(header_bytes);
    if (!std::ranges::equal(record.first(expected.size()), expected)) return std::nullopt;
    return decode_batch_number(record.subspan(expected.size(), number_bytes));
}

/// Little-endian.
std::uint64_t read_fixed(base::ByteView bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8U | bytes[i - 1];
    return value;
}

void add_to(LogsEnd::Span& span, base::ByteView record) {
    constexpr std::size_t sequence_bytes = 8;
    constexpr std::size_t count_bytes = 4;
    if (record.size() < sequence_bytes + count_bytes) return;
    const auto sequence = read_fixed(record.first(sequence_bytes));
    if (span.next == 0) span.first = sequence;
    span.next = sequence + read_fixed(record.subspan(sequence_bytes, count_bytes));
}

base::Result<void> check_no_gap(const std::filesystem::path& manifest, std::uint64_t last_sequence,
                                const LogsEnd& logs) {
    std::uint64_t next = last_sequence + 1;
    for (const auto& span : logs.spans) {
        if (span.first > next) {
            return base::fail(base::ErrorCode::corrupted,
                              "writes are missing between the end of " + manifest.string() +
                                  " and " + span.log + "; restore the data folder from a backup");
        }
        next = std::max(next, span.next);
    }
    return {};
}

}  // namespace

base::Bytes encode_batch_number(std::uint64_t number) {
    base::Bytes out;
    base::append_u64(out, number);
    return out;
}

std::optional<std::uint64_t> decode_batch_number(base::ByteView value) {
    if (value.size() != number_bytes) return std::nullopt;
    return base::read_u64(value);
}

base::Result<FileSizes> list_files(const std::filesystem::path& database) {
    FileSizes files;
    std::error_code error;
    std::filesystem::directory_iterator at(database, error);
    for (; !error && at != std::filesystem::directory_iterator(); at.increment(error)) {
        const std::string name = at->path().filename().string();
        const std::string extension = at->path().extension().string();
        if (extension != ".sst" && extension != ".log" && name != "CURRENT" &&
            !name.starts_with("MANIFEST-")) {
            continue;
        }
        std::error_code gone;
        const std::uint64_t size = std::filesystem::file_size(at->path(), gone);
        if (!gone) files.emplace(name, size);
    }
    if (error) {
        return base::fail(error == std::errc::no_such_file_or_directory
                              ? base::ErrorCode::not_found
                              : base::ErrorCode::unavailable,
                          "cannot list " + database.string() + ": " + error.message());
    }
    return files;
}

base::Result<LogsEnd> check_logs(const std::filesystem::path& database, const FileSizes& files) {
    LogsEnd end;
    for (const auto& [name, size] : files) {
        const bool is_log = name.ends_with(".log");
        if (!is_log && !name.starts_with("MANIFEST-")) continue;
        bool unnumbered = false;
        LogsEnd::Span span{.log = name};
        const auto checked = check_log(database / name, size, [&](base::ByteView record) {
            if (!is_log) return;
            const auto number = batch_number_of(record);
            unnumbered |= !number;
            add_to(span, record);
            end.batch_number = std::max(end.batch_number, number.value_or(0));
        });
        if (!checked && checked.error().code == base::ErrorCode::not_found) continue;
        if (!checked) return pass(checked);
        if (unnumbered) {
            return base::fail(base::ErrorCode::corrupted,
                              (database / name).string() + " holds a write without a batch number");
        }
        if (span.next > 0) end.spans.push_back(std::move(span));
        if (is_log) end.newest_log = name;  // names have leading zeros, so the last is the newest
    }
    return end;
}

base::Result<void> check_tables(const std::filesystem::path& database, const LogsEnd& logs) {
    // "MANIFEST-000018" and a line's end.
    const auto current = read_file(database / "CURRENT", 100);
    if (!current) return pass(current);
    const auto text = base::as_text(*current);
    const auto name = text.substr(0, text.find('\n'));
    const bool well_formed = name.starts_with("MANIFEST-") && text.size() == name.size() + 1 &&
                             name.find('/') == std::string_view::npos;
    base::Result<Manifest> manifest =
        base::fail(base::ErrorCode::not_found, "no MANIFEST has such a name");
    if (well_formed) manifest = read_manifest(database / name);
    if (!manifest && manifest.error().code == base::ErrorCode::not_found) {
        return base::fail(base::ErrorCode::corrupted,
                          (database / "CURRENT").string() + " names no MANIFEST that is there: " +
                              manifest.error().detail + "; restore it from a backup");
    }
    if (!manifest) return pass(manifest);
    const auto unbroken = check_no_gap(database / name, manifest->last_sequence, logs);
    if (!unbroken) return unbroken;
    for (const auto& [number, entry] : manifest->tables) {
        const auto path = database / fmt::format("{:06}.sst", number);
        const auto checked = check_table_tail(path, entry);
        if (!checked && checked.error().code == base::ErrorCode::not_found) {
            return base::fail(base::ErrorCode::corrupted,
                              path.string() + " is missing; restore it from a backup");
        }
        if (!checked) return checked;
    }
    return {};
}

std::unexpected<base::Error> lost_writes(const std::filesystem::path& database, std::uint64_t head,
                                         std::uint64_t held, const std::string& newest_log) {
    return base::fail(base::ErrorCode::corrupted,
                      database.string() + " lost synced writes: HEAD says " + std::to_string(head) +
                          ", the database holds " + std::to_string(held) +
                          (newest_log.empty() ? "" : "; its newest log is " + newest_log) +
                          "; restore the data folder from a backup");
}

}  // namespace storage::internal
