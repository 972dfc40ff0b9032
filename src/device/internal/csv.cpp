// SPDX-License-Identifier: Apache-2.0
#include "device/internal/csv.h"

namespace device::internal {
namespace {

constexpr std::int64_t magnitude_max = 1'000'000'000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}
char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view space = " \t";
    const std::size_t first = text.find_first_not_of(space);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(space) - first + 1);
}

std::vector<std::string_view> split_fields(std::string_view line) {
    std::vector<std::string_view> out;
    while (true) {
        const std::size_t comma = line.find(',');
        out.push_back(trimmed(line.substr(0, comma)));
        if (comma == std::string_view::npos) return out;
        line.remove_prefix(comma + 1);
    }
}

std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

bool is_blank(std::string_view field) {
    return field.empty() || (field.size() == 3 && lower(field[0]) == 'n' &&
                             lower(field[1]) == 'a' && lower(field[2]) == 'n');
}

std::optional<std::int64_t> parse_milli(std::string_view field) {
    const bool negative = field.starts_with('-');
    if (negative || field.starts_with('+')) field.remove_prefix(1);
    const std::size_t point = field.find('.');
    const std::string_view whole = field.substr(0, point);
    const std::string_view decimals =
        point == std::string_view::npos ? std::string_view{} : field.substr(point + 1);
    if (whole.empty() && decimals.empty()) return std::nullopt;

    std::int64_t milli = 0;
    for (const char c : whole) {
        if (!is_digit(c)) return std::nullopt;
        milli = milli * 10 + (c - '0');
        if (milli >= magnitude_max) return std::nullopt;
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const char c = i < decimals.size() ? decimals[i] : '0';
        if (!is_digit(c)) return std::nullopt;
        milli = milli * 10 + (c - '0');
    }
    bool more_than_half = false;
    for (std::size_t i = 3; i < decimals.size(); ++i) {
        if (!is_digit(decimals[i])) return std::nullopt;
        if (i > 3 && decimals[i] != '0') more_than_half = true;
    }
    const char first_dropped = decimals.size() > 3 ? decimals[3] : '0';
    const bool up =
        first_dropped > '5' || (first_dropped == '5' && (more_than_half || milli % 2 != 0));
    if (up) ++milli;
    return negative ? -milli : milli;
}

}  // namespace device::internal
