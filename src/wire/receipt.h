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
    /// One key with which a miner was active. It stands there once more for each time that the
    /// miner came back, and for each new key.
    struct Miner {
        LedgerId id;
        PublicKeyBytes public_key;
        Height from = 1;   ///< The first block that it could seal or approve.
        Height until = 0;  ///< Exclusive; 0: it is active still.
        [[nodiscard]] bool active_at(Height height) const {
            return height >= from && (until == 0 || height < until);
        }
        friend bool operator==(const Miner&, const Miner&) = default;
    };
    std::vector<Miner> miners;
    /// Null if `id` was not active at `height`.
    [[nodiscard]] const Miner* miner_at(const LedgerId& id, Height height) const;
    /// How many were.
    [[nodiscard]] std::size_t active_at(Height height) const;
    /// Of the miners that were active at a block's height so many must have signed it, else nothing
    /// in it is believed. A file without the member leaves it to the miner alone.
    Quorum quorum = Quorum::miner_alone;
    /// The key that signs checkpoints of the history log, and those of witnesses, as verifier keys
    /// of signed notes; what they mean is read in witness/policy.h. A file without the two members
    /// has no checkpoint key and no witnesses.
    std::string checkpoint_key = {};
    std::vector<std::string> witnesses = {};
    /// So many of the witnesses must have cosigned the checkpoint of a receipt, else nothing in it
    /// is believed. 0, and no member in the file: a receipt needs no checkpoint.
    std::size_t witnesses_required = 0;
    friend bool operator==(const Trust&, const Trust&) = default;
};
/// At most so many witnesses, and bytes in a verifier key: printable ASCII without quotes,
/// backslashes and spaces. Heights as receipts have numbers: what JSON holds exactly. Chosen by us.
inline constexpr Height trust_height_max = (1ULL << 53) - 1;
inline constexpr std::size_t trust_witnesses_max = 32;
inline constexpr std::size_t verifier_key_bytes_max = 256;
/// Indented JSON for people. CHECKs that verifier keys are of that form, that there are witnesses
/// only where there is a checkpoint key, that not more are required than named, and that heights
/// are in order and within the bound.
[[nodiscard]] std::string to_json(const Trust& trust);
/// White space may differ, the members and their order may not; one miner twice at one height, or
/// no miner at all, is refused. Errors: `malformed` naming the member, `too_large` above 2 MiB.
[[nodiscard]] base::Result<Trust> trust_from_json(std::string_view json);

}  // namespace wire
