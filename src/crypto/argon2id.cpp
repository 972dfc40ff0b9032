// SPDX-License-Identifier: Apache-2.0
#include "crypto/argon2id.h"

#include <argon2.h>

#include <string>

namespace crypto {
namespace {

constexpr std::size_t digest_bytes = 32;
constexpr std::uint32_t memory_kib_max = 1024 * 1024;
constexpr std::uint32_t passes_max = 64;

}  // namespace

base::Result<base::Bytes> argon2id(base::ByteView secret, const Argon2Salt& salt,
                                   const Argon2Cost& cost) {
    if (cost.memory_kib > memory_kib_max || cost.passes > passes_max) {
        return base::fail(base::ErrorCode::malformed,
                          "Argon2id is asked for more than 1 GiB or 64 passes");
    }
    base::Bytes out(digest_bytes);
    constexpr std::uint32_t lanes = 1;
    const int code =
        argon2id_hash_raw(cost.passes, cost.memory_kib, lanes, secret.data(), secret.size(),
                          salt.data(), salt.size(), out.data(), out.size());
    if (code == ARGON2_OK) return out;
    const auto reason = code == ARGON2_MEMORY_ALLOCATION_ERROR ? base::ErrorCode::unavailable
                                                               : base::ErrorCode::malformed;
    return base::fail(reason, std::string("Argon2id: ") + argon2_error_message(code));
}

}  // namespace crypto
