// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "storage/key_value_store.h"

namespace storage {

/// Hands everything on to another store: for those that change one thing about it.
class ForwardingStore : public KeyValueStore {
public:
    /// Borrows `below`; nothing is called on it before the first call on this.
    explicit ForwardingStore(KeyValueStore& below) : below_(below) {}

    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        return below_.get(key);
    }
    [[nodiscard]] base::Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override {
        return below_.multi_get(keys);
    }
    [[nodiscard]] base::Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override {
        return below_.scan(begin, end, visit);
    }
    [[nodiscard]] base::Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override {
        return below_.scan_reverse(begin, end, visit);
    }
    [[nodiscard]] base::Result<void> write(const WriteBatch& batch) override {
        return below_.write(batch);
    }

private:
    KeyValueStore& below_;
};

}  // namespace storage
