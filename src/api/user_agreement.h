// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
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
/// whatever carries them. A handshake that a user completed leaves SecKey(CS,U) and a login token,
/// of which only the hash is kept, good once. She shows it in a data record of that handshake's
/// session; what opens then bears a token that both ends make of SecKey, and she is told in a
/// record as well: nothing that signs in is ever outside a record. Refused frames are counted and
/// get no answer. Thread-safe.
class UserAgreement {
public:
    /// From the handshake to the sign-in. Chosen by us.
    static constexpr std::chrono::minutes token_lifetime{2};
    /// Of one user; the oldest goes, as its session does (keyagreement/server.h).
    static constexpr std::size_t logins_of_a_user_max = 2;
    static constexpr std::size_t logins_max = 10'000;

    struct Parts {  // all borrowed
        const keyagreement::PeerIndex& users;
        const base::Clock& clock;
        base::Random& random;
        /// Users who may sign in no more; asked at each sign-in and each tick. May be absent.
        std::function<std::vector<keyagreement::PeerName>()> refused = {};
    };
    /// `setup.profiles` must name profile 3 alone.
    UserAgreement(keyagreement::ServerSetup setup, const Parts& parts);

    /// Opens a session of the interface for `user` which bears `session_token` (64 hexadecimal
    /// digits), and answers what she is told of it; nothing if she may not sign in. Must not call
    /// back.
    using OpenSession = std::function<std::optional<std::string>(const wire::LedgerId& user,
                                                                 const std::string& session_token)>;
    /// What goes back to the sender, in order. `source`: what floods are told apart by.
    [[nodiscard]] std::vector<base::Bytes> receive(std::string_view source, base::ByteView frame,
                                                   const OpenSession& open);
    /// Wipes what is over, and what is left of users who were refused since. Call it about once a
    /// second. Answers who is refused: their sessions of the interface must end too.
    std::vector<wire::LedgerId> tick();

    /// Frames by the reason for which they were refused, as docs/protocol.md 2.5 names it; reasons
    /// that occurred. Besides: E_TOKEN, a record that shows no login token of its own session.
    [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> refusals() const;
    [[nodiscard]] std::uint64_t established() const;
    /// Handshakes that were completed and have signed nobody in yet.
    [[nodiscard]] std::size_t waiting() const;

private:
    struct Login {
        keyagreement::PeerName user;
        crypto::Digest64 token_hash;  ///< SHA-512(TOK)
        keyagreement::Secret32 session_key;
        base::TimePoint until;
    };
    [[nodiscard]] bool is_refused(const keyagreement::PeerName& user) const;
    void remember(keyagreement::Established& established, base::TimePoint now);
    [[nodiscard]] std::optional<base::Bytes> sign_in(const keyagreement::Received& record,
                                                     const OpenSession& open, base::TimePoint now);
    Parts parts_;
    mutable std::mutex mutex_;  // guards all below
    keyagreement::Server server_;
    std::map<keyagreement::Sid, Login> logins_;  // by the session in which the token counts
    std::uint64_t refused_tokens_ = 0;
};

}  // namespace api
