// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"
#include "keyagreement/handshake.h"
#include "keyagreement/names.h"

namespace attack {

// docs/protocol.md 2.4 once more, written for somebody who lacks some of what goes into the keys.
// It shares no code with keyagreement, so that a wrong key there does not hide here.

/// The secret inputs of a handshake. What an attacker does not have counts as 32 zero bytes.
struct Known {
    std::optional<crypto::Secret32> es;
    std::optional<crypto::Secret32> ss;
    std::optional<crypto::Secret32> psk;
    std::optional<crypto::Secret32> ee;
    std::optional<crypto::Secret32> se;
};

/// What everybody may know of the two that speak.
struct Parties {
    keyagreement::Prologue prologue;
    keyagreement::PublicKey initiator;  ///< S_I
};

/// A handshake and one record of each end as they were on the wire.
struct Heard {
    base::Bytes message1;
    base::Bytes message2;
    base::Bytes message3;
    base::Bytes record;       ///< The initiator's.
    base::Bytes answer = {};  ///< The responder's; may be missing.
};

/// What somebody who knows `known` reads of it.
struct Reading {
    std::optional<keyagreement::Pid> pid;  ///< c1
    bool time1 = false;                    ///< c2
    bool time2 = false;                    ///< c3
    bool confirmation = false;             ///< c4
    std::optional<base::Bytes> record;
    std::optional<base::Bytes> answer;
    crypto::Secret32 session_key;  ///< What it takes for SecKey.
    [[nodiscard]] bool nothing() const {
        return !pid && !time1 && !time2 && !confirmation && !record && !answer;
    }
};
[[nodiscard]] Reading read(const Parties& parties, const Known& known, const Heard& heard);

// Messages as somebody makes them who knows `known`.

struct Forgery1 {
    keyagreement::Sid session;
    keyagreement::PublicKey ephemeral;
    keyagreement::Pid pid;
    std::uint64_t time_ms;
};
[[nodiscard]] base::Bytes forge_message1(const Parties& parties, const Known& known,
                                         const Forgery1& forgery);
struct Forgery2 {
    keyagreement::Sid session;
    keyagreement::PublicKey ephemeral;
    std::uint64_t time_ms;
};
/// CHECKs that `message1` is one.
[[nodiscard]] base::Bytes forge_message2(const Parties& parties, const Known& known,
                                         base::ByteView message1, const Forgery2& forgery);
/// CHECKs that `message1` and `message2` are such.
[[nodiscard]] base::Bytes forge_message3(const Parties& parties, const Known& known,
                                         base::ByteView message1, base::ByteView message2);

/// The same message with the mac1 that its altered bytes need: the responder's public key, of which
/// mac1 is made, is no secret.
[[nodiscard]] base::Bytes with_mac1(const keyagreement::PublicKey& responder, base::Bytes message1);

}  // namespace attack
