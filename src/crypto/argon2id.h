// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "base/error.h"

namespace crypto {

/// How much work one guess costs. The defaults are those of docs/protocol.md 2.1.
struct Argon2Cost {
    std::uint32_t memory_kib = 64 * 1024;
    std::uint32_t passes = 3;
    friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};
using Argon2Salt = std::array<std::uint8_t, 16>;

/// Argon2id (RFC 9106), version 0x13, one lane, 32 bytes. The caller wipes the result.
/// Errors: `unavailable` if the memory cannot be had, `malformed` for a cost that Argon2 does not
/// know (less than 8 KiB, no pass) or that is above 1 GiB or 64 passes (ours: a file read may ask
/// for no more).
[[nodiscard]] base::Result<base::Bytes> argon2id(base::ByteView secret, const Argon2Salt& salt,
                                                 const Argon2Cost& cost = {});

}  // namespace crypto
