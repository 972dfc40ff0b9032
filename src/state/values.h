// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/ids.h"

namespace state {

/// Values of the state tree; proto/salus/v1/state.proto has the encoding. All decoders refuse bytes
/// that do not re-serialise to themselves. Errors: `malformed`.

struct KeyRecord {
    wire::Role role{};
    wire::SignatureScheme scheme{};
    wire::PublicKeyBytes public_key;
    wire::Custody custody{};
    wire::Height valid_from = 0;   ///< Inclusive.
    wire::Height valid_until = 0;  ///< Exclusive; 0: no end.
    [[nodiscard]] bool valid_at(wire::Height height) const {
        return height >= valid_from && (valid_until == 0 || height < valid_until);
    }
    friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

/// Which sequences of a sender were used. A sequence is accepted once; it may come late, up to
/// 4,096 below the highest, so that one transaction that waits blocks no other. There is no bound
/// upwards: a sender who jumps far gives away numbers of its own and nobody else's, and the highest
/// of all (2^64 - 1) ends only that sender.
class SequenceRecord {
public:
    static constexpr std::uint64_t window = 4'096;

    /// Marks `sequence` as used. False, and nothing changes, if it was used before, lies more than
    /// `window` below the highest, or is 0 (which no sender uses).
    [[nodiscard]] bool accept(std::uint64_t sequence);
    /// Whether `accept` would say yes.
    [[nodiscard]] bool is_fresh(std::uint64_t sequence) const;
    /// 0 before the first.
    [[nodiscard]] std::uint64_t highest() const { return highest_; }

    friend bool operator==(const SequenceRecord&, const SequenceRecord&) = default;

private:
    friend base::Bytes encode(const SequenceRecord& record);
    friend base::Result<SequenceRecord> decode_sequence_record(base::ByteView bytes);
    std::uint64_t highest_ = 0;
    /// Bit d - 1 (byte (d - 1) / 8, lowest bit first): highest_ - d was used, d in [1, 4096].
    /// Trailing zero bytes are left out.
    base::Bytes used_;
};

struct ConsentRecord {
    wire::Hash256 consent;  ///< body_ref of the granting transaction.
    base::TimePoint from;   ///< Inclusive.
    base::TimePoint until;  ///< Exclusive.
    wire::Height granted_height = 0;
    wire::Height revoked_height = 0;  ///< 0: stands.
    wire::Hash256 token_key_hash;
    /// Granted, not withdrawn, and within its period at `time`.
    [[nodiscard]] bool stands_at(base::TimePoint time) const {
        return revoked_height == 0 && from <= time && time < until;
    }
    friend bool operator==(const ConsentRecord&, const ConsentRecord&) = default;
};

/// An index in order of joining; nothing: the end of a list.
using MinerLink = std::optional<std::uint64_t>;

/// Whose turn it is to mine [0, Algorithms 1 and 2]; contracts/mining.h has the rules.
struct MiningRecord {
    std::uint64_t round = 0;
    MinerLink next;  ///< Whose turn of this round comes next; nothing: all of the list had theirs.
    MinerLink head;  ///< The list of active miners, in order of joining.
    MinerLink tail;
    std::uint64_t registered = 0;  ///< How many have ever joined: indices are below.
    std::uint64_t active = 0;      ///< How many are in the list.
    MinerLink kept_head;           ///< Those who were absent and whose turn is kept, in order.
    MinerLink kept_tail;
    friend bool operator==(const MiningRecord&, const MiningRecord&) = default;
};

struct MinerRecord {
    wire::LedgerId id;
    wire::MinerStanding standing{};
    wire::Height joined_height = 0;  ///< Of the block that put it where it stands in the list.
    std::uint64_t turns = 0;         ///< Blocks mined.
    std::uint64_t forfeits = 0;      ///< Rounds in which it lost its turn.
    std::optional<std::uint64_t> last_round;   ///< In which it mined.
    std::optional<std::uint64_t> ended_round;  ///< In which it last left or was suspended.
    MinerLink previous;                        ///< In the list of active miners.
    MinerLink next;
    MinerLink kept_previous;  ///< Among those whose turn is kept.
    MinerLink kept_next;
    std::uint32_t passes = 0;  ///< Times passed over while its turn is kept; 0: it is not.
    friend bool operator==(const MinerRecord&, const MinerRecord&) = default;
};

/// Proof of work: SHA-256d of header and nonce, as a big-endian number, is at most `target`.
struct DifficultyRecord {
    wire::Hash256 target;
    base::TimePoint period_start;  ///< Block time at which the running period began.
    std::uint64_t blocks = 0;      ///< Of the running period.
    friend bool operator==(const DifficultyRecord&, const DifficultyRecord&) = default;
};

/// One miner sealed two headers of one height.
struct EvidenceRecord {
    wire::Hash256 reference;  ///< body_ref of the transaction that proved it.
    wire::Height height = 0;  ///< Of the block that took it.
    friend bool operator==(const EvidenceRecord&, const EvidenceRecord&) = default;
};

/// Every copy of the key of a vault object is destroyed.
struct Tombstone {
    wire::LedgerId patient;
    wire::LedgerId cloud_server;
    wire::Hash256 reference;  ///< body_ref of the transaction that says so.
    wire::Height height = 0;  ///< Of its block.
    friend bool operator==(const Tombstone&, const Tombstone&) = default;
};

/// A key generator certified a record of somebody's static key.
struct CertificationRecord {
    wire::LedgerId certifier;
    wire::Height certified_height = 0;
    wire::Height revoked_height = 0;  ///< 0: stands.
    friend bool operator==(const CertificationRecord&, const CertificationRecord&) = default;
};

/// Which version of the rules holds.
struct SchemaRecord {
    std::uint32_t version = 0;
    std::uint32_t next_version = 0;   ///< 0: none is scheduled.
    wire::Height upgrade_height = 0;  ///< The first block under `next_version`.
    /// Under which version the block at `height` is executed.
    [[nodiscard]] std::uint32_t version_at(wire::Height height) const {
        return next_version != 0 && height >= upgrade_height ? next_version : version;
    }
    friend bool operator==(const SchemaRecord&, const SchemaRecord&) = default;
};

/// A header that reports may name.
struct HeaderSlot {
    wire::Hash256 ref;
    wire::Height height = 0;
    friend bool operator==(const HeaderSlot&, const HeaderSlot&) = default;
};

[[nodiscard]] base::Bytes encode(const KeyRecord& record);
[[nodiscard]] base::Bytes encode(const SequenceRecord& record);
[[nodiscard]] base::Bytes encode(const ConsentRecord& record);
[[nodiscard]] base::Bytes encode(const MiningRecord& record);
[[nodiscard]] base::Bytes encode(const MinerRecord& record);
[[nodiscard]] base::Bytes encode(const DifficultyRecord& record);
[[nodiscard]] base::Bytes encode(const EvidenceRecord& record);
[[nodiscard]] base::Bytes encode(const Tombstone& record);
[[nodiscard]] base::Bytes encode(const CertificationRecord& record);
[[nodiscard]] base::Bytes encode(const SchemaRecord& record);
[[nodiscard]] base::Result<KeyRecord> decode_key_record(base::ByteView bytes);
[[nodiscard]] base::Result<SequenceRecord> decode_sequence_record(base::ByteView bytes);
[[nodiscard]] base::Result<ConsentRecord> decode_consent_record(base::ByteView bytes);
[[nodiscard]] base::Result<MiningRecord> decode_mining_record(base::ByteView bytes);
[[nodiscard]] base::Result<MinerRecord> decode_miner_record(base::ByteView bytes);
[[nodiscard]] base::Result<DifficultyRecord> decode_difficulty_record(base::ByteView bytes);
[[nodiscard]] base::Result<EvidenceRecord> decode_evidence_record(base::ByteView bytes);
[[nodiscard]] base::Result<Tombstone> decode_tombstone(base::ByteView bytes);
[[nodiscard]] base::Result<CertificationRecord> decode_certification_record(base::ByteView bytes);
[[nodiscard]] base::Result<SchemaRecord> decode_schema_record(base::ByteView bytes);

/// The value under 'i': 8 bytes, big-endian.
[[nodiscard]] base::Bytes encode_miner_index(std::uint64_t index);
[[nodiscard]] base::Result<std::uint64_t> decode_miner_index(base::ByteView bytes);
/// The value under 'f': 8 bytes, big-endian.
[[nodiscard]] base::Bytes encode_height(wire::Height height);
[[nodiscard]] base::Result<wire::Height> decode_height(base::ByteView bytes);
/// The value under 'h': ref 32, height 8.
[[nodiscard]] base::Bytes encode(const HeaderSlot& slot);
[[nodiscard]] base::Result<HeaderSlot> decode_header_slot(base::ByteView bytes);

}  // namespace state
