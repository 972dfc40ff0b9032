// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/internal/replay_cache.h"

#include "base/check.h"
#include "crypto/hash.h"

namespace keyagreement::internal {

ReplayCache::Key ReplayCache::key_of(const PublicKey& ephemeral) {
    const auto digest = crypto::sha512(ephemeral);
    return *Key::from(base::ByteView(digest).first(Key::size_bytes));
}

void ReplayCache::add(const Key& key, Elapsed now) {
    CHECK(!full());
    if (keys_.insert(key).second) by_age_.push_back({key, now + 2 * time_tolerance});
}

void ReplayCache::forget(Elapsed now) {
    while (!by_age_.empty() && now >= by_age_.front().forgotten_at) {
        keys_.erase(by_age_.front().key);
        by_age_.pop_front();
    }
}

}  // namespace keyagreement::internal
