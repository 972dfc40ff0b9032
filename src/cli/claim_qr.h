// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace cli {

/// What the largest QR code holds of its alphanumeric set, at the lowest error correction
/// (ISO/IEC 18004, version 40-L).
inline constexpr std::size_t qr_characters_max = 4'296;

/// A QR code for a terminal: dark on light whatever its colours are, two rows of modules a line,
/// with the quiet zone. `text` is of the alphanumeric set. Errors: `too_large` above
/// `qr_characters_max`; `malformed` for other characters.
[[nodiscard]] base::Result<std::string> qr_code_of(const std::string& text);

}  // namespace cli
