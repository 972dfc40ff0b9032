// SPDX-License-Identifier: Apache-2.0
// Goes through every byte that the database consists of.
#include <rocksdb/metadata.h>

#include <algorithm>

#include "storage/internal/database_check.h"
#include "storage/internal/rocks_options.h"
#include "storage/internal/rocks_state.h"
#include "storage/internal/table_checksum.h"

namespace storage {

using base::ErrorCode;
using internal::database_of;
using internal::head_of;
using internal::to_error;
using internal::to_view;

namespace {

// A table may be gone where another process writes: it merged it into others; its content is still
// read through the file that our view holds open.
base::Result<void> check_table(const rocksdb::LiveFileMetaData& table, bool may_be_gone) {
    const std::filesystem::path path = table.db_path + table.name;
    const auto view = base::as_bytes(table.file_checksum);
    const auto checked = internal::check_whole_table(
        path, {.size_bytes = table.size, .checksum = {view.begin(), view.end()}});
    if (checked || checked.error().code != ErrorCode::not_found) return checked;
    if (may_be_gone) return {};
    return base::fail(ErrorCode::corrupted,
                      path.string() + " is missing; restore it from a backup");
}

base::Result<std::uint64_t> check_head(const std::filesystem::path& folder) {
    const auto slots = internal::HeadFile::read(head_of(folder));
    if (!slots && slots.error().code == ErrorCode::not_found) {
        return base::fail(ErrorCode::corrupted, head_of(folder).string() + " is missing");
    }
    if (!slots) return pass(slots);
    if (!slots->whole()) {
        return base::fail(ErrorCode::corrupted,
                          head_of(folder).string() + ": a slot fails its checksum");
    }
    return slots->newest()->number;
}

}  // namespace

// Everything but the tables, at one moment at which no write is under way. A writer's newest log
// must reach the batch in memory, or it was cut behind our back.
base::Result<void> RocksStore::State::check_logs_at_rest() {
    const auto path = database_of(folder);
    std::unique_lock guard(commit_mutex);
    const auto head_number = check_head(folder);
    if (!head_number) return pass(head_number);
    const auto files = internal::list_files(path);
    if (!files) return pass(files);
    std::uint64_t unflushed = 0;
    const bool known = !head || database->GetIntProperty(
                                    rocksdb::DB::Properties::kNumEntriesActiveMemTable, &unflushed);
    const std::uint64_t expected = number;
    guard.unlock();
    if (!known) return base::fail(ErrorCode::unavailable, "cannot ask for the memtable's size");

    if (*head_number > expected && head) {
        return internal::lost_writes(path, *head_number, expected, "");
    }
    const auto logs = internal::check_logs(path, *files);
    if (!logs) return pass(logs);
    for (const auto& tail : logs->tails) {
        const bool left_out = std::ranges::find(tails, tail) != tails.end();
        if (tail.damaged && !left_out) return base::fail(ErrorCode::corrupted, tail.damage);
    }
    if (head && unflushed > 0 && logs->batch_number < expected) {
        return internal::lost_writes(path, expected, logs->batch_number, logs->newest_log);
    }
    return {};
}

base::Result<void> RocksStore::State::read_everything() const {
    rocksdb::ReadOptions reading;
    reading.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> at(database->NewIterator(reading));
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
        if (at->key().starts_with("s/")) continue;  // the number of the batch
        const auto value = value_of(to_view(at->key()).subspan(1), to_view(at->value()));
        if (!value) return pass(value);
    }
    if (!at->status().ok()) return to_error(at->status(), "read all of " + database->GetName());
    return {};
}

base::Result<void> RocksStore::verify_files() const {
    auto& database = *state_->database;
    const bool writes = state_->head.has_value();
    if (writes) {
        const auto held = database.DisableFileDeletions();
        if (!held.ok()) return to_error(held, "hold the files of " + database.GetName());
    }
    base::Result<void> result = state_->check_logs_at_rest();
    std::vector<rocksdb::LiveFileMetaData> tables;
    database.GetLiveFilesMetaData(&tables);
    for (const auto& table : tables) {
        if (result) result = check_table(table, !writes);
    }
    if (result) result = state_->read_everything();
    if (writes) {
        const auto released = database.EnableFileDeletions(false);
        if (result && !released.ok()) {
            return to_error(released, "release the files of " + database.GetName());
        }
    }
    return result;
}

}  // namespace storage
