// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace device::internal {

/// The text between commas, without the spaces around it. Quotes have no meaning here.
[[nodiscard]] std::vector<std::string_view> split_fields(std::string_view line);
[[nodiscard]] std::string_view trimmed(std::string_view text);
/// Without `\n` and a `\r` before it; moves `text` behind the line.
[[nodiscard]] std::string_view take_line(std::string_view& text);

/// Blank, or NaN in any case: the sensor had no value.
[[nodiscard]] bool is_blank(std::string_view field);
/// Thousandths of a plain decimal number such as "-12.5", exactly; further decimals round half to
/// even. Nothing for anything else (exponents, infinity, hexadecimal, no digit), and for a
/// magnitude of 10^9 or more.
[[nodiscard]] std::optional<std::int64_t> parse_milli(std::string_view field);

}  // namespace device::internal
