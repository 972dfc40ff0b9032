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

/// What both algorithms below share: a 32-byte key, a 12-byte nonce, a 16-byte tag behind the
/// ciphertext.
enum class AeadAlgorithm : std::uint8_t {
    chacha20_poly1305,  ///< RFC 8439.
    aes_256_gcm,        ///< NIST SP 800-38D.
};
using AeadNonce = Aes256Gcm::Nonce;
inline constexpr std::size_t aead_key_bytes = Aes256Gcm::key_bytes;
inline constexpr std::size_t aead_tag_bytes = Aes256Gcm::tag_bytes;

/// One message under a key that is used once or kept elsewhere: takes up no memory between calls,
/// and leaves neither key nor plaintext behind. Thread-safe. The caller never seals twice with one
/// key and nonce.
struct AeadMessage {
    AeadAlgorithm algorithm;
    base::ByteView key;  ///< 32 bytes, CHECKed.
    AeadNonce nonce;
    base::ByteView associated;
};
/// Writes ciphertext and tag. CHECKs that `out` has 16 bytes more than `plaintext`.
void aead_seal(const AeadMessage& message, base::ByteView plaintext, std::span<std::uint8_t> out);
/// Writes the plaintext, 16 bytes shorter than `sealed`, CHECKed. False, with zeros in `out`, if
/// the tag does not fit or `sealed` is shorter than a tag.
[[nodiscard]] bool aead_open(const AeadMessage& message, base::ByteView sealed,
                             std::span<std::uint8_t> out);

/// 4 zero bytes, then `sequence` big-endian.
[[nodiscard]] Aes256Gcm::Nonce nonce_of(std::uint64_t sequence);

}  // namespace crypto
