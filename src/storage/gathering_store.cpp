// SPDX-License-Identifier: Apache-2.0
#include "storage/gathering_store.h"

namespace storage {

base::Result<std::optional<base::Bytes>> GatheringStore::get(base::ByteView key) const {
    const auto waiting = waiting_.find(base::Bytes(key.begin(), key.end()));
    if (waiting != waiting_.end()) return waiting->second;
    return below_.get(key);
}

base::Result<std::vector<std::optional<base::Bytes>>> GatheringStore::multi_get(
    const std::vector<base::Bytes>& keys) const {
    auto values = below_.multi_get(keys);
    if (!values) return values;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const auto waiting = waiting_.find(keys[i]);
        if (waiting != waiting_.end()) (*values)[i] = waiting->second;
    }
    return values;
}

base::Result<void> GatheringStore::scan(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    if (auto flushed = flush(); !flushed) return flushed;
    return below_.scan(begin, end, visit);
}

base::Result<void> GatheringStore::scan_reverse(
    base::ByteView begin, base::ByteView end,
    const std::function<bool(base::ByteView, base::ByteView)>& visit) const {
    if (auto flushed = flush(); !flushed) return flushed;
    return below_.scan_reverse(begin, end, visit);
}

base::Result<void> GatheringStore::write(const WriteBatch& batch) {
    for (const auto& entry : batch.entries()) {
        waiting_.insert_or_assign(entry.key, entry.value);
        bytes_ += entry.key.size() + (entry.value ? entry.value->size() : 0);
    }
    if (batch.mark()) mark_ = batch.mark();
    return bytes_ > bytes_max_ ? flush() : base::Result<void>();
}

base::Result<void> GatheringStore::flush() const {
    if (waiting_.empty()) return {};
    WriteBatch batch;
    for (const auto& [key, value] : waiting_) {
        if (value) {
            batch.put(key, *value);
        } else {
            batch.erase(key);
        }
    }
    if (mark_) batch.set_mark(*mark_);
    if (auto written = below_.write(batch); !written) return written;
    waiting_.clear();
    bytes_ = 0;
    return {};
}

}  // namespace storage
