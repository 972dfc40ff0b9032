// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/cut_file_system.h"

#include <algorithm>

namespace storage::internal {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;

namespace {

class CutFile final : public rocksdb::FSSequentialFileOwnerWrapper {
public:
    CutFile(std::unique_ptr<rocksdb::FSSequentialFile> file, std::uint64_t bytes)
        : FSSequentialFileOwnerWrapper(std::move(file)), left_(bytes) {}

    IOStatus Read(std::size_t wanted, const IOOptions& options, rocksdb::Slice* result,
                  char* scratch, IODebugContext* debug) override {
        const auto bytes = std::min<std::uint64_t>(wanted, left_);
        auto status = target()->Read(bytes, options, result, scratch, debug);
        if (status.ok()) left_ -= result->size();
        return status;
    }
    IOStatus Skip(std::uint64_t wanted) override {
        const auto bytes = std::min(wanted, left_);
        left_ -= bytes;
        return target()->Skip(bytes);
    }

private:
    std::uint64_t left_;
};

}  // namespace

IOStatus CutFileSystem::NewSequentialFile(const std::string& path,
                                          const rocksdb::FileOptions& options,
                                          std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                          IODebugContext* debug) {
    auto status = target()->NewSequentialFile(path, options, file, debug);
    const auto name = std::string_view(path).substr(path.rfind('/') + 1);
    const auto tail = std::ranges::find(tails_, name, &Tail::file);
    if (status.ok() && tail != tails_.end()) {
        *file = std::make_unique<CutFile>(std::move(*file), tail->begins);
    }
    return status;
}

}  // namespace storage::internal
