// SPDX-License-Identifier: Apache-2.0
#include "api/sign_in_record.h"

namespace api {
namespace {
constexpr std::uint8_t sign_in = 1;
constexpr std::uint8_t signed_in = 2;
}  // namespace

base::Bytes encode_sign_in(const keyagreement::Secret32& login_token) {
    base::Bytes out;
    out.reserve(1 + keyagreement::Secret32::size_bytes);  // so that no copy stays behind
    out.push_back(sign_in);
    base::append(out, login_token.view());
    return out;
}

std::optional<keyagreement::Secret32> decode_sign_in(base::ByteView plaintext) {
    if (plaintext.empty() || plaintext.front() != sign_in) return std::nullopt;
    return keyagreement::Secret32::from(plaintext.subspan(1));
}

base::Bytes encode_signed_in(std::string_view me) {
    base::Bytes out{signed_in};
    base::append(out, base::as_bytes(me));
    return out;
}

std::optional<std::string> decode_signed_in(base::ByteView plaintext) {
    if (plaintext.empty() || plaintext.front() != signed_in) return std::nullopt;
    return std::string(base::as_text(plaintext.subspan(1)));
}

}  // namespace api
