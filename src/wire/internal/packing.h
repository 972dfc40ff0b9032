// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>

#include "base/bytes.h"

namespace wire::internal {

/// `bytes` with what stood there before as references, and runs of base64 as what they encode: one
/// text for each input, made in time linear in it. Source: docs/formats/receipt.md, "Packing".
/// CHECKs that there are at most 65,536 bytes.
[[nodiscard]] base::Bytes pack(base::ByteView bytes);
/// Nothing unless `packed` is what `pack` would have written of at most `bytes_max`.
[[nodiscard]] std::optional<base::Bytes> unpack(base::ByteView packed, std::size_t bytes_max);

}  // namespace wire::internal
