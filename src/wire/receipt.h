// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"

// What receipts (wire/claim.h) are made of, and the anchor they are checked against.
namespace wire {

/// One inner node on the way from a leaf of the state tree up to its root (state/proof.h has the
/// shape and the check). `bit` is the index of the key bit at which the two sides part.
struct StateProofStep {
    std::uint8_t bit = 0;
    Hash256 sibling;
    friend bool operator==(const StateProofStep&, const StateProofStep&) = default;
};
/// Existence of `key` with `value` under a root; steps from the leaf upwards.
struct StateProof {
    base::Bytes key;
    base::Bytes value;
    std::vector<StateProofStep> steps;
    friend bool operator==(const StateProof&, const StateProof&) = default;
};

inline constexpr std::size_t trust_bytes_max = 2U << 20;

/// The anchor: what a verifier must have from elsewhere than from the one who shows the receipt.
struct Trust {
    std::string chain_id;
    HeaderHash genesis_hash;
    struct Miner {
        LedgerId id;
        PublicKeyBytes public_key;
        friend bool operator==(const Miner&, const Miner&) = default;
    };
    std::vector<Miner> miners;
    /// Of these miners so many must have signed a block, else nothing in it is believed. A file
    /// without the member leaves it to the miner alone.
    Quorum quorum = Quorum::miner_alone;
    /// The key that signs checkpoints of the history log, and those of witnesses, as verifier keys
    /// of signed notes; what they mean is read in witness/policy.h. A file without the two members
    /// has no checkpoint key and no witnesses.
    std::string checkpoint_key = {};
    std::vector<std::string> witnesses = {};
    friend bool operator==(const Trust&, const Trust&) = default;
};
/// At most so many witnesses, and bytes in a verifier key: printable ASCII without quotes,
/// backslashes and spaces. Chosen by us.
inline constexpr std::size_t trust_witnesses_max = 32;
inline constexpr std::size_t verifier_key_bytes_max = 256;
/// Indented JSON for people. CHECKs that verifier keys are of that form, and that there are
/// witnesses only where there is a checkpoint key.
[[nodiscard]] std::string to_json(const Trust& trust);
/// White space may differ, the members and their order may not; two miners of one id or none at all
/// are refused. Errors: `malformed` naming the member, `too_large` above 2 MiB.
[[nodiscard]] base::Result<Trust> trust_from_json(std::string_view json);

}  // namespace wire
