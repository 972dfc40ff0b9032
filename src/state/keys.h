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
/// kind | rest                                    | value
/// 'k'  | LedgerId                                | KeyRecord: the newest key
/// 'o'  | LedgerId                                | KeyRecord: the key before it (see
/// previous_key_of) 's'  | LedgerId                                | SequenceRecord 'm'  | |
/// MiningRecord 'n'  | index in order of joining, 8 bytes      | LedgerId of that miner, 16 bytes
/// 'i'  | LedgerId of a miner                     | its index, 8 bytes (encode_miner_index)
/// 'p'  | LedgerId of a patient                   | root of that patient's own tree, 32 bytes
/// 'c'  | patient, grantee, category 1, purpose 1 | ConsentRecord, in the patient's own tree
/// 'd'  | the same                                | ConsentRecord that a newer grant replaced,
/// there 0x00 |                                         | the sentinel, from genesis on
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
