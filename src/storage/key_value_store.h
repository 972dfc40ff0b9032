// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"

namespace storage {

/// Changes that take effect together or not at all.
class WriteBatch {
public:
    struct Entry {
        base::Bytes key;
        std::optional<base::Bytes> value;  ///< Nothing: delete.
    };
    void put(base::Bytes key, base::Bytes value) {
        entries_.push_back({std::move(key), std::move(value)});
    }
    void erase(base::Bytes key) { entries_.push_back({std::move(key), std::nullopt}); }
    [[nodiscard]] const std::vector<Entry>& entries() const { return entries_; }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    /// A number of the writer's own (the ledger's: the block's height) that a store on disk keeps
    /// in HEAD, apart from the database: what was acknowledged is known there even if the database
    /// is damaged. Without one the mark before stays.
    void set_mark(std::uint64_t mark) { mark_ = mark; }
    [[nodiscard]] std::optional<std::uint64_t> mark() const { return mark_; }

private:
    std::vector<Entry> entries_;
    std::optional<std::uint64_t> mark_;
};

/// An ordered map of bytes to bytes that survives a crash.
/// Thread-safe. What `write` acknowledged is on disk; there is no unsynced write.
class KeyValueStore {
public:
    virtual ~KeyValueStore() = default;
    /// Errors: `corrupted` if a checksum fails, `unavailable`.
    [[nodiscard]] virtual base::Result<std::optional<base::Bytes>> get(
        base::ByteView key) const = 0;
    /// Values in the order of `keys`.
    [[nodiscard]] virtual base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const = 0;
    /// Calls `visit` for each key in [begin, end), rising, over one snapshot, until it says false.
    [[nodiscard]] virtual base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView key, base::ByteView value)>& visit) const = 0;
    /// The same range from its end, falling.
    [[nodiscard]] virtual base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView key, base::ByteView value)>& visit) const = 0;
    /// Atomic and synced. Errors: `storage_full`, `unavailable`; after an error nothing of the
    /// batch is visible to readers.
    [[nodiscard]] virtual base::Result<void> write(const WriteBatch& batch) = 0;
};

/// The first key after all that begin with `prefix`; CHECKs that there is one.
[[nodiscard]] base::Bytes end_of_prefix(base::ByteView prefix);

}  // namespace storage
