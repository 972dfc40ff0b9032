// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "keyagreement/names.h"

namespace keyagreement::internal {

/// h, ck and k of docs/protocol.md 2.4: what a handshake has said and agreed so far.
class SymmetricState {
public:
    /// h = ck = SHA-512("IMT-AKE/1" | profile | suite | PID_ASKG).
    SymmetricState(Profile profile, Suite suite, const DomainName& domain);

    /// h = SHA-512(h | x).
    void mix_hash(base::ByteView bytes);
    /// ck | k = HKDF-SHA-512(salt = ck, ikm, info, 96).
    void mix_key(base::ByteView ikm, std::string_view info = {});
    /// Seals under k with the nonce 0 and h as associated data, then mixes the ciphertext in.
    /// `out` has 16 bytes more than `plaintext`. Call it once for each `mix_key`.
    void seal(base::ByteView plaintext, std::span<std::uint8_t> out);
    /// The opposite. False leaves everything but `out` as it was.
    [[nodiscard]] bool open(base::ByteView sealed, std::span<std::uint8_t> out);
    /// PRK = HMAC-SHA-512(ck, h).
    [[nodiscard]] crypto::Secret<64> finish() const;

    /// A second one that goes its own way.
    [[nodiscard]] SymmetricState clone() const;

private:
    SymmetricState() = default;
    crypto::AeadAlgorithm algorithm_{};
    crypto::Digest64 hash_{};
    crypto::Secret<64> chain_;
    Secret32 key_;
};

}  // namespace keyagreement::internal
