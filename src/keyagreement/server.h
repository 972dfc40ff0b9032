// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "keyagreement/handshake.h"
#include "keyagreement/outcome.h"
#include "keyagreement/session.h"

namespace keyagreement {

/// What a responder knows of a peer that may speak to it.
struct Peer {
    PeerName name;
    PublicKey static_public;               ///< S_I
    Secret32 psk;                          ///< The current one.
    std::optional<Secret32> psk_previous;  ///< Of the 30 days before, while they count.
    bool revoked = false;                  ///< Known, and refused as `revoked`.
    bool clockless_allowed = false;        ///< May state no time (profile 1 alone).
};

/// Finds who bears a pseudonym. peer_table.h is one in memory.
class PeerIndex {
public:
    virtual ~PeerIndex() = default;
    /// Looks among yesterday's, today's and tomorrow's names, and those of peers without a clock.
    [[nodiscard]] virtual std::optional<Peer> find(Profile profile, const Pid& pid,
                                                   base::TimePoint now) const = 0;
};

/// Bounds of a responder (docs/protocol.md 2.5). What is full refuses.
struct ServerLimits {
    std::size_t half_open = 65'536;
    std::size_t replay_entries = 262'144;
    std::size_t sessions = 1'000'000;
    /// MSG1 of one source in a second before it must show a cookie, and as many with one.
    std::uint32_t messages1_a_source = 20;
    /// MSG1 without a cookie over all sources: chosen by us, about half of what a core can answer.
    std::uint32_t messages1_in_all = 2'000;

    [[nodiscard]] static ServerLimits cloud() { return {}; }
    [[nodiscard]] static ServerLimits pda() {
        // A device may have 400 MSG1 answered in the 10 s of the replay cache, half of them with
        // cookies: so no two of them can fill it, and the 31 of a domain begin each second.
        return {.half_open = 256,
                .replay_entries = 1'024,
                .sessions = 256,
                .messages1_a_source = 20,
                .messages1_in_all = 100};
    }
};

struct ServerSetup {
    std::vector<Profile> profiles;  ///< That it answers.
    Suite suite;
    DomainName domain;
    PrivateKey own;              ///< s_R
    base::TimePoint started_at;  ///< Times before it are refused, since nobody remembers them.
    ServerLimits limits = {};
};

struct ServerCounts {
    std::uint64_t messages1 = 0;
    std::uint64_t dh_operations = 0;  ///< X25519, without making ephemeral keys.
    std::uint64_t keys_made = 0;      ///< Ephemeral ones.
    std::uint64_t cookies_sent = 0;
    std::uint64_t established = 0;
    std::uint64_t records_opened = 0;
    std::uint64_t records_sealed = 0;
    std::size_t half_open = 0;       ///< Now.
    std::size_t sessions = 0;        ///< Now.
    std::size_t replay_entries = 0;  ///< Now.
    FailureCounts failures;
};

/// The responder's side of thousands of peers (docs/protocol.md 2.5). A peer has at most two
/// sessions, the newest and, for 10 s, the one before it. One thread.
class Server {
public:
    /// Borrows `peers` and `random`.
    Server(ServerSetup setup, const PeerIndex& peers, base::Random& random);
    ~Server();
    Server(Server&&) noexcept;
    Server& operator=(Server&&) noexcept;

    /// `source`: what floods are told apart by: an IP prefix, or the client id over MQTT. `now` is
    /// the wall clock, which may jump. What goes out goes to the source.
    [[nodiscard]] Outcome receive(std::string_view source, base::ByteView frame,
                                  base::TimePoint now);
    /// A data record for the peer of `session`.
    /// Errors: `not_found` if there is no such session any more, `expired`, `too_large`.
    [[nodiscard]] base::Result<base::Bytes> seal(const Sid& session, base::ByteView plaintext,
                                                 base::TimePoint now);
    [[nodiscard]] std::optional<Sid> newest_session(const PeerName& peer) const;
    /// Wipes the peer's sessions and open handshakes: it was revoked, or logged out.
    void close(const PeerName& peer);
    /// Wipes what is over. Call it about once a second.
    void tick(base::TimePoint now);
    [[nodiscard]] ServerCounts counts() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyagreement
