// SPDX-License-Identifier: Apache-2.0
#include "attack/guess.h"

#include <algorithm>

#include "askg/user_secret.h"
#include "attack/dump.h"
#include "base/check.h"
#include "crypto/hash.h"

namespace attack {

Guess make_guess(const askg::UserCredentials& file, base::ByteView u) {
    auto token = askg::user_token(u, file.factor, file.grant.id);
    CHECK(token.has_value());
    auto verifier = askg::token_verifier(*token);
    auto own = askg::user_static_key(*token);
    return {*std::move(token), std::move(verifier), std::move(own)};
}

bool tells(base::ByteView bytes, const Guess& right) {
    const auto own = right.own.to_bytes();
    const auto hashed = crypto::sha512(right.own.public_key());
    const base::ByteView made[] = {right.token.view(), right.verifier.view(), own.view(),
                                   right.own.public_key(), base::ByteView(hashed).first(16)};
    return std::ranges::any_of(made, [&](base::ByteView part) { return holds(bytes, part); });
}

}  // namespace attack
