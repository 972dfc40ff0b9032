// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace wire::internal {

/// RFC 9285.
[[nodiscard]] std::string to_base45(base::ByteView bytes);
/// Nothing unless `text` is what `to_base45` would have written.
[[nodiscard]] std::optional<base::Bytes> from_base45(std::string_view text);

}  // namespace wire::internal
