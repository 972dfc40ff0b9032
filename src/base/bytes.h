// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

/// A fixed number of bytes with a meaning of its own: two kinds with different tags never mix.
template <class Tag, std::size_t N>
struct FixedBytes {
    static constexpr std::size_t size_bytes = N;
    std::array<std::uint8_t, N> bytes{};

    [[nodiscard]] ByteView view() const { return bytes; }
    [[nodiscard]] bool is_zero() const { return *this == FixedBytes{}; }
    /// Nothing if `raw` is not exactly N bytes.
    [[nodiscard]] static std::optional<FixedBytes> from(ByteView raw) {
        if (raw.size() != N) return std::nullopt;
        FixedBytes out;
        std::memcpy(out.bytes.data(), raw.data(), N);
        return out;
    }
    friend auto operator<=>(const FixedBytes&, const FixedBytes&) = default;
};

/// For keys that are uniformly distributed already (hashes, random ids).
template <class Fixed>
struct FixedBytesHash {
    std::size_t operator()(const Fixed& value) const {
        std::size_t out = 0;
        std::memcpy(&out, value.bytes.data(), sizeof out);
        return out;
    }
};

[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(ByteView bytes);
/// Nothing unless `text` is an even number of lower-case hexadecimal digits.
[[nodiscard]] std::optional<Bytes> from_hex(std::string_view text);

/// RFC 4648 base64url without padding.
[[nodiscard]] std::string to_base64url(ByteView bytes);
/// Nothing if `text` is not canonical unpadded base64url.
[[nodiscard]] std::optional<Bytes> from_base64url(std::string_view text);

template <class Fixed>
[[nodiscard]] std::optional<Fixed> fixed_from_hex(std::string_view text) {
    const auto raw = from_hex(text);
    if (!raw) return std::nullopt;
    return Fixed::from(*raw);
}

/// Appends big-endian integers; used for database keys and hashed encodings.
void append_u16(Bytes& out, std::uint16_t value);
void append_u32(Bytes& out, std::uint32_t value);
void append_u64(Bytes& out, std::uint64_t value);
inline void append(Bytes& out, ByteView more) {
    out.insert(out.end(), more.begin(), more.end());
}
/// Reads big-endian integers. CHECKs that `at` holds enough bytes.
[[nodiscard]] std::uint16_t read_u16(ByteView at);
[[nodiscard]] std::uint32_t read_u32(ByteView at);
[[nodiscard]] std::uint64_t read_u64(ByteView at);

}  // namespace base
