// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "askg/credentials.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/secret.h"
#include "crypto/x25519.h"
#include "wire/ids.h"

namespace askg {

// A user's token and static key come from what she knows or is (u) and what her client keeps (r_U,
// salt): neither alone says anything about them. Source: docs/protocol.md 2.1.

/// r_U and salt, drawn; no helper data.
[[nodiscard]] UserFactor draw_user_factor(base::Random& random);
/// TKN_U = HKDF(salt r_U, Argon2id(u, salt, 64 MiB, 3 passes, 1 lane), "imt/tkn" ID_U, 32).
/// Takes about a tenth of a second and 64 MiB. Errors: `malformed` if u is empty; those of
/// `crypto::argon2id`.
[[nodiscard]] base::Result<Secret32> user_token(base::ByteView u, const UserFactor& factor,
                                                const wire::LedgerId& id);
/// s_U = HKDF(salt empty, TKN_U, "s_U", 32), clamped.
[[nodiscard]] crypto::X25519PrivateKey user_static_key(const Secret32& token);
/// TKV_X = SHA-512("tkv" TKN_X)[0:32]: what the key generator gets of a token, once.
[[nodiscard]] Secret32 token_verifier(const Secret32& token);

}  // namespace askg
