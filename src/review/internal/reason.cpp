// SPDX-License-Identifier: Apache-2.0
#include "review/internal/reason.h"

#include <cstdint>
#include <optional>

namespace review::internal {
namespace {

/// Takes the next code point off `text`. Nothing if it is not UTF-8 (RFC 3629: no overlong forms,
/// no surrogates, nothing above U+10FFFF).
std::optional<std::uint32_t> next_code_point(std::string_view& text) {
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
    const auto lead = byte(0);
    const std::size_t size = lead < 0x80   ? 1
                             : lead < 0xc2 ? 0
                             : lead < 0xe0 ? 2
                             : lead < 0xf0 ? 3
                             : lead < 0xf5 ? 4
                                           : 0;
    if (size == 0 || text.size() < size) return std::nullopt;
    std::uint32_t code = size == 1 ? lead : lead & (0x7fU >> size);
    for (std::size_t i = 1; i < size; ++i) {
        if ((byte(i) & 0xc0) != 0x80) return std::nullopt;
        code = (code << 6) | (byte(i) & 0x3fU);
    }
    const bool overlong = (size == 3 && code < 0x800) || (size == 4 && code < 0x10000);
    const bool surrogate = code >= 0xd800 && code <= 0xdfff;
    if (overlong || surrogate || code > 0x10ffff) return std::nullopt;
    text.remove_prefix(size);
    return code;
}

}  // namespace

base::Result<void> check_reason(std::string_view reason) {
    using base::ErrorCode;
    std::size_t characters = 0;
    bool blank = true;
    while (!reason.empty()) {
        const auto code = next_code_point(reason);
        if (!code) return base::fail(ErrorCode::malformed, "the reason is not valid UTF-8");
        const bool space = *code == ' ' || *code == '\n' || *code == '\r' || *code == '\t';
        if (!space && (*code < 0x20 || (*code >= 0x7f && *code < 0xa0))) {
            return base::fail(ErrorCode::malformed, "the reason holds control characters");
        }
        blank = blank && space;
        if (++characters > reason_characters_max) {
            return base::fail(ErrorCode::malformed, "the reason is longer than 500 characters");
        }
    }
    if (blank) return base::fail(ErrorCode::malformed, "say in a few words why it is refused");
    return {};
}

}  // namespace review::internal
