// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "crypto/hash.h"
#include "keyagreement/failure.h"
#include "keyagreement/names.h"

namespace keyagreement {

/// Plaintext of a data record.
struct Received {
    PeerName peer;  ///< Who sent it; at a `Client`, which has one peer, zeros.
    Sid session;    ///< This end's name of the session.
    Profile profile;
    base::Bytes plaintext;
};

/// What a user's login leaves at the cloud server (profile 3).
struct UserSecrets {
    Secret32 session_key;         ///< SecKey(CS,U)
    crypto::Digest64 token_hash;  ///< SHA-512(TOK): all that is kept of the login token.
};

/// A handshake that this call completed.
struct Established {
    PeerName peer;  ///< At a `Client`, zeros.
    Sid session;
    Profile profile;
    std::optional<UserSecrets> user;  ///< At a `Server`, for profile 3.
};

/// Of one call of an endpoint.
struct Outcome {
    std::vector<base::Bytes>
        to_send;  ///< To where the input came from; of a `Client`: to its peer.
    std::optional<Received> received;
    std::optional<Established> established;
    std::optional<Failure> failure;  ///< Counted already; nothing goes out for it.
    /// A `Client` without a clock learnt the time from its peer, authenticated: set the clock.
    std::optional<base::TimePoint> peer_time;
};

}  // namespace keyagreement
