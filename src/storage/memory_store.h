// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "storage/key_value_store.h"

namespace storage {

/// The same in memory, for tests, simulation and re-execution. Can be told to fail.
class MemoryStore final : public KeyValueStore {
public:
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> write(const WriteBatch& batch) override;

    /// From now on every write answers `storage_full` (until set to false again).
    void set_full(bool full);

private:
    using Entries = std::map<base::Bytes, base::Bytes>;
    class Snapshot;

    mutable std::mutex mutex_;
    /// Shared with the scans that are under way: a write beside them copies first.
    std::shared_ptr<Entries> entries_ = std::make_shared<Entries>();
    bool full_ = false;
};

}  // namespace storage
