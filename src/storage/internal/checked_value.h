// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"

namespace storage::internal {

/// How a value stands in the database: its bytes | CRC-32C of (length of the key 4 | key | value)
/// 4, big-endian. It is made when a batch is written and checked at each read, so that a value
/// which changed anywhere between, or which stands under another key, is not returned: also where
/// no file is at fault, but memory, a cache or a library.
inline constexpr std::size_t value_check_bytes = 4;

[[nodiscard]] base::Bytes with_check(base::ByteView key, base::ByteView value);
/// The value without its checksum; nothing if it fails.
[[nodiscard]] std::optional<base::ByteView> checked_value(base::ByteView key,
                                                          base::ByteView stored);

}  // namespace storage::internal
