// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>

#include "base/bytes.h"
#include "crypto/secret.h"

namespace crypto {

/// RFC 5869 with SHA-512, the two steps apart. Nothing of what they compute on the way stays in
/// memory.

/// PRK = HMAC(salt, ikm). An empty salt stands for 64 zero bytes.
[[nodiscard]] Secret<64> hkdf_extract(base::ByteView salt, base::ByteView ikm);
/// Fills `out`, at most 255 * 64 bytes, CHECKed. The parts of `info` count as joined.
void hkdf_expand(base::ByteView prk, std::initializer_list<base::ByteView> info,
                 std::span<std::uint8_t> out);
template <std::size_t N>
[[nodiscard]] Secret<N> hkdf_expand(base::ByteView prk,
                                    std::initializer_list<base::ByteView> info) {
    Secret<N> out;
    hkdf_expand(prk, info, out.writable());
    return out;
}

/// RFC 2104 with SHA-512 over the parts as if they were joined; for results that are secret.
[[nodiscard]] Secret<64> secret_hmac_sha512(base::ByteView key,
                                            std::initializer_list<base::ByteView> parts);

/// As `sha512`, of parts that are secret: nothing of them stays behind, as it does there until the
/// thread's next hash.
[[nodiscard]] Digest64 sha512_of_secret(std::initializer_list<base::ByteView> parts);

}  // namespace crypto
