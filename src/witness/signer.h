// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "crypto/ed25519.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

namespace witness {

/// Signs checkpoints for a log: the log's own Ed25519 signature over the text. That no two of them
/// contradict each other is the caller's duty. Thread-safe.
class CheckpointSigner {
public:
    /// `origin` is the key's name. CHECKs that it may be one.
    CheckpointSigner(std::string origin, crypto::Ed25519PrivateKey key);
    /// CHECKs the origin.
    [[nodiscard]] Note sign(const Checkpoint& checkpoint) const;
    [[nodiscard]] const VerifierKey& verifier_key() const { return verifier_key_; }

private:
    VerifierKey verifier_key_;
    crypto::Ed25519PrivateKey key_;
};

/// Signs for a witness, cosignature/v1 of c2sp.org/tlog-cosignature. Whoever calls it must have
/// checked the log's consistency before: `Witness`. Thread-safe.
class Cosigner {
public:
    /// CHECKs that `name` may be a key's.
    Cosigner(std::string name, crypto::Ed25519PrivateKey key);
    /// `time` is cut to whole seconds. CHECKs that it is not before 1970.
    [[nodiscard]] NoteSignature cosign(std::string_view note_text, base::TimePoint time) const;
    [[nodiscard]] const VerifierKey& verifier_key() const { return verifier_key_; }

private:
    VerifierKey verifier_key_;
    crypto::Ed25519PrivateKey key_;
};

/// Errors: `bad_signature` unless `signature` is by the log's `key` over `note_text`.
[[nodiscard]] base::Result<void> verify_signature(std::string_view note_text,
                                                  const NoteSignature& signature,
                                                  const VerifierKey& key);
/// Whether the log signed the note: every line by `log` verifies, and there is one. Errors:
/// `unknown_signer` if there is none, `bad_signature`.
[[nodiscard]] base::Result<void> verify_log_signature(const Note& note, const VerifierKey& log);
/// The time that the witness states. Errors: `bad_signature`; `malformed` for a time after the year
/// 9999.
[[nodiscard]] base::Result<base::TimePoint> verify_cosignature(std::string_view note_text,
                                                               const NoteSignature& signature,
                                                               const VerifierKey& key);

}  // namespace witness
