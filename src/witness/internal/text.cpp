// SPDX-License-Identifier: Apache-2.0
#include "witness/internal/text.h"

#include <algorithm>
#include <charconv>

namespace witness::internal {
namespace {

/// Takes one character off `rest`; nothing where that is no UTF-8. CHECKs nothing: `rest` is not
/// empty by the caller's loop.
std::optional<char32_t> take_character(std::string_view& rest) {
    const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(rest[at]); };
    const std::uint8_t first = byte(0);
    if (first < 0x80) {
        rest.remove_prefix(1);
        return first;
    }
    // The bytes that follow, the bits that the first one carries, and the least character that
    // needs that many bytes.
    std::size_t more = 0;
    char32_t value = 0;
    char32_t least = 0;
    if ((first & 0xe0) == 0xc0) {
        more = 1, value = first & 0x1fU, least = 0x80;
    } else if ((first & 0xf0) == 0xe0) {
        more = 2, value = first & 0x0fU, least = 0x800;
    } else if ((first & 0xf8) == 0xf0) {
        more = 3, value = first & 0x07U, least = 0x10000;
    } else {
        return std::nullopt;
    }
    if (rest.size() <= more) return std::nullopt;
    for (std::size_t i = 1; i <= more; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
        value = (value << 6) | (byte(i) & 0x3fU);
    }
    const bool surrogate = value >= 0xd800 && value <= 0xdfff;
    if (value < least || surrogate || value > 0x10ffff) return std::nullopt;
    rest.remove_prefix(more + 1);
    return value;
}

/// Unicode's property White_Space.
bool is_space(char32_t c) {
    constexpr char32_t others[] = {0x20,   0x85,   0xa0,   0x1680, 0x2028,
                                   0x2029, 0x202f, 0x205f, 0x3000};
    return (c >= 0x09 && c <= 0x0d) || (c >= 0x2000 && c <= 0x200a) ||
           std::ranges::find(others, c) != std::end(others);
}

template <class Allowed>
bool all_characters(std::string_view text, Allowed allowed) {
    while (!text.empty()) {
        const auto character = take_character(text);
        if (!character || !allowed(*character)) return false;
    }
    return true;
}

}  // namespace

bool is_note_text(std::string_view text) {
    return all_characters(text, [](char32_t c) { return c >= 0x20 || c == '\n'; });
}

bool is_key_name(std::string_view text) {
    return !text.empty() &&
           all_characters(text, [](char32_t c) { return c >= 0x20 && c != '+' && !is_space(c); });
}

std::optional<std::uint64_t> parse_decimal(std::string_view text) {
    constexpr std::uint64_t largest = INT64_MAX;
    if (text.empty() || (text.size() > 1 && text[0] == '0')) return std::nullopt;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value > largest) {
        return std::nullopt;
    }
    return value;
}

std::optional<std::string_view> take_line(std::string_view& rest) {
    const auto end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    return line;
}

}  // namespace witness::internal
