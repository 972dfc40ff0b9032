// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "base/bytes.h"
#include "crypto/ecdsa.h"

namespace crypto::internal {

/// Decoded public keys, the least recently used dropped above `capacity`: decoding one costs about
/// a quarter of a verification. Keys that do not decode are not kept. Thread-safe.
class KeyCache {
public:
    explicit KeyCache(std::size_t capacity);
    /// Nothing if the bytes are no key.
    [[nodiscard]] std::optional<EcdsaPublicKey> get(base::ByteView public_key);
    [[nodiscard]] std::size_t size() const;

private:
    /// Seeded, because the keys come from strangers who could choose ones that collide.
    struct Hash {
        std::uint64_t seed;
        std::size_t operator()(const EcdsaPublicKeyBytes& key) const;
    };
    struct Entry {
        EcdsaPublicKeyBytes bytes;
        EcdsaPublicKey key;
    };

    std::size_t capacity_;
    mutable std::mutex mutex_;
    std::list<Entry> by_use_;  ///< Most recent first.
    std::unordered_map<EcdsaPublicKeyBytes, std::list<Entry>::iterator, Hash> index_;
};

}  // namespace crypto::internal
