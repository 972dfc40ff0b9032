// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>

#include "base/bytes.h"

namespace crypto {

using Digest32 = std::array<std::uint8_t, 32>;
using Digest64 = std::array<std::uint8_t, 64>;

/// FIPS 180-4. The list forms hash the parts one after another, as if they were joined.
[[nodiscard]] Digest32 sha256(base::ByteView data);
[[nodiscard]] Digest32 sha256(std::initializer_list<base::ByteView> parts);
[[nodiscard]] Digest64 sha512(base::ByteView data);
[[nodiscard]] Digest64 sha512(std::initializer_list<base::ByteView> parts);
[[nodiscard]] Digest32 sha512_256(base::ByteView data);
[[nodiscard]] Digest32 sha512_256(std::initializer_list<base::ByteView> parts);

/// RFC 2104 with SHA-512.
[[nodiscard]] Digest64 hmac_sha512(base::ByteView key, base::ByteView data);
/// RFC 5869 with SHA-512. `okm_bytes` <= 255 * 64, CHECKed.
[[nodiscard]] base::Bytes hkdf_sha512(base::ByteView salt, base::ByteView ikm, base::ByteView info,
                                      std::size_t okm_bytes);

/// Constant time in the contents; false at once when the sizes differ.
[[nodiscard]] bool equal_constant_time(base::ByteView a, base::ByteView b);

}  // namespace crypto
