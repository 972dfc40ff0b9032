// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/packing.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/check.h"

namespace wire::internal {
namespace {

// The first byte of a token says its kind and length.
constexpr std::size_t literals_max = 128;  // 0 to 127: as many bytes as it says, plus one
constexpr std::uint8_t reference_token = 128;
constexpr std::uint8_t base64_token = 192;
constexpr std::size_t unit_min = 4;  // bytes of a reference, groups of four digits of base64
constexpr std::size_t unit_max = unit_min + 63;
constexpr std::size_t group_digits = 4;
constexpr std::size_t group_bytes = 3;
constexpr std::size_t input_max = 65'536;
constexpr std::uint32_t nowhere = 0xffff'ffff;

constexpr std::string_view digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint8_t no_digit = 64;
constexpr auto digit_values = [] {
    std::array<std::uint8_t, 256> out{};
    out.fill(no_digit);
    for (std::size_t i = 0; i < digits.size(); ++i) {
        out[static_cast<std::uint8_t>(digits[i])] = static_cast<std::uint8_t>(i);
    }
    return out;
}();

std::uint32_t four_at(base::ByteView bytes, std::size_t at) {
    return static_cast<std::uint32_t>(bytes[at] << 24U | bytes[at + 1] << 16U |
                                      bytes[at + 2] << 8U | bytes[at + 3]);
}

/// For each place the nearest earlier one where the same four bytes stand. By a radix sort of the
/// places, which is stable: no bytes make it slow.
std::vector<std::uint32_t> earlier_places(base::ByteView bytes) {
    constexpr unsigned radix_bits = 11;
    constexpr std::uint32_t radix = 1U << radix_bits;
    const std::size_t count = bytes.size() < unit_min ? 0 : bytes.size() - unit_min + 1;
    std::vector<std::uint32_t> places(count);
    std::vector<std::uint32_t> sorted(count);
    for (std::uint32_t i = 0; i < count; ++i) places[i] = i;
    for (unsigned shift = 0; shift < 32; shift += radix_bits) {
        const auto digit = [&](std::uint32_t place) {
            return four_at(bytes, place) >> shift & (radix - 1);
        };
        std::array<std::uint32_t, radix + 1> begins{};
        for (const auto place : places) ++begins[digit(place) + 1];
        for (std::uint32_t i = 1; i <= radix; ++i) begins[i] += begins[i - 1];
        for (const auto place : places) sorted[begins[digit(place)]++] = place;
        places.swap(sorted);
    }
    std::vector<std::uint32_t> out(count, nowhere);
    for (std::size_t i = 1; i < count; ++i) {
        if (four_at(bytes, places[i]) == four_at(bytes, places[i - 1])) {
            out[places[i]] = places[i - 1];
        }
    }
    return out;
}

class Packer {
public:
    explicit Packer(base::ByteView bytes) : bytes_(bytes), earlier_(earlier_places(bytes)) {}

    base::Bytes run() {
        while (at_ < bytes_.size()) {
            if (write_reference() || write_base64()) {
                literals_begin_ = at_;
                continue;
            }
            ++at_;
        }
        write_literals();
        return std::move(out_);
    }

private:
    bool write_reference() {
        if (at_ >= earlier_.size() || earlier_[at_] == nowhere) return false;
        const std::size_t place = earlier_[at_];
        std::size_t length = unit_min;
        const auto length_max = std::min(unit_max, bytes_.size() - at_);
        while (length < length_max && bytes_[place + length] == bytes_[at_ + length]) ++length;
        write_literals();
        const auto distance = at_ - place;
        out_.push_back(static_cast<std::uint8_t>(reference_token + length - unit_min));
        out_.push_back(static_cast<std::uint8_t>(distance >> 8U));
        out_.push_back(static_cast<std::uint8_t>(distance & 0xffU));
        at_ += length;
        return true;
    }
    bool write_base64() {
        std::size_t length = 0;
        const auto length_max = std::min(unit_max * group_digits, bytes_.size() - at_);
        while (length < length_max && digit_values[bytes_[at_ + length]] != no_digit) ++length;
        const auto groups = length / group_digits;
        if (groups < unit_min) return false;
        write_literals();
        out_.push_back(static_cast<std::uint8_t>(base64_token + groups - unit_min));
        for (std::size_t i = 0; i < groups; ++i, at_ += group_digits) {
            std::uint32_t bits = 0;
            for (std::size_t j = 0; j < group_digits; ++j) {
                bits = bits << 6U | digit_values[bytes_[at_ + j]];
            }
            for (const unsigned shift : {16U, 8U, 0U}) {
                out_.push_back(static_cast<std::uint8_t>(bits >> shift & 0xffU));
            }
        }
        return true;
    }
    void write_literals() {
        while (literals_begin_ < at_) {
            const auto count = std::min(literals_max, at_ - literals_begin_);
            const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(literals_begin_);
            out_.push_back(static_cast<std::uint8_t>(count - 1));
            out_.insert(out_.end(), begin, begin + static_cast<std::ptrdiff_t>(count));
            literals_begin_ += count;
        }
    }

    base::ByteView bytes_;
    std::vector<std::uint32_t> earlier_;
    base::Bytes out_;
    std::size_t at_ = 0;
    std::size_t literals_begin_ = 0;  ///< Bytes from here to `at_` are not written yet.
};

/// What the token at the beginning of `rest` stands for is added to `out`. Nothing, or how long the
/// token is.
std::optional<std::size_t> expand_token(base::ByteView rest, base::Bytes& out) {
    const auto first = rest.front();
    if (first < reference_token) {
        const std::size_t count = first + 1U;
        if (rest.size() < 1 + count) return std::nullopt;
        const auto literals = rest.subspan(1, count);
        out.insert(out.end(), literals.begin(), literals.end());
        return 1 + count;
    }
    if (first < base64_token) {
        if (rest.size() < 3) return std::nullopt;
        const auto distance = static_cast<std::size_t>(rest[1] << 8U | rest[2]);
        if (distance == 0 || distance > out.size()) return std::nullopt;
        const std::size_t length = first - reference_token + unit_min;
        for (std::size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
        return 3;
    }
    const std::size_t groups = first - base64_token + unit_min;
    if (rest.size() < 1 + groups * group_bytes) return std::nullopt;
    for (std::size_t at = 1; at < 1 + groups * group_bytes; at += group_bytes) {
        const auto bits =
            static_cast<std::uint32_t>(rest[at] << 16U | rest[at + 1] << 8U | rest[at + 2]);
        for (const unsigned shift : {18U, 12U, 6U, 0U}) {
            out.push_back(static_cast<std::uint8_t>(digits[bits >> shift & 63U]));
        }
    }
    return 1 + groups * group_bytes;
}

}  // namespace

base::Bytes pack(base::ByteView bytes) {
    CHECK(bytes.size() <= input_max);
    return Packer(bytes).run();
}

std::optional<base::Bytes> unpack(base::ByteView packed, std::size_t bytes_max) {
    base::Bytes out;
    for (auto rest = packed; !rest.empty();) {
        const auto taken = expand_token(rest, out);
        if (!taken || out.size() > std::min(bytes_max, input_max)) return std::nullopt;
        rest = rest.subspan(*taken);
    }
    const auto again = pack(out);
    if (!std::ranges::equal(again, packed)) return std::nullopt;
    return out;
}

}  // namespace wire::internal
