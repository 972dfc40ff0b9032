// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/random.h"
#include "crypto/hash.h"
#include "keyagreement/server.h"
#include "wire/ids.h"

namespace api {

/// The users' side of key agreement (profile 3, docs/protocol.md 2.3): frames in, frames out, over
/// whatever carries them. A handshake that a user completed leaves a login token, of which only the
/// hash is kept, good once. Refused frames are counted and get no answer. Thread-safe.
class UserAgreement {
public:
    /// From the handshake to the sign-in. Chosen by us.
    static constexpr std::chrono::minutes token_lifetime{2};
    static constexpr std::size_t tokens_max = 10'000;

    struct Parts {  // all borrowed
        const keyagreement::PeerIndex& users;
        const base::Clock& clock;
        base::Random& random;
    };
    /// `setup.profiles` must name profile 3 alone.
    UserAgreement(keyagreement::ServerSetup setup, const Parts& parts);

    /// What goes back to the sender, in order. `source`: what floods are told apart by.
    [[nodiscard]] std::vector<base::Bytes> receive(std::string_view source, base::ByteView frame);
    /// Whose login token it is. It is used up, and the session it came from is wiped.
    [[nodiscard]] std::optional<wire::LedgerId> spend(base::ByteView token);
    /// Wipes what is over. Call it about once a second.
    void tick();

    /// Frames by the reason for which they were refused, as docs/protocol.md 2.5 names it; reasons
    /// that occurred.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> refusals() const;
    [[nodiscard]] std::uint64_t established() const;

private:
    struct Token {
        wire::LedgerId user;
        base::TimePoint until;
    };
    Parts parts_;
    mutable std::mutex mutex_;  // guards both below
    keyagreement::Server server_;
    std::map<crypto::Digest64, Token> tokens_;  // by SHA-512(TOK)
};

}  // namespace api
