// SPDX-License-Identifier: Apache-2.0
#include "storage/ahead_store.h"

#include <mutex>

#include "base/check.h"

namespace storage {

using base::Bytes;
using base::ByteView;

void AheadStore::show(const WriteBatch& batch) {
    Entries entries;
    for (const auto& entry : batch.entries()) entries.put(entry.key, &entry);
    const std::unique_lock lock(mutex_);
    CHECK(!shown_);
    shown_ = std::move(entries);
}

void AheadStore::clear() {
    const std::unique_lock lock(mutex_);
    shown_.reset();
}

base::Result<std::optional<Bytes>> AheadStore::get(ByteView key) const {
    {
        const std::shared_lock lock(mutex_);
        if (shown_) {
            if (const auto* entry = shown_->find(key)) return (*entry)->value;
        }
    }
    return ForwardingStore::get(key);
}

base::Result<std::vector<std::optional<Bytes>>> AheadStore::multi_get(
    const std::vector<Bytes>& keys) const {
    std::vector<std::optional<Bytes>> values;
    values.reserve(keys.size());
    for (const auto& key : keys) {
        auto value = get(key);
        if (!value) return base::pass(value);
        values.push_back(std::move(*value));
    }
    return values;
}

}  // namespace storage
