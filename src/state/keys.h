// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "wire/ids.h"

namespace state {

/// Keys of the state: one byte that tells the kind, then ids of exact lengths, numbers big-endian.
/// The bytes enter the leaves of the tree, so they are part of the ledger's format.
///
/// kind | rest                    | value
/// 'k'  | LedgerId                | KeyRecord: the newest key
/// 'o'  | LedgerId                | KeyRecord: the key before it (see previous_key_of)
/// 'u'  | SHA-256 of a public key | LedgerId of the one identity that has or had it
/// 's'  | LedgerId                | SequenceRecord
/// 'm'  |                         | MiningRecord
/// 'n'  | index of joining 8      | MinerRecord
/// 'i'  | LedgerId of a miner     | its index, 8 bytes (encode_miner_index)
/// 'w'  |                         | DifficultyRecord; on chains of proof of work alone
/// 'q'  | miner, height 8         | EvidenceRecord: it sealed two headers of that height
/// 'e'  | SHA-256 of a content id | Tombstone
/// 't'  | hash of a key's record  | CertificationRecord
/// 'v'  |                         | SchemaRecord
/// 'g'  |                         | SHA-512 of the genesis, 64 bytes
/// 'h'  | height mod 65,536, 8    | ref of that header 32 | its height 8
/// 'f'  | ref of a header         | its height, 8 bytes; for as long as 'h' names it
/// 'r'  | body_ref of a grant     | the key of the consent that it granted
/// 'p'  | LedgerId of a patient   | root of that patient's own tree, 32 bytes
/// 0x00 |                         | the sentinel, from genesis on
/// In a patient's own tree:
/// 'c'  | patient, grantee, category 1, purpose 1 | ConsentRecord
/// 'd'  | the same                                | ConsentRecord that a newer grant replaced
/// 0x00 |                                         | the sentinel
///
/// Callers write every kind but 'p' and the sentinel: those are the tree's own.

/// The key whose validity has begun, or begins with the next block after a rotation.
[[nodiscard]] base::Bytes key_of(const wire::LedgerId& id);
/// A rotation in block H takes effect at H + 1, but the state after H must still prove the key that
/// signed the transactions of H (receipts name header H). So a rotation moves the old KeyRecord
/// here, with `valid_until` = H + 1: whoever asks for the key at a height takes `key_of` if it is
/// valid there and this one otherwise.
[[nodiscard]] base::Bytes previous_key_of(const wire::LedgerId& id);
[[nodiscard]] base::Bytes sequence_of(const wire::LedgerId& id);
[[nodiscard]] base::Bytes mining();
[[nodiscard]] base::Bytes miner_at(std::uint64_t index);
[[nodiscard]] base::Bytes miner_index_of(const wire::LedgerId& id);
[[nodiscard]] base::Bytes patient_of(const wire::LedgerId& patient);
/// Whoever enrols or rotates asks here whether the key is anybody's.
[[nodiscard]] base::Bytes owner_of_key(const wire::PublicKeyBytes& public_key);
[[nodiscard]] base::Bytes difficulty();
[[nodiscard]] base::Bytes evidence_of(const wire::LedgerId& miner, wire::Height height);
[[nodiscard]] base::Bytes tombstone_of(const wire::ContentId& content_id);
/// Of the record of a static key that a key generator certified.
[[nodiscard]] base::Bytes certification_of(const wire::Hash256& record_hash);
[[nodiscard]] base::Bytes schema();
[[nodiscard]] base::Bytes genesis_hash();

/// A report may name one of the last so many headers, the genesis among them; chosen by us: half a
/// day of one block a second. Two entries a header, kept in a ring.
inline constexpr wire::Height headers_kept = 65'536;
[[nodiscard]] base::Bytes header_slot_of(wire::Height height);
[[nodiscard]] base::Bytes header_height_of(const wire::Hash256& header_ref);
/// How a withdrawal finds what it withdraws.
[[nodiscard]] base::Bytes consent_reference_of(const wire::Hash256& body_ref);

struct ConsentKey {
    wire::LedgerId patient;
    wire::LedgerId grantee;
    wire::Category category{};
    wire::Purpose purpose{};
    friend bool operator==(const ConsentKey&, const ConsentKey&) = default;
};
[[nodiscard]] base::Bytes consent_of(const ConsentKey& consent);
/// A grant that replaces another in block H would hide what approved reports of H rest on: the
/// replaced record moves here, with `revoked_height` = H. A second replacement within the same
/// block
/// (`granted_height` == H already) must be refused by the contract.
[[nodiscard]] base::Bytes replaced_consent_of(const ConsentKey& consent);
/// Reads both kinds of consent keys. Nothing for any other key, or one of another length.
[[nodiscard]] std::optional<ConsentKey> parse_consent_key(base::ByteView key);

/// What each tree holds from its beginning, so that none is ever empty.
[[nodiscard]] base::Bytes sentinel_key();
[[nodiscard]] base::Bytes sentinel_value();

/// The patient whose own tree holds `key`; nothing if the main tree does.
[[nodiscard]] std::optional<wire::LedgerId> patient_tree_of(base::ByteView key);

}  // namespace state
