// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace witness::internal {

/// Whether `text` is UTF-8 (RFC 3629: shortest form, no surrogates, up to U+10FFFF) without control
/// characters below U+0020 but newlines.
[[nodiscard]] bool is_note_text(std::string_view text);
/// Whether `text` may be the name of a key: not empty, UTF-8, no Unicode space (White_Space), no
/// '+', no control character.
[[nodiscard]] bool is_key_name(std::string_view text);
/// Digits alone, no leading zero but in "0", up to 2^63 - 1. Nothing for anything else.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text);
/// Takes the text up to the next newline, and that newline, off `rest`. Nothing if there is none.
[[nodiscard]] std::optional<std::string_view> take_line(std::string_view& rest);

}  // namespace witness::internal
