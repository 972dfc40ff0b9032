// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>

#include "base/bytes.h"
#include "keyagreement/failure.h"
#include "keyagreement/internal/symmetric_state.h"
#include "keyagreement/message.h"
#include "keyagreement/names.h"

namespace keyagreement {

// One handshake (docs/protocol.md 2.3 and 2.4), bytes in and bytes out. No clock, no randomness, no
// tables: the endpoints (client.h, server.h) bring those. All secrets are wiped with their object.

/// What both ends know beforehand.
struct Prologue {
    Profile profile;
    Suite suite;
    DomainName domain;
    PublicKey responder;
};

/// A key and the vector that nonces are made from: k 32 | iv 12.
using DirectionKeys = crypto::Secret<44>;

/// What a finished handshake leaves.
struct Agreed {
    DirectionKeys initiator_to_responder;
    DirectionKeys responder_to_initiator;
    Secret32 session_key;  ///< SecKey(CS,U) of [0].
    Secret32 login_token;  ///< TOK. A responder keeps no more than its SHA-512.
};

class Initiator {
public:
    struct Identity {
        const PrivateKey& own;  ///< s_I
        const Pid& pid;
        const Secret32& psk;
    };
    struct Fresh {
        Sid session;           ///< sidI, drawn
        PrivateKey ephemeral;  ///< e_I, drawn
        std::uint64_t time_ms;
    };
    struct Finished {
        base::Bytes message3;
        Sid session;  ///< sidR
        std::uint64_t time_ms;
        Agreed agreed;
    };

    /// Makes MSG1. Copies what it needs of `identity`. Errors: `low_order`.
    [[nodiscard]] static std::expected<Initiator, Failure> begin(const Prologue& prologue,
                                                                 const Identity& identity,
                                                                 Fresh fresh);
    [[nodiscard]] const base::Bytes& message1() const { return message1_; }
    [[nodiscard]] const Sid& session() const { return session_; }
    /// Checks MSG2 and makes MSG3. A frame that is refused changes nothing, so that a forged MSG2
    /// does not spoil the handshake. Errors: `parse`, `state` (another session's), `low_order`,
    /// `aead3`.
    [[nodiscard]] std::expected<Finished, Failure> finish(const PrivateKey& own,
                                                          base::ByteView message2) const;

private:
    Initiator(const Prologue& prologue, Fresh fresh);
    Profile profile_;
    Sid session_;
    PrivateKey ephemeral_;
    internal::SymmetricState symmetric_;
    base::Bytes message1_;
};

/// Step by step, because between the steps the caller looks the peer up and decides.
class Responder {
public:
    /// Whether `message1` was made by someone who knows `responder`: one hash, before any other
    /// work. CHECKs nothing; a frame of another size is false.
    [[nodiscard]] static bool mac1_fits(const PublicKey& responder, base::ByteView message1);

    /// es and c1: one X25519 operation. `prologue.responder` is the public key of `own`.
    /// Errors: `parse`, `low_order`, `aead1`.
    [[nodiscard]] static std::expected<Responder, Failure> open(const Prologue& prologue,
                                                                const PrivateKey& own,
                                                                base::ByteView message1);
    [[nodiscard]] const Pid& pid() const { return pid_; }
    [[nodiscard]] const Sid& initiator() const { return initiator_session_; }
    [[nodiscard]] const PublicKey& initiator_ephemeral() const { return initiator_ephemeral_; }

    /// ss, psk and c2: the stated time in ms, `no_time` without a clock. One X25519 operation.
    /// `previous` is tried when `current` does not fit. Errors: `low_order`, `aead2`.
    [[nodiscard]] std::expected<std::uint64_t, Failure> identify(const PrivateKey& own,
                                                                 const PublicKey& initiator,
                                                                 const Secret32& current,
                                                                 const Secret32* previous);
    struct Fresh {
        Sid session;                  ///< sidR, drawn
        const PrivateKey& ephemeral;  ///< e_R, drawn
        std::uint64_t time_ms;
    };
    /// ee, se and MSG2, after `identify`. Two X25519 operations. Errors: `low_order`.
    [[nodiscard]] std::expected<base::Bytes, Failure> answer(const Fresh& fresh);
    /// Checks MSG3, after `answer`. A frame that is refused changes nothing.
    /// Errors: `parse`, `state` (another session's), `confirm`.
    [[nodiscard]] std::expected<Agreed, Failure> confirm(base::ByteView message3) const;

private:
    explicit Responder(const Prologue& prologue);
    Profile profile_;
    Sid initiator_session_{};
    Sid own_session_{};
    PublicKey initiator_ephemeral_{};
    PublicKey initiator_static_{};
    SealedTime sealed_time_{};
    Pid pid_{};
    internal::SymmetricState symmetric_;
};

}  // namespace keyagreement
