// SPDX-License-Identifier: Apache-2.0
#include "askg/user_secret.h"

#include "crypto/argon2id.h"
#include "crypto/hkdf.h"

namespace askg {
namespace {

constexpr std::uint8_t clamp_low = 0xf8;
constexpr std::uint8_t clamp_high = 0x7f;
constexpr std::uint8_t clamp_set = 0x40;

}  // namespace

UserFactor draw_user_factor(base::Random& random) {
    UserFactor out{.client_secret = Secret32::draw(random), .salt = {}, .helper = {}};
    random.fill(out.salt);
    return out;
}

// Source: docs/protocol.md 2.1. The identity stands alone beside the label, so without its length.
base::Result<Secret32> user_token(base::ByteView u, const UserFactor& factor,
                                  const wire::LedgerId& id) {
    if (u.empty()) return base::fail(base::ErrorCode::malformed, "the user's secret is empty");
    auto stretched = crypto::argon2id(u, factor.salt);
    if (!stretched) return base::pass(stretched);
    const WipeAtEnd wiped(*stretched);
    const auto key = crypto::hkdf_extract(factor.client_secret.view(), *stretched);
    return crypto::hkdf_expand<32>(key.view(), {base::as_bytes("imt/tkn"), id.view()});
}

crypto::X25519PrivateKey user_static_key(const Secret32& token) {
    const auto key = crypto::hkdf_extract({}, token.view());
    auto scalar = crypto::hkdf_expand<32>(key.view(), {base::as_bytes("s_U")});
    const auto bytes = scalar.writable();
    bytes.front() &= clamp_low;
    bytes.back() = static_cast<std::uint8_t>((bytes.back() & clamp_high) | clamp_set);
    return crypto::X25519PrivateKey::from_bytes(scalar);
}

Secret32 token_verifier(const Secret32& token) {
    auto digest = crypto::sha512({base::as_bytes("tkv"), token.view()});
    auto out = *Secret32::from(base::ByteView(digest).first(Secret32::size_bytes));
    crypto::wipe(digest);
    return out;
}

}  // namespace askg
