// SPDX-License-Identifier: Apache-2.0
#include "crypto/internal/key_cache.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "crypto/random.h"

namespace crypto::internal {
namespace {

std::uint64_t draw_seed() {
    std::array<std::uint8_t, 8> bytes;
    SystemRandom{}.fill(bytes);
    return base::read_u64(bytes);
}

}  // namespace

std::size_t KeyCache::Hash::operator()(const EcdsaPublicKeyBytes& key) const {
    std::uint64_t hash = seed;
    for (std::size_t at = 1; at < key.size(); at += sizeof hash) {
        std::uint64_t word = 0;
        std::memcpy(&word, key.data() + at, sizeof word);
        hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;  // 2^64 divided by the golden ratio, odd
        hash ^= hash >> 32;
    }
    return hash;
}

KeyCache::KeyCache(std::size_t capacity) : capacity_(capacity), index_(0, Hash{draw_seed()}) {
    CHECK(capacity > 0);
}

std::optional<EcdsaPublicKey> KeyCache::get(base::ByteView public_key) {
    EcdsaPublicKeyBytes bytes;
    if (public_key.size() != bytes.size()) return std::nullopt;
    std::ranges::copy(public_key, bytes.begin());
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = index_.find(bytes); found != index_.end()) {
            by_use_.splice(by_use_.begin(), by_use_, found->second);
            return found->second->key;
        }
    }
    auto decoded = EcdsaPublicKey::decode(bytes);
    if (!decoded) return std::nullopt;
    const std::lock_guard lock(mutex_);
    if (index_.contains(bytes)) return *decoded;  // another thread was faster
    by_use_.push_front({bytes, *decoded});
    index_.emplace(bytes, by_use_.begin());
    if (index_.size() > capacity_) {
        index_.erase(by_use_.back().bytes);
        by_use_.pop_back();
    }
    return *decoded;
}

std::size_t KeyCache::size() const {
    const std::lock_guard lock(mutex_);
    return index_.size();
}

}  // namespace crypto::internal
