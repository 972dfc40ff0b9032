// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>

#include "storage/key_value_store.h"

namespace storage {

/// Holds writes in memory and puts many of them into one batch of the store below: for work that is
/// done anew if it is cut short (a chain made for a measurement, one rebuilt for a repair), never
/// for a node, since what this `write` acknowledged is lost at a crash before `flush`.
/// One thread. Reads see what waits.
class GatheringStore final : public KeyValueStore {
public:
    /// Borrows `below`. Flushes by itself above `bytes_max` of waiting keys and values.
    GatheringStore(KeyValueStore& below, std::size_t bytes_max)
        : below_(below), bytes_max_(bytes_max) {}

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;
    /// Both scans flush first. Errors: also those of `write` below.
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override;
    [[nodiscard]] base::Result<void> write(const WriteBatch& batch) override;

    /// Everything that waits, in one synced batch below. After an error it still waits.
    [[nodiscard]] base::Result<void> flush() const;

private:
    KeyValueStore& below_;
    std::size_t bytes_max_;
    mutable std::map<base::Bytes, std::optional<base::Bytes>> waiting_;
    mutable std::optional<std::uint64_t> mark_;
    mutable std::size_t bytes_ = 0;
};

}  // namespace storage
