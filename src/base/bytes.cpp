// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include "base/check.h"

namespace base {
namespace {

constexpr std::string_view hex_digits = "0123456789abcdef";
constexpr std::string_view base64url_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

template <class Integer>
void append_big_endian(Bytes& out, Integer value) {
    for (int shift = static_cast<int>(sizeof(Integer)) * 8 - 8; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(value >> shift));
    }
}

template <class Integer>
Integer read_big_endian(ByteView at) {
    CHECK(at.size() >= sizeof(Integer));
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i) value = value << 8 | at[i];
    return static_cast<Integer>(value);
}

}  // namespace

std::string to_hex(ByteView bytes) {
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const auto byte : bytes) {
        out.push_back(hex_digits[byte >> 4]);
        out.push_back(hex_digits[byte & 15]);
    }
    return out;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.size() % 2 != 0) return std::nullopt;
    Bytes out;
    out.reserve(text.size() / 2);
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex_digits.find(text[i]);
        const auto low = hex_digits.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        out.push_back(static_cast<std::uint8_t>(high << 4 | low));
    }
    return out;
}

std::string to_base64url(ByteView bytes) {
    std::string out;
    out.reserve((bytes.size() * 4 + 2) / 3);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t taken = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t group = 0;
        for (std::size_t k = 0; k < 3; ++k) {
            group = group << 8 | (k < taken ? bytes[i + k] : std::uint32_t{0});
        }
        for (std::size_t k = 0; k <= taken; ++k) {
            out.push_back(base64url_digits[group >> (18 - 6 * k) & 63]);
        }
    }
    return out;
}

std::optional<Bytes> from_base64url(std::string_view text) {
    if (text.size() % 4 == 1) return std::nullopt;
    Bytes out;
    std::uint32_t group = 0;
    int bits = 0;
    for (const char digit : text) {
        const auto value = base64url_digits.find(digit);
        if (value == std::string_view::npos) return std::nullopt;
        group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xffffff;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out.push_back(static_cast<std::uint8_t>(group >> bits));
        }
    }
    // Canonical text leaves no stray bits, so that two texts never name the same bytes.
    if ((group & ((1U << bits) - 1)) != 0) return std::nullopt;
    return out;
}

void append_u16(Bytes& out, std::uint16_t value) {
    append_big_endian(out, value);
}
void append_u32(Bytes& out, std::uint32_t value) {
    append_big_endian(out, value);
}
void append_u64(Bytes& out, std::uint64_t value) {
    append_big_endian(out, value);
}
std::uint16_t read_u16(ByteView at) {
    return read_big_endian<std::uint16_t>(at);
}
std::uint32_t read_u32(ByteView at) {
    return read_big_endian<std::uint32_t>(at);
}
std::uint64_t read_u64(ByteView at) {
    return read_big_endian<std::uint64_t>(at);
}

}  // namespace base
