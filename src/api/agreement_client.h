// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "keyagreement/client.h"

namespace api {

/// How long a node is given to answer. Silence is how it refuses. Chosen by us.
inline constexpr std::chrono::seconds agreement_patience{8};

/// What a login by agreement leaves at the client.
struct AgreedSession {
    std::string token;  ///< The session's cookie, 64 hexadecimal digits. Never sent by the node.
    std::string me;     ///< Who signed in, as the node's interface says it (Me).
};
/// Carries the frames of `client` to a node and back, over a WebSocket to `url`
/// ("http://HOST:PORT"), until the node says in a data record who has signed in. `client` repeats
/// and gives up as its clock says. Errors: `malformed` (the address), `unavailable` (no node there,
/// or one that serves no users), `unauthenticated` if it says nothing: the secret, the key file or
/// the time is wrong, or it was revoked; which of them it does not tell.
[[nodiscard]] base::Result<AgreedSession> agree_and_sign_in(
    std::string_view url, keyagreement::Client& client, const base::Clock& clock,
    std::chrono::milliseconds patience = agreement_patience);

}  // namespace api
