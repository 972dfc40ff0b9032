// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/receipt.h"

// Receipts: one fact about the ledger, with all that is needed to check it offline against a Trust.
// docs/formats/receipt.md has the three forms and the checks; ledger/verify_claim.h makes them.
namespace wire {

/// This transaction is in the ledger, signed by those who must.
struct ProvenTransaction {
    base::Bytes envelope;               ///< The transaction with its signatures.
    std::uint64_t history_index = 0;    ///< Its leaf in the history log.
    std::vector<Hash256> history_path;  ///< To the header's history_root, RFC 9162.
    std::vector<StateProof> signers;    ///< The KeyRecord of each signature, in order.
    /// For a report: the patient's leaf (whose value is the root of the patient's own tree), then
    /// the ConsentRecord in that tree.
    std::optional<StateProof> patient_leaf;
    std::optional<StateProof> consent;
    friend bool operator==(const ProvenTransaction&, const ProvenTransaction&) = default;
};

/// This consent was in force at the header's height and time.
struct ProvenConsent {
    StateProof patient_leaf;
    StateProof consent;
    friend bool operator==(const ProvenConsent&, const ProvenConsent&) = default;
};

/// Why one id had no consent: exactly one of the two, or none where the patient has no leaf at all.
struct UncoveredReader {
    LedgerId id;
    std::optional<StateProof> absence;  ///< The leaf reached in the patient's own tree.
    std::optional<StateProof> record;   ///< A ConsentRecord there that did not stand.
    friend bool operator==(const UncoveredReader&, const UncoveredReader&) = default;
};
/// No consent of this patient let any of these ids see `category` for `purpose` at the header's
/// height and time. Whether the ids are all that cover a person is for the reader to judge.
struct ProvenNoConsent {
    LedgerId patient;
    Category category{};
    Purpose purpose{};
    /// Exactly one of the two: the patient's leaf, or the one reached in place of it.
    std::optional<StateProof> patient_leaf;
    std::optional<StateProof> patient_absence;
    std::vector<UncoveredReader> readers;
    friend bool operator==(const ProvenNoConsent&, const ProvenNoConsent&) = default;
};

/// The key of this vault object is destroyed.
struct ProvenKeyDestroyed {
    ContentId content_id;
    StateProof tombstone;
    friend bool operator==(const ProvenKeyDestroyed&, const ProvenKeyDestroyed&) = default;
};

/// A checkpoint whose history begins with the header's.
struct CheckpointLink {
    std::string note;           ///< A signed note; witness/policy.h says what it proves.
    std::vector<Hash256> path;  ///< RFC 9162 section 2.1.4, from the header's history_size on.
    friend bool operator==(const CheckpointLink&, const CheckpointLink&) = default;
};

using Fact = std::variant<ProvenTransaction, ProvenConsent, ProvenNoConsent, ProvenKeyDestroyed>;

struct Claim {
    base::Bytes header;
    base::Bytes seal;
    Fact fact;
    std::optional<CheckpointLink> checkpoint;
    friend bool operator==(const Claim&, const Claim&) = default;
};
/// "transaction", "consent", "no_consent", "key_destroyed".
[[nodiscard]] std::string_view name_of(const Fact& fact);

/// Of any form. Chosen by us.
inline constexpr std::size_t claim_bytes_max = 65'536;
/// Ids that one claim of no consent may be about. Chosen by us.
inline constexpr std::size_t uncovered_readers_max = 16;

/// Canonical JSON: one line, fixed order of members, bytes as unpadded base64url, no other spaces,
/// a newline at the end. CHECKs that a number of readers is within its bound.
[[nodiscard]] std::string to_json(const Claim& claim);
/// The compact form: canonical protobuf (proto/salus/v1/receipt.proto), packed. Of a claim that
/// would be above 64 KiB the plain one, which nobody reads.
[[nodiscard]] base::Bytes encode(const Claim& claim);
/// Versions 2 and 3 of it, which are still read: the protobuf alone, and packed.
[[nodiscard]] base::Bytes encode_plain(const Claim& claim);
[[nodiscard]] base::Bytes encode_packed(const Claim& claim);
/// For QR codes: "SALUS:" and the compact form in base45 (RFC 9285), all of it in QR's alphanumeric
/// set.
[[nodiscard]] std::string to_text(const Claim& claim);

/// Each refuses what does not write again to the same bytes. Errors: `malformed` naming the member,
/// `undecodable`, `not_canonical`, `too_large` above 64 KiB.
[[nodiscard]] base::Result<Claim> claim_from_json(std::string_view json);
[[nodiscard]] base::Result<Claim> decode_claim(base::ByteView bytes);
[[nodiscard]] base::Result<Claim> claim_from_text(std::string_view text);
/// Any of the three forms, told apart by how it begins; white space around a text is no part of it.
[[nodiscard]] base::Result<Claim> read_claim(base::ByteView bytes);

}  // namespace wire
