// SPDX-License-Identifier: Apache-2.0
#include "storage/memory_store.h"

namespace storage {

/// What the store held at one moment. A write that finds one alive copies the map first; it is
/// taken and dropped under the mutex, so that the writer's look at the count is ordered with our
/// reads.
class MemoryStore::Snapshot {
public:
    explicit Snapshot(const MemoryStore& store) : store_(store) {
        const std::lock_guard lock(store_.mutex_);
        entries_ = store_.entries_;
    }
    ~Snapshot() {
        const std::lock_guard lock(store_.mutex_);
        entries_.reset();
    }
    Snapshot(const Snapshot&) = delete;
    Snapshot& operator=(const Snapshot&) = delete;

    [[nodiscard]] const Entries& entries() const { return *entries_; }

private:
    const MemoryStore& store_;
    std::shared_ptr<const Entries> entries_;
};

base::Result<std::optional<base::Bytes>> MemoryStore::get(base::ByteView key) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_->find(base::Bytes(key.begin(), key.end()));
    if (found == entries_->end()) return std::optional<base::Bytes>{};
    return std::optional(found->second);
}

base::Result<std::vector<std::optional<base::Bytes>>> MemoryStore::multi_get(
    const std::vector<base::Bytes>& keys) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::optional<base::Bytes>> values;
    values.reserve(keys.size());
    for (const auto& key : keys) {
        const auto found = entries_->find(key);
        values.push_back(found == entries_->end() ? std::nullopt : std::optional(found->second));
    }
    return values;
}

base::Result<void> MemoryStore::scan(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    const Snapshot snapshot(*this);
    const base::Bytes stop(end.begin(), end.end());
    auto at = snapshot.entries().lower_bound(base::Bytes(begin.begin(), begin.end()));
    for (; at != snapshot.entries().end() && at->first < stop; ++at) {
        if (!visit(at->first, at->second)) break;
    }
    return {};
}

base::Result<void> MemoryStore::scan_reverse(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    const Snapshot snapshot(*this);
    const base::Bytes stop(begin.begin(), begin.end());
    auto at = snapshot.entries().lower_bound(base::Bytes(end.begin(), end.end()));
    while (at != snapshot.entries().begin()) {
        --at;
        if (at->first < stop || !visit(at->first, at->second)) break;
    }
    return {};
}

base::Result<void> MemoryStore::write(const WriteBatch& batch) {
    const std::lock_guard lock(mutex_);
    if (full_) {
        return base::fail(base::ErrorCode::storage_full, "the disk is full: make room, then retry");
    }
    if (entries_.use_count() > 1) entries_ = std::make_shared<Entries>(*entries_);
    for (const auto& entry : batch.entries()) {
        if (entry.value) {
            entries_->insert_or_assign(entry.key, *entry.value);
        } else {
            entries_->erase(entry.key);
        }
    }
    return {};
}

void MemoryStore::set_full(bool full) {
    const std::lock_guard lock(mutex_);
    full_ = full;
}

}  // namespace storage
