// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/block.h"
#include "wire/ids.h"

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

/// All that is needed to check one committed transaction offline, against a Trust. What it proves
/// is that the holder of the miner's key sealed this, at a time it states: the issuer's word.
struct Receipt {
    base::Bytes envelope;               ///< The transaction with its signatures.
    std::uint64_t history_index = 0;    ///< Its leaf in the history log.
    std::vector<Hash256> history_path;  ///< To the header's history_root, RFC 9162.
    base::Bytes header;
    base::Bytes seal;
    std::vector<StateProof> signers;  ///< The KeyRecord of each signature, in order.
    /// For a report: the patient's leaf (whose value is the root of the patient's own tree), then
    /// the ConsentRecord in that tree.
    std::optional<StateProof> patient_leaf;
    std::optional<StateProof> consent;
    friend bool operator==(const Receipt&, const Receipt&) = default;
};

inline constexpr std::size_t receipt_bytes_max = 65'536;
inline constexpr std::size_t trust_bytes_max = 2U << 20;

/// Canonical JSON: one line, fixed order of members, bytes as unpadded base64url, no other spaces,
/// a newline at the end. docs/formats/receipt.md names each member.
[[nodiscard]] std::string to_json(const Receipt& receipt);
/// Refuses anything that does not re-serialise byte for byte. Errors: `malformed` naming the
/// member, `too_large` above 64 KiB.
[[nodiscard]] base::Result<Receipt> receipt_from_json(std::string_view json);

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
