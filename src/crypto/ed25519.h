// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace crypto {

/// Ed25519 (RFC 8032 section 5.1, pure: no prehash, no context). Signatures are R|s, 64 bytes.
using Ed25519Signature = std::array<std::uint8_t, 64>;
/// The point A as RFC 8032 section 5.1.2 encodes it.
using Ed25519PublicKeyBytes = std::array<std::uint8_t, 32>;
using Ed25519Seed = std::array<std::uint8_t, 32>;

/// Verification is as strict as OpenSSL's: s must be below the order (so a signature cannot be
/// altered and stay valid), R is compared byte for byte with the recomputed point (so no other
/// encoding of it passes), and the equation is the one without the cofactor. OpenSSL also takes
/// keys in a non-canonical encoding and keys of small order, under which one signature fits many
/// messages: `decode` refuses both.
class Ed25519PublicKey {
public:
    /// Errors: `bad_key` unless `bytes` are 32, y is below the prime and the point's order is not
    /// small. Bytes that are no point on the curve at all pass, and then verify nothing.
    [[nodiscard]] static base::Result<Ed25519PublicKey> decode(base::ByteView bytes);
    /// Thread-safe.
    [[nodiscard]] bool verify(base::ByteView message, base::ByteView signature) const;

private:
    struct Key;
    std::shared_ptr<const Key> key_;
};

class Ed25519PrivateKey {
public:
    [[nodiscard]] static Ed25519PrivateKey generate();
    /// The private key of RFC 8032: the 32 bytes from which everything else is derived.
    [[nodiscard]] static Ed25519PrivateKey from_seed(const Ed25519Seed& seed);
    /// Errors: `bad_signature` if the password does not open it, `malformed` otherwise.
    [[nodiscard]] static base::Result<Ed25519PrivateKey> from_encrypted_pkcs8(
        std::string_view pem, std::string_view password);
    /// As `EcdsaPrivateKey::to_encrypted_pkcs8`.
    [[nodiscard]] std::string to_encrypted_pkcs8(std::string_view password,
                                                 std::uint64_t cost) const;
    /// Deterministic. Thread-safe.
    [[nodiscard]] Ed25519Signature sign(base::ByteView message) const;
    [[nodiscard]] Ed25519PublicKeyBytes public_key() const;

    ~Ed25519PrivateKey();
    Ed25519PrivateKey(Ed25519PrivateKey&&) noexcept;
    Ed25519PrivateKey& operator=(Ed25519PrivateKey&&) noexcept;

private:
    struct Key;
    explicit Ed25519PrivateKey(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
};

}  // namespace crypto
