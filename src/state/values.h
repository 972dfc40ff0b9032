// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

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

/// Equal opportunity [0, Algorithms 1 and 2] as state.
struct MiningRecord {
    std::uint64_t round = 0;
    std::uint64_t next = 0;        ///< Index in order of joining of the next miner in this round.
    std::uint64_t registered = 0;  ///< How many miners have joined.
    friend bool operator==(const MiningRecord&, const MiningRecord&) = default;
};

[[nodiscard]] base::Bytes encode(const KeyRecord& record);
[[nodiscard]] base::Bytes encode(const SequenceRecord& record);
[[nodiscard]] base::Bytes encode(const ConsentRecord& record);
[[nodiscard]] base::Bytes encode(const MiningRecord& record);
[[nodiscard]] base::Result<KeyRecord> decode_key_record(base::ByteView bytes);
[[nodiscard]] base::Result<SequenceRecord> decode_sequence_record(base::ByteView bytes);
[[nodiscard]] base::Result<ConsentRecord> decode_consent_record(base::ByteView bytes);
[[nodiscard]] base::Result<MiningRecord> decode_mining_record(base::ByteView bytes);

/// The value under 'i': 8 bytes, big-endian.
[[nodiscard]] base::Bytes encode_miner_index(std::uint64_t index);
[[nodiscard]] base::Result<std::uint64_t> decode_miner_index(base::ByteView bytes);

}  // namespace state
