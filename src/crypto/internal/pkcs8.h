// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "crypto/internal/openssl.h"

namespace crypto::internal {

/// The private key in an encrypted PKCS#8 file. Errors: `bad_signature` if the password does not
/// open it, `malformed` otherwise.
[[nodiscard]] base::Result<Pkey> open_pkcs8(std::string_view pem, std::string_view password);
/// PBES2 with scrypt (r = 8) and AES-256-CBC. `cost` is scrypt's N, a power of two up to 2^20,
/// where what exceeds 16,384 goes into p. CHECKs the bounds.
[[nodiscard]] std::string seal_pkcs8(const EVP_PKEY* key, std::string_view password,
                                     std::uint64_t cost);

}  // namespace crypto::internal
