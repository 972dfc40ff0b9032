// SPDX-License-Identifier: Apache-2.0
#include "wire/claim.h"

#include <array>

#include "wire/internal/base45.h"

namespace wire {
namespace {

constexpr std::string_view text_prefix = "SALUS:";

std::string_view without_white_around(std::string_view text) {
    constexpr std::string_view white = " \t\r\n";
    const auto first = text.find_first_not_of(white);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(white) - first + 1);
}

}  // namespace

std::string_view name_of(const Fact& fact) {
    constexpr std::array<std::string_view, std::variant_size_v<Fact>> names = {
        "transaction", "consent", "no_consent", "key_destroyed"};
    return names[fact.index()];
}

std::string to_text(const Claim& claim) {
    return std::string(text_prefix) + internal::to_base45(encode(claim));
}

base::Result<Claim> claim_from_text(std::string_view text) {
    const auto bytes = text.starts_with(text_prefix)
                           ? internal::from_base45(text.substr(text_prefix.size()))
                           : std::nullopt;
    if (!bytes) {
        return base::fail(base::ErrorCode::malformed,
                          "receipt: not \"SALUS:\" and base45 behind it, as a QR code holds it");
    }
    return decode_claim(*bytes);
}

base::Result<Claim> read_claim(base::ByteView bytes) {
    const auto text = base::as_text(bytes);
    if (text.starts_with('{')) return claim_from_json(text);
    // The blank is a digit of base45, but never the last: that stands for at most 32 of 45.
    const auto trimmed = without_white_around(text);
    if (trimmed.starts_with(text_prefix)) return claim_from_text(trimmed);
    return decode_claim(bytes);
}

}  // namespace wire
