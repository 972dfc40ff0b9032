// SPDX-License-Identifier: Apache-2.0
// How a store is opened: what is checked before RocksDB sees the files, and after.
#include <algorithm>

#include "storage/internal/cut_file_system.h"
#include "storage/internal/database_check.h"
#include "storage/internal/rocks_options.h"
#include "storage/internal/rocks_state.h"
#include "storage/internal/room.h"

namespace storage {

using base::ErrorCode;
using internal::database_of;
using internal::head_of;
using internal::to_error;

namespace {

base::Result<std::uint64_t> read_batch_number(rocksdb::DB& database) {
    std::string value;
    const auto status = database.Get({}, rocksdb::Slice(internal::batch_number_key), &value);
    if (status.IsNotFound()) return 0;
    if (!status.ok()) return to_error(status, "read the batch number");
    const auto number = internal::decode_batch_number(base::as_bytes(value));
    if (!number) {
        return base::fail(ErrorCode::corrupted, database.GetName() + ": no batch number");
    }
    return *number;
}

// Nothing: there is no HEAD because nothing was ever written here.
base::Result<std::optional<internal::HeadFile::Slots>> read_head(
    const std::filesystem::path& folder) {
    const auto slots = internal::HeadFile::read(head_of(folder));
    if (!slots && slots.error().code == ErrorCode::not_found)
        return std::optional<internal::HeadFile::Slots>{};
    if (!slots) return pass(slots);
    if (!slots->newest()) {
        return base::fail(ErrorCode::corrupted, head_of(folder).string() +
                                                    ": both slots fail their checksums: restore "
                                                    "the data folder from a backup");
    }
    return *slots;
}

// What can be said before RocksDB replays the logs and deletes them.
base::Result<internal::LogsEnd> check_before_open(
    const std::filesystem::path& folder, const internal::FileSizes& files,
    const std::optional<internal::HeadFile::Slots>& head) {
    const auto end = internal::check_logs(database_of(folder), files);
    if (!end) return end;
    if (!head && (end->batch_number > 0 || !files.empty())) {
        return base::fail(
            ErrorCode::corrupted,
            head_of(folder).string() + " is missing beside a database: restore the data folder");
    }
    const auto number = head ? head->newest()->number : 0;
    if (number > 0 && !files.contains("CURRENT")) {
        return base::fail(ErrorCode::corrupted, database_of(folder).string() +
                                                    " is not a database, but HEAD says batch " +
                                                    std::to_string(number) +
                                                    ": restore the data folder from a backup");
    }
    if (files.contains("CURRENT")) {
        const auto checked = internal::check_tables(database_of(folder), *end);
        if (!checked) return end->blame(checked.error());
    }
    return end;
}

// The number that the database must reach. A slot that a power cut tore was written when its batch
// was whole in the log; so if the log is damaged too, no less than that batch will do.
std::uint64_t number_needed(const std::optional<internal::HeadFile::Slots>& head,
                            const internal::LogsEnd& logs) {
    if (!head) return 0;
    return head->newest()->number + (!head->whole() && logs.log_damaged() ? 1 : 0);
}

base::Result<std::unique_ptr<rocksdb::DB>> open_database(const rocksdb::Options& options,
                                                         const std::string& path, bool read_only) {
    rocksdb::DB* opened = nullptr;
    const auto status = read_only ? rocksdb::DB::OpenForReadOnly(options, path, &opened)
                                  : rocksdb::DB::Open(options, path, &opened);
    std::unique_ptr<rocksdb::DB> database(opened);
    if (!status.ok()) return to_error(status, "open " + path);
    return database;
}

// The number of the last batch; refuses a database that ends before `head`.
base::Result<std::uint64_t> check_after_open(rocksdb::DB& database, std::uint64_t head,
                                             const internal::LogsEnd& logs) {
    const auto number = read_batch_number(database);
    if (!number || *number >= head) return number;
    return logs.blame(
        internal::lost_writes(database.GetName(), head, *number, logs.newest_log).error());
}

// Looks without changing anything, since opening to write replays the logs and deletes what could
// still be saved.
base::Result<void> probe(const std::filesystem::path& database, std::uint64_t needed,
                         const internal::LogsEnd& logs) {
    const auto environment =
        rocksdb::NewCompositeEnv(std::make_shared<internal::CutFileSystem>(logs.tails));
    auto options = internal::rocks_options_read_only();
    options.env = environment.get();
    const auto opened = open_database(options, database.string(), true);
    if (!opened) return logs.blame(opened.error());
    const auto number = check_after_open(**opened, needed, logs);
    if (!number) return pass(number);
    return {};
}

}  // namespace

base::Result<std::unique_ptr<RocksStore>> RocksStore::open(const std::filesystem::path& folder,
                                                           RocksOptions names) {
    auto state = std::make_unique<State>();
    state->folder = folder;
    state->options = std::move(names);
    const auto path = database_of(folder);
    if (auto made = make_folder(path); !made) return pass(made);
    auto lock = FolderLock::take(path);
    if (!lock) return pass(lock);
    state->lock.emplace(std::move(*lock));

    auto head = read_head(folder);
    if (!head) return pass(head);
    const auto files = internal::list_files(path);
    if (!files) return pass(files);
    const auto logs = check_before_open(folder, *files, *head);
    if (!logs) return pass(logs);
    if (!*head) {
        if (auto made = internal::HeadFile::create(head_of(folder), {}); !made) return pass(made);
    }
    auto head_file = internal::HeadFile::open(head_of(folder));
    if (!head_file) return pass(head_file);
    state->head.emplace(std::move(*head_file));

    // RocksDB would wait for room while it opens, and nobody would be told why.
    if (const auto room = internal::check_room(folder, 0); !room) return pass(room);
    auto options = internal::rocks_options();
    options.create_if_missing = state->head->number() == 0;
    state->file_system = std::make_shared<internal::PatientFileSystem>();
    state->environment = rocksdb::NewCompositeEnv(state->file_system);
    options.env = state->environment.get();
    internal::tell_when_stopped(options, state->stopped);
    const auto needed = number_needed(*head, *logs);
    // Either all is in tables already or logs were cut; and what a crash left behind HEAD is cut
    // off only if all that HEAD vouches for is there without it.
    if (files->contains("CURRENT") && (logs->batch_number < needed || !logs->tails.empty())) {
        if (const auto seen = probe(path, needed, *logs); !seen) return pass(seen);
        if (auto cut = internal::drop_tails(folder, path, logs->tails); !cut) return pass(cut);
    }
    auto database = open_database(options, path.string(), false);
    if (!database) return pass(database);
    state->database = std::move(*database);
    const auto number = check_after_open(*state->database, needed, *logs);
    if (!number) return pass(number);
    state->attempted = *number;
    state->publish(*number);
    return std::unique_ptr<RocksStore>(new RocksStore(std::move(state)));
}

namespace {

// A log that grew is no change: what stands behind HEAD was in it before. A table or a MANIFEST is.
bool same_view(const internal::FileSizes& before, const internal::FileSizes& after) {
    return std::ranges::equal(before, after, [](const auto& a, const auto& b) {
        return a.first == b.first && (a.second == b.second || !a.first.starts_with("MANIFEST-"));
    });
}

}  // namespace

base::Result<std::unique_ptr<RocksStore>> RocksStore::open_view(const std::filesystem::path& folder,
                                                                const RocksOptions& options) {
    const auto path = database_of(folder);
    auto head = read_head(folder);  // first: then the database can only hold more
    if (!head) return pass(head);
    const auto files = internal::list_files(path);
    if (!files) return pass(files);
    const auto logs = check_before_open(folder, *files, *head);
    if (!logs) return pass(logs);
    if (!files->contains("CURRENT")) {
        return base::fail(ErrorCode::not_found, path.string() + " holds no database yet");
    }
    auto state = std::make_unique<State>();
    auto reading = internal::rocks_options_read_only();
    state->tails = logs->tails;
    state->environment =
        rocksdb::NewCompositeEnv(std::make_shared<internal::CutFileSystem>(state->tails));
    reading.env = state->environment.get();
    auto database = open_database(reading, path.string(), true);
    if (!database) return logs->blame(database.error());
    const auto number = check_after_open(**database, number_needed(*head, *logs), *logs);
    if (!number) return pass(number);
    state->folder = folder;
    state->options = options;
    state->database = std::move(*database);
    state->number = *number;
    return std::unique_ptr<RocksStore>(new RocksStore(std::move(state)));
}

base::Result<std::unique_ptr<RocksStore>> RocksStore::open_read_only(
    const std::filesystem::path& folder, RocksOptions options) {
    // A writer in another process may create and delete files while RocksDB reads its way through
    // them; the view is sound, and a complaint about it justified, only if nothing moved meanwhile.
    // The bound is ours: files move when a memtable is full, an attempt takes some tens of ms.
    constexpr int tries_max = 100;
    for (int attempt = 0; attempt < tries_max; ++attempt) {
        const auto before = internal::list_files(database_of(folder));
        if (!before) return pass(before);
        auto opened = open_view(folder, options);
        const auto after = internal::list_files(database_of(folder));
        if (!after) return pass(after);
        if (same_view(*before, *after)) return opened;
    }
    return base::fail(ErrorCode::unavailable,
                      folder.string() + " keeps changing while it is read; try again");
}

}  // namespace storage
