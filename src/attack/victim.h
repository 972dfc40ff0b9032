// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "attack/leaky_random.h"
#include "attack/world.h"
#include "keyagreement/client.h"

namespace attack {

/// An honest client of a line that speaks to a party that runs: what it says and is told is written
/// down, and what it draws leaks.
class Victim {
public:
    /// Borrows `line` and `random`.
    Victim(const Line& line, base::Random& random);
    Victim(const Victim&) = delete;
    Victim& operator=(const Victim&) = delete;

    [[nodiscard]] keyagreement::Outcome start(base::TimePoint now);
    [[nodiscard]] keyagreement::Outcome receive(base::ByteView frame, base::TimePoint now);
    /// CHECKs that the handshake is confirmed.
    [[nodiscard]] Bytes seal(base::ByteView plaintext, base::TimePoint now);

    /// What whoever listens has of it. MSG3 is there even if its carrier kept it back.
    [[nodiscard]] const Heard& heard() const { return heard_; }
    /// Nothing before the handshake is confirmed.
    [[nodiscard]] const Secret32* session_key() const { return client_.session_key(); }
    [[nodiscard]] const Secret32* login_token() const { return client_.login_token(); }
    /// es, ee and se: all that the ephemeral keys of both ends give. e_R is in another process, so
    /// se = DH(e_R, S_I) is computed as DH(s_I, E_R), which is the same value. Nothing before MSG3.
    [[nodiscard]] std::optional<Known> ephemerals() const;

private:
    void note(const keyagreement::Outcome& outcome);
    const Line& line_;
    LeakyRandom leaky_;
    keyagreement::Client client_;
    Heard heard_;
};

/// What a leak of a victim's ephemeral secrets, and its transcript, gave.
struct Leak {
    bool keys = false;     ///< Something of its session; names and times of MSG1 do not count.
    bool control = false;  ///< With the statics' product and the psk as well, all of it.
};
/// `outsider`: another enrolled party, whose secrets are tried for the missing ones; may be null.
[[nodiscard]] Leak leak_ephemerals(const Line& line, const Victim& victim, const Line* outsider,
                                   base::TimePoint now);

}  // namespace attack
