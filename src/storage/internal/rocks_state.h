// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/db.h>
#include <rocksdb/env.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "storage/files.h"
#include "storage/internal/database_check.h"
#include "storage/internal/head_file.h"
#include "storage/internal/patient_file_system.h"
#include "storage/rocks_store.h"

namespace storage::internal {

// A write that waits for its group to be on disk.
struct Waiting {
    const WriteBatch& batch;
    std::optional<base::Result<void>> result;
};

[[nodiscard]] inline std::filesystem::path database_of(const std::filesystem::path& folder) {
    return folder / "rocksdb";
}
[[nodiscard]] inline std::filesystem::path head_of(const std::filesystem::path& folder) {
    return folder / "HEAD";
}
[[nodiscard]] inline rocksdb::Slice to_slice(base::ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
[[nodiscard]] inline base::ByteView to_view(const rocksdb::Slice& slice) {
    return {reinterpret_cast<const std::uint8_t*>(slice.data()), slice.size()};
}

}  // namespace storage::internal

namespace storage {

/// Invariants:
/// 1. `number` is the last acknowledged batch: the database holds it synced, and then HEAD does.
/// 2. Readers see `published`, the snapshot of that batch, and nothing after it.
/// 3. HEAD never says more than the database holds, because it is written second.
/// 4. A number is given to one write only, also when that write fails.
struct RocksStore::State {
    ~State() {
        if (file_system) file_system->give_up();
    }

    std::filesystem::path folder;
    RocksOptions options;
    std::optional<FolderLock> lock;                            // a writer's
    std::shared_ptr<internal::PatientFileSystem> file_system;  // a writer's
    std::vector<internal::Tail> tails;                         // a reader's: what it leaves out
    std::unique_ptr<rocksdb::Env> environment;                 // what `database` sees of the disk
    std::unique_ptr<rocksdb::DB> database;
    std::optional<internal::HeadFile> head;  // a writer's

    // Held while a group is written, so that whoever reads the files finds them at rest.
    std::mutex commit_mutex;
    std::uint64_t attempted = 0;
    // The database stopped after an error, and takes writes again only when it is told to resume.
    std::shared_ptr<std::atomic<bool>> stopped = std::make_shared<std::atomic<bool>>(false);
    std::optional<base::Error> broken;  // HEAD could not be synced: no further write

    mutable std::mutex published_mutex;
    std::uint64_t number = 0;
    std::shared_ptr<const rocksdb::Snapshot> published;  // shared with the reads under way

    std::mutex queue_mutex;
    std::condition_variable group_done;
    std::deque<internal::Waiting*> queue;
    bool leading = false;

    void publish(std::uint64_t batch_number) {
        std::shared_ptr<const rocksdb::Snapshot> next(database->GetSnapshot(),
                                                      [this](const rocksdb::Snapshot* snapshot) {
                                                          if (snapshot != nullptr)
                                                              database->ReleaseSnapshot(snapshot);
                                                      });
        const std::lock_guard guard(published_mutex);
        number = batch_number;
        published.swap(next);
    }
    [[nodiscard]] std::shared_ptr<const rocksdb::Snapshot> view() const {
        const std::lock_guard guard(published_mutex);
        return published;
    }
    [[nodiscard]] std::vector<internal::Waiting*> take_group();
    [[nodiscard]] base::Result<void> commit(const std::vector<internal::Waiting*>& group);
    [[nodiscard]] base::Result<void> write_to_database(const std::vector<internal::Waiting*>& group,
                                                       std::uint64_t group_number);
    // The value of `key` from its bytes in the database. Errors: `corrupted`, naming the key.
    [[nodiscard]] base::Result<base::ByteView> value_of(base::ByteView key,
                                                        base::ByteView stored) const;
    [[nodiscard]] base::Result<void> read_everything() const;
    [[nodiscard]] base::Result<void> check_logs_at_rest();
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end, bool forward,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const;
};

}  // namespace storage
