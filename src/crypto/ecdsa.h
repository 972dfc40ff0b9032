// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/error.h"

namespace crypto {

/// ECDSA P-256 with SHA-512 (FIPS 186-5). Signatures are r|s, 64 bytes, s in the lower half of the
/// order; a verifier here refuses the other half, so a signature cannot be altered and stay valid.
using EcdsaSignature = std::array<std::uint8_t, 64>;
/// SEC 1, uncompressed: 04 | x | y.
using EcdsaPublicKeyBytes = std::array<std::uint8_t, 65>;

class EcdsaPublicKey {
public:
    /// Errors: `bad_key` unless `point` is 65 bytes, uncompressed and on the curve.
    [[nodiscard]] static base::Result<EcdsaPublicKey> decode(base::ByteView point);
    /// Thread-safe.
    [[nodiscard]] bool verify(base::ByteView message, base::ByteView signature) const;

private:
    struct Key;
    std::shared_ptr<const Key> key_;  // shared: a decoded key is cached and used by many threads
};

class EcdsaPrivateKey {
public:
    [[nodiscard]] static EcdsaPrivateKey generate();
    /// Errors: `bad_signature` if the password does not open it, `malformed` otherwise.
    [[nodiscard]] static base::Result<EcdsaPrivateKey> from_encrypted_pkcs8(
        std::string_view pem, std::string_view password);
    /// PKCS#8, PBES2 with scrypt (r = 8) and AES-256-CBC. `cost` is scrypt's N, a power of two,
    /// where what exceeds 16,384 goes into p; 16 suffices when the password is a random 256-bit
    /// key, 32,768 for a person's.
    [[nodiscard]] std::string to_encrypted_pkcs8(std::string_view password,
                                                 std::uint64_t cost) const;
    /// Thread-safe.
    [[nodiscard]] EcdsaSignature sign(base::ByteView message) const;
    [[nodiscard]] EcdsaPublicKeyBytes public_key() const;

    ~EcdsaPrivateKey();
    EcdsaPrivateKey(EcdsaPrivateKey&&) noexcept;
    EcdsaPrivateKey& operator=(EcdsaPrivateKey&&) noexcept;

private:
    struct Key;
    explicit EcdsaPrivateKey(std::unique_ptr<Key> key);
    std::unique_ptr<Key> key_;
};

/// Whether r and s are in range and s is in the lower half of the order: what `verify` demands
/// beside the equation. False for other lengths than 64.
[[nodiscard]] bool is_low_s(base::ByteView signature);
/// Turns s into the lower half of the order where it is not. Nothing if r or s is 0 or too large.
[[nodiscard]] std::optional<EcdsaSignature> normalised(base::ByteView signature);

}  // namespace crypto
