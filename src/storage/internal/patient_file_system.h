// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace storage::internal {

/// The operating system's files, where a full disk is not an error but a wait: room is taken before
/// bytes are written, and whoever finds none waits until there is. RocksDB then never sees half a
/// write: with one, 7.8 as Debian builds it (with assertions) aborts when it touches the file
/// again, or stalls every later write for ever when it was a compaction's (both tried). RocksStore
/// refuses writes long before (room.h), so that those who wait are RocksDB's own threads.
/// Thread-safe.
class PatientFileSystem final : public rocksdb::FileSystemWrapper {
public:
    PatientFileSystem() : FileSystemWrapper(rocksdb::FileSystem::Default()) {}
    [[nodiscard]] const char* Name() const override { return "SalusPatientFileSystem"; }

    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                                      std::unique_ptr<rocksdb::FSWritableFile>* file,
                                      rocksdb::IODebugContext* debug) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions& options,
                                 rocksdb::IODebugContext* debug) override;

    /// Whether somebody waits for room now.
    [[nodiscard]] bool waiting() const { return waiting_ > 0; }
    /// From now on nobody waits: what finds no room fails. For closing a store on a full disk.
    void give_up();
    /// After `status`: true if it was for want of room and another try may help, after a pause.
    [[nodiscard]] bool wait_after(const rocksdb::IOStatus& status);

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool given_up_ = false;
    std::atomic<int> waiting_ = 0;
};

}  // namespace storage::internal
