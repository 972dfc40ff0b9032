// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "wire/receipt.h"
#include "witness/checkpoint.h"
#include "witness/note.h"

// Start here to check a checkpoint: `policy_of` a trust file, then `verify_checkpoint`.
namespace witness {

/// Whose signatures a checkpoint must carry.
struct Policy {
    VerifierKey log;                     ///< Its name is the origin.
    std::vector<VerifierKey> witnesses;  ///< Each with a name and a key of its own.
    std::size_t required = 0;            ///< So many of `witnesses` must have cosigned.
};

/// The policy that a trust file states. Errors: `not_found` if it names no checkpoint key;
/// `malformed` or `bad_key` if a key does not decode; `malformed` if one is of the wrong kind, is
/// another chain's or stands there twice, or if more witnesses are required than named.
[[nodiscard]] base::Result<Policy> policy_of(const wire::Trust& trust, std::size_t required);

/// That a witness saw this checkpoint, consistent with all that it saw of the log before.
struct Witnessed {
    std::string name;
    base::TimePoint time;  ///< Stated by the witness; whole seconds.
    friend bool operator==(const Witnessed&, const Witnessed&) = default;
};

/// A checkpoint as the log and `witnesses` signed it.
struct VerifiedCheckpoint {
    std::string origin;
    std::uint64_t size = 0;  ///< `history_size` of the header.
    wire::Hash256 root;      ///< `history_root` of the header.
    HeaderBinding header;
    /// In the policy's order, each once, with the latest time it stated.
    std::vector<Witnessed> witnesses;
    friend bool operator==(const VerifiedCheckpoint&, const VerifiedCheckpoint&) = default;
};

/// The one function between an untrusted note and what it proves: reads it, verifies the log's
/// signature and those of every witness in the policy, and counts. Signatures of unknown keys are
/// ignored; one that names a known key and does not verify condemns the note. No clock is asked: a
/// time is what the witness says it is. No state, any thread.
/// Errors: `malformed`, `too_large`; `wrong_chain` (another origin); `unknown_signer` (the log did
/// not sign); `bad_signature`; `not_authorised` if fewer witnesses than required have cosigned.
[[nodiscard]] base::Result<VerifiedCheckpoint> verify_checkpoint(std::string_view note,
                                                                 const Policy& policy);
/// The same where the note is decoded already.
[[nodiscard]] base::Result<VerifiedCheckpoint> verify_checkpoint(const Note& note,
                                                                 const Policy& policy);

}  // namespace witness
