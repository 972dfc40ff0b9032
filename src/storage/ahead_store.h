// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <shared_mutex>
#include <vector>

#include "base/lookup_table.h"
#include "storage/forwarding_store.h"

namespace storage {

/// Another store with one batch above it that is not written yet: `get` and `multi_get` answer as
/// if it were, for whoever goes on from what will be there. Scans see what is written alone, and so
/// does everybody who asks the store below.
class AheadStore final : public ForwardingStore {
public:
    /// Borrows `below`.
    explicit AheadStore(KeyValueStore& below) : ForwardingStore(below) {}

    /// Borrows `batch` until `clear`. CHECKs that no other is shown.
    void show(const WriteBatch& batch);
    /// The batch is written, or given up.
    void clear();

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override;

private:
    /// What the batch says of each of its keys; borrows them.
    using Entries = base::LookupTable<base::ByteView, const WriteBatch::Entry*, base::BytesHash,
                                      base::BytesEqual>;

    mutable std::shared_mutex mutex_;
    std::optional<Entries> shown_;
};

}  // namespace storage
