// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/patient_file_system.h"

#include <algorithm>
#include <chrono>

namespace storage::internal {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

// Room is taken in pieces of this size, so that few writes ask for it. Chosen by us.
constexpr std::uint64_t piece_bytes = 256 * 1024;

class PatientFile final : public rocksdb::FSWritableFileOwnerWrapper {
public:
    PatientFile(std::unique_ptr<rocksdb::FSWritableFile> file, PatientFileSystem& files)
        : FSWritableFileOwnerWrapper(std::move(file)), files_(files) {}

    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    IODebugContext* debug) override {
        if (auto room = take_room(data.size(), options, debug); !room.ok()) return room;
        return target()->Append(data, options, debug);
    }
    IOStatus Append(const rocksdb::Slice& data, const IOOptions& options,
                    const rocksdb::DataVerificationInfo& verification,
                    IODebugContext* debug) override {
        if (auto room = take_room(data.size(), options, debug); !room.ok()) return room;
        return target()->Append(data, options, verification, debug);
    }
    IOStatus Close(const IOOptions& options, IODebugContext* debug) override {
        const auto size = target()->GetFileSize(options, debug);
        // Cut to its own size, a file gives back what was taken and not used.
        if (taken_ > size) target()->Truncate(size, options, debug).PermitUncheckedError();
        return target()->Close(options, debug);
    }

private:
    IOStatus take_room(std::size_t bytes, const IOOptions& options, IODebugContext* debug) {
        const auto size = target()->GetFileSize(options, debug);
        const auto wanted = size + bytes;
        if (wanted <= taken_) return IOStatus::OK();
        // A whole piece if there is one, else what is needed now.
        for (const auto more :
             {std::max<std::uint64_t>(bytes, piece_bytes), static_cast<std::uint64_t>(bytes)}) {
            auto status = target()->Allocate(size, more, options, debug);
            while (more == bytes && !status.ok() && files_.wait_after(status)) {
                status = target()->Allocate(size, more, options, debug);
            }
            if (status.ok()) {
                taken_ = size + more;
                return status;
            }
            if (!status.IsNoSpace()) return IOStatus::OK();  // it cannot be asked for here
            if (more == bytes) return status;
        }
        return IOStatus::OK();
    }

    PatientFileSystem& files_;
    std::uint64_t taken_ = 0;
};

}  // namespace

void PatientFileSystem::give_up() {
    const std::lock_guard guard(mutex_);
    given_up_ = true;
    changed_.notify_all();
}

bool PatientFileSystem::wait_after(const IOStatus& status) {
    constexpr std::chrono::milliseconds pause{100};
    if (!status.IsNoSpace()) return false;
    std::unique_lock guard(mutex_);
    ++waiting_;
    const bool closing = changed_.wait_for(guard, pause, [this] { return given_up_; });
    --waiting_;
    return !closing;
}

IOStatus PatientFileSystem::NewWritableFile(const std::string& path,
                                            const rocksdb::FileOptions& options,
                                            std::unique_ptr<rocksdb::FSWritableFile>* file,
                                            IODebugContext* debug) {
    auto status = target()->NewWritableFile(path, options, file, debug);
    while (wait_after(status)) status = target()->NewWritableFile(path, options, file, debug);
    if (status.ok()) *file = std::make_unique<PatientFile>(std::move(*file), *this);
    return status;
}

IOStatus PatientFileSystem::RenameFile(const std::string& from, const std::string& to,
                                       const IOOptions& options, IODebugContext* debug) {
    auto status = target()->RenameFile(from, to, options, debug);
    while (wait_after(status)) status = target()->RenameFile(from, to, options, debug);
    return status;
}

}  // namespace storage::internal
