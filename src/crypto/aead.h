// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"

namespace crypto {

/// AES-256-GCM (NIST SP 800-38D) under one key: 12-byte nonce, 16-byte tag after the ciphertext.
/// The caller never uses a nonce twice for sealing. Not for two threads at once. Wipes its key.
class Aes256Gcm {
public:
    static constexpr std::size_t key_bytes = 32;
    static constexpr std::size_t nonce_bytes = 12;
    static constexpr std::size_t tag_bytes = 16;
    using Nonce = std::array<std::uint8_t, nonce_bytes>;

    /// CHECKs that `key` has 32 bytes.
    explicit Aes256Gcm(base::ByteView key);
    ~Aes256Gcm();
    Aes256Gcm(Aes256Gcm&&) noexcept;
    Aes256Gcm& operator=(Aes256Gcm&&) noexcept;

    /// Ciphertext with the tag behind it.
    [[nodiscard]] base::Bytes seal(const Nonce& nonce, base::ByteView associated,
                                   base::ByteView plaintext);
    /// Errors: `bad_signature` if the tag does not fit.
    [[nodiscard]] base::Result<base::Bytes> open(const Nonce& nonce, base::ByteView associated,
                                                 base::ByteView sealed);

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

/// 4 zero bytes, then `sequence` big-endian.
[[nodiscard]] Aes256Gcm::Nonce nonce_of(std::uint64_t sequence);

}  // namespace crypto
