// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <unordered_set>

#include "base/bytes.h"
#include "keyagreement/session.h"

namespace keyagreement::internal {

/// Which MSG1 were answered in the last 2 dT, by SHA-512(E_I)[0:16] (docs/protocol.md 2.5).
class ReplayCache {
public:
    using Key = base::FixedBytes<struct ReplayKeyTag, 16>;

    explicit ReplayCache(std::size_t entries_max) : entries_max_(entries_max) {}

    [[nodiscard]] static Key key_of(const PublicKey& ephemeral);
    [[nodiscard]] bool contains(const Key& key) const { return keys_.contains(key); }
    [[nodiscard]] bool full() const { return keys_.size() >= entries_max_; }
    /// CHECKs that it is not full.
    void add(const Key& key, Elapsed now);
    void forget(Elapsed now);
    [[nodiscard]] std::size_t size() const { return keys_.size(); }

private:
    struct Entry {
        Key key;
        Elapsed forgotten_at;
    };
    std::size_t entries_max_;
    std::unordered_set<Key, base::FixedBytesHash<Key>> keys_;
    std::deque<Entry> by_age_;  // oldest first
};

}  // namespace keyagreement::internal
