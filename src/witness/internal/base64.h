// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace witness::internal {

/// RFC 4648 section 4: the alphabet with + and /, padded.
[[nodiscard]] std::string to_base64(base::ByteView bytes);
/// Nothing unless `text` is what `to_base64` writes: padded, without white space, unused bits 0.
[[nodiscard]] std::optional<base::Bytes> from_base64(std::string_view text);

}  // namespace witness::internal
