// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <rocksdb/file_system.h>

#include <vector>

#include "storage/internal/database_check.h"

namespace storage::internal {

/// The disk as it would be without the tails: who reads such a file from its beginning finds its
/// end there. For looking at a database that must not be changed.
class CutFileSystem final : public rocksdb::FileSystemWrapper {
public:
    explicit CutFileSystem(std::vector<Tail> tails)
        : FileSystemWrapper(rocksdb::FileSystem::Default()), tails_(std::move(tails)) {}
    [[nodiscard]] const char* Name() const override { return "SalusCutFileSystem"; }

    rocksdb::IOStatus NewSequentialFile(const std::string& path,
                                        const rocksdb::FileOptions& options,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* file,
                                        rocksdb::IODebugContext* debug) override;

private:
    std::vector<Tail> tails_;
};

}  // namespace storage::internal
