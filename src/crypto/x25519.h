// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/random.h"
#include "crypto/secret.h"

namespace crypto {

/// The u coordinate as RFC 7748 section 5 encodes it. Any 32 bytes are taken; a point of low order
/// shows when a secret is agreed with it.
using X25519PublicKeyBytes = std::array<std::uint8_t, 32>;

/// X25519 (RFC 7748) through OpenSSL, in constant time. Wipes its key.
class X25519PrivateKey {
public:
    /// Any 32 bytes; the function itself clamps them.
    [[nodiscard]] static X25519PrivateKey from_bytes(const Secret32& scalar);
    [[nodiscard]] static X25519PrivateKey draw(base::Random& random);

    [[nodiscard]] const X25519PublicKeyBytes& public_key() const { return public_key_; }
    /// Nothing if the result is all zeros, which `peer` forces with a point of low order (RFC 7748
    /// section 6.1). Thread-safe.
    [[nodiscard]] std::optional<Secret32> agree(const X25519PublicKeyBytes& peer) const;
    /// The scalar as it was given; to be sealed into a file.
    [[nodiscard]] Secret32 to_bytes() const;

    ~X25519PrivateKey();
    X25519PrivateKey(X25519PrivateKey&&) noexcept;
    X25519PrivateKey& operator=(X25519PrivateKey&&) noexcept;

private:
    struct Key;
    X25519PrivateKey(std::unique_ptr<Key> key, const X25519PublicKeyBytes& public_key);
    std::unique_ptr<Key> key_;
    X25519PublicKeyBytes public_key_;
};

}  // namespace crypto
