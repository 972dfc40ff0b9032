// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/ecdsa.h"

namespace crypto {

/// Passwords: scrypt (RFC 7914), N = 32,768, r = 8, p = 1; salt of 16 bytes in the result.
[[nodiscard]] base::Bytes hash_password(std::string_view password, base::Random& random);
[[nodiscard]] bool check_password(std::string_view password, base::ByteView hash);

/// A 32-byte key wrapped under another: AES-256-GCM with a drawn nonce; `context` is bound to it.
[[nodiscard]] base::Bytes wrap_key(base::ByteView wrapping_key, base::ByteView key,
                                   base::ByteView context, base::Random& random);
/// Errors: `bad_signature` if it was made under another key or context, `malformed`.
[[nodiscard]] base::Result<base::Bytes> unwrap_key(base::ByteView wrapping_key,
                                                   base::ByteView wrapped, base::ByteView context);

/// Wipes what a key leaves in memory.
void wipe(std::span<std::uint8_t> secret);

}  // namespace crypto
