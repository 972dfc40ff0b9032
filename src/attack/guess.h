// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "askg/credentials.h"
#include "base/bytes.h"
#include "crypto/x25519.h"

namespace attack {

/// What one guess of u makes with what a user's client keeps; costs an Argon2id.
struct Guess {
    crypto::Secret32 token;
    crypto::Secret32 verifier;
    crypto::X25519PrivateKey own;
};
[[nodiscard]] Guess make_guess(const askg::UserCredentials& file, base::ByteView u);

/// Whether these bytes hold anything by which a right guess shows.
[[nodiscard]] bool tells(base::ByteView bytes, const Guess& right);

}  // namespace attack
