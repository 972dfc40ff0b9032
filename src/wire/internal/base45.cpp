// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/base45.h"

#include <cstdint>

namespace wire::internal {
namespace {

constexpr std::string_view digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
constexpr std::uint32_t radix = 45;
static_assert(digits.size() == radix);

}  // namespace

// Source: RFC 9285 section 4: two bytes n = a * 256 + b are written as n = c + d * 45 + e * 45 *
// 45, c first; a last single byte as two digits.
std::string to_base45(base::ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() + 1) / 2 * 3);
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const bool pair = i + 1 < bytes.size();
        std::uint32_t n = pair ? bytes[i] * 256U + bytes[i + 1] : bytes[i];
        for (int digit = 0; digit < (pair ? 3 : 2); ++digit) {
            out += digits[n % radix];
            n /= radix;
        }
    }
    return out;
}

std::optional<base::Bytes> from_base45(std::string_view text) {
    if (text.size() % 3 == 1) return std::nullopt;
    base::Bytes out;
    out.reserve(text.size() / 3 * 2 + 1);
    for (std::size_t i = 0; i < text.size(); i += 3) {
        const bool pair = i + 2 < text.size();
        std::uint32_t n = 0;
        for (std::size_t at = i + (pair ? 3 : 2); at > i; --at) {
            const auto value = digits.find(text[at - 1]);
            if (value == std::string_view::npos) return std::nullopt;
            n = n * radix + static_cast<std::uint32_t>(value);
        }
        if (n > (pair ? 0xffffU : 0xffU)) return std::nullopt;
        if (pair) out.push_back(static_cast<std::uint8_t>(n >> 8));
        out.push_back(static_cast<std::uint8_t>(n & 0xff));
    }
    return out;
}

}  // namespace wire::internal
