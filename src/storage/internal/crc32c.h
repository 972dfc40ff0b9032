// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace storage::internal {

/// CRC-32C (Castagnoli, RFC 3720 section 12.1) of `data`, going on from `before` (0 at the start).
[[nodiscard]] std::uint32_t crc32c(base::ByteView data, std::uint32_t before = 0);
/// The same on any processor; the other uses an instruction for it where there is one.
[[nodiscard]] std::uint32_t crc32c_by_table(base::ByteView data, std::uint32_t before = 0);

}  // namespace storage::internal
