// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "keyagreement/handshake.h"
#include "keyagreement/outcome.h"
#include "keyagreement/session.h"

namespace keyagreement {

/// Whom a client is and whom it speaks to.
struct ClientSetup {
    Profile profile;
    Suite suite;
    DomainName domain;
    PrivateKey own;       ///< s_I
    PublicKey responder;  ///< S_R
    Secret32 pid_key;     ///< pk_I
    /// The pre-shared key at a time of the wall clock: the pair's key for profile 1, V of the
    /// running 30 days otherwise (credentials.h).
    std::function<Secret32(base::TimePoint)> psk;
    /// Without a clock (profile 1 alone) the first MSG1 states no time, and the clock is set from
    /// the responder's.
    bool has_clock = true;
};

/// What a client reports besides failures.
struct ClientCounts {
    std::uint64_t started = 0;      ///< Handshakes, each with new ephemeral keys.
    std::uint64_t established = 0;  ///< Confirmed by a record of the peer.
    std::uint64_t cookies = 0;      ///< COOKIE replies that were followed.
    std::uint64_t repeats = 0;      ///< Of MSG3.
    FailureCounts failures;
};

/// The initiator's side of one peer (docs/protocol.md 2.5): keeps a session going from `start` on.
/// It repeats what got lost, backs off 1, 2, 4, 8 s with jitter, retries with a cookie, renews the
/// keys before they expire, and starts anew when a peer that it speaks to says nothing for 15 s.
/// Frames go out in the order of `Outcome::to_send`; the caller calls `tick` at `next_wake`.
/// `now` is the wall clock, which may jump: waiting is measured by how far it moved forwards.
/// One thread.
class Client {
public:
    /// Borrows `random`.
    Client(ClientSetup setup, base::Random& random);
    ~Client();
    Client(Client&&) noexcept;
    Client& operator=(Client&&) noexcept;

    /// Begins a handshake at once, unless one is open.
    [[nodiscard]] Outcome start(base::TimePoint now);
    /// What time asks for: repeats, retries, a new handshake. Cheap when nothing is due.
    [[nodiscard]] Outcome tick(base::TimePoint now);
    [[nodiscard]] Outcome receive(base::ByteView frame, base::TimePoint now);

    /// Whether data may be sent: a record of the peer confirmed the handshake.
    [[nodiscard]] bool ready() const;
    /// Errors: `unavailable` until ready, `too_large` above `data_plaintext_bytes_max`.
    [[nodiscard]] base::Result<base::Bytes> seal(base::ByteView plaintext, base::TimePoint now);
    /// When `tick` should be called next; far away before `start`.
    [[nodiscard]] base::TimePoint next_wake() const;
    /// Forgets session and handshake; `start` begins anew. For a carrier that knows better.
    void restart();
    /// Wipes everything: a logout. `start` begins anew.
    void close() { restart(); }

    /// Of the newest confirmed session. Nothing before `ready`.
    [[nodiscard]] const Secret32* session_key() const;
    [[nodiscard]] const Secret32* login_token() const;
    [[nodiscard]] const ClientCounts& counts() const;

private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace keyagreement
