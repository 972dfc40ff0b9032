// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/database_check.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "storage/files.h"
#include "storage/internal/descriptor.h"
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

namespace {

// "MANIFEST-000018" and a line's end. Nothing if CURRENT says anything else.
base::Result<std::optional<std::string>> current_manifest(const std::filesystem::path& database) {
    const auto current = read_file(database / "CURRENT", 100);
    if (!current) return pass(current);
    const auto text = base::as_text(*current);
    const auto name = text.substr(0, text.find('\n'));
    const bool well_formed = name.starts_with("MANIFEST-") && text.size() == name.size() + 1 &&
                             name.find('/') == std::string_view::npos;
    if (!well_formed) return std::optional<std::string>{};
    return std::optional(std::string(name));
}

// Names have leading zeros, so the last is the newest.
std::string newest_with_content(const FileSizes& files) {
    std::string newest;
    for (const auto& [name, size] : files) {
        if (name.ends_with(".log") && size > 0) newest = name;
    }
    return newest;
}

// Reads one log, or the MANIFEST, into `end`.
base::Result<void> check_one(const std::filesystem::path& path, std::uint64_t size,
                             bool may_have_tail, LogsEnd& end) {
    const std::string name = path.filename().string();
    const bool is_log = name.ends_with(".log");
    bool unnumbered = false;
    LogsEnd::Span span{.log = name};
    const auto checked = check_log(
        path, size,
        [&](base::ByteView record) {
            if (!is_log) return;
            const auto number = batch_number_of(record);
            unnumbered |= !number;
            add_to(span, record);
            end.batch_number = std::max(end.batch_number, number.value_or(0));
        },
        may_have_tail ? LogDamage::stop : LogDamage::refuse);
    if (!checked && checked.error().code == base::ErrorCode::not_found) return {};
    if (!checked) return pass(checked);
    if (unnumbered) {
        return base::fail(base::ErrorCode::corrupted,
                          path.string() + " holds a write without a batch number");
    }
    if (!is_log && checked->damaged && checked->bytes == 0) {
        return base::fail(base::ErrorCode::corrupted, checked->damage);
    }
    if (may_have_tail && (checked->torn || checked->damaged)) {
        end.tails.push_back({.file = name,
                             .begins = checked->bytes,
                             .bytes = size - checked->bytes,
                             .damaged = checked->damaged,
                             .damage = checked->damage});
    }
    if (span.next > 0) end.spans.push_back(std::move(span));
    if (is_log) end.newest_log = name;
    return {};
}

}  // namespace

bool LogsEnd::log_damaged() const {
    return std::ranges::any_of(tails,
                               [](const Tail& tail) { return tail.damaged && tail.of_log(); });
}

std::unexpected<base::Error> LogsEnd::blame(const base::Error& error) const {
    std::string damages;
    for (const auto& tail : tails) {
        if (tail.damaged) damages += tail.damage + ": ";
    }
    return base::fail(error.code, damages + error.detail);
}

base::Result<LogsEnd> check_logs(const std::filesystem::path& database, const FileSizes& files) {
    LogsEnd end;
    const auto manifest = current_manifest(database);
    const auto newest = newest_with_content(files);
    for (const auto& [name, size] : files) {
        const bool in_use = manifest && *manifest && name == **manifest;
        if (!in_use && !name.ends_with(".log")) continue;
        const auto checked = check_one(database / name, size, in_use || name == newest, end);
        if (!checked) return pass(checked);
    }
    return end;
}

base::Result<void> check_tables(const std::filesystem::path& database, const LogsEnd& logs) {
    const auto name = current_manifest(database);
    if (!name) return pass(name);
    base::Result<Manifest> manifest =
        base::fail(base::ErrorCode::not_found, "no MANIFEST has such a name");
    if (*name) manifest = read_manifest(database / **name);
    if (!manifest && manifest.error().code == base::ErrorCode::not_found) {
        return base::fail(base::ErrorCode::corrupted,
                          (database / "CURRENT").string() + " names no MANIFEST that is there: " +
                              manifest.error().detail + "; restore it from a backup");
    }
    if (!manifest) return pass(manifest);
    const auto unbroken = check_no_gap(database / **name, manifest->last_sequence, logs);
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

base::Result<void> drop_tails(const std::filesystem::path& folder,
                              const std::filesystem::path& database,
                              const std::vector<Tail>& tails) {
    for (const auto& tail : tails) {
        const auto path = (database / tail.file).string();
        const Descriptor file = open_file(path, O_RDWR);
        if (!file.valid()) return system_error(errno, "open", path);
        base::Bytes bytes(tail.bytes);
        const auto got = read_at(file.number(), bytes, tail.begins);
        if (!got) return system_error(errno, "read", path);
        if (std::ranges::any_of(bytes, [](std::uint8_t byte) { return byte != 0; })) {
            const auto kept = folder / (tail.of_log() ? "dropped.log" : "dropped.manifest");
            if (auto saved = write_file_synced(kept, bytes); !saved) return saved;
        }
        if (::ftruncate(file.number(), static_cast<off_t>(tail.begins)) != 0 ||
            !sync_all(file.number())) {
            return system_error(errno, "cut", path);
        }
        spdlog::warn(
            R"({{"event":"log_tail_dropped","file":"{}","kept_bytes":{},"dropped_bytes":{},)"
            R"("why":"{}"}})",
            path, tail.begins, tail.bytes, tail.damaged ? "not_whole" : "cut_short");
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
