// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/ids.h"

namespace wire {

/// Bounds for parsers of untrusted bytes, chosen by us: 2,000 of the largest transactions fit into
/// a block, over 100,000 members into a genesis.
inline constexpr std::size_t block_bytes_max = 160U << 20;
inline constexpr std::size_t genesis_bytes_max = 16U << 20;

/// See proto/salus/v1/block.proto for each field's meaning.
struct Header {
    std::string chain_id;
    Height height = 0;
    HeaderHash previous_hash;
    Hash256 transactions_root;
    Hash256 state_root;
    Hash256 history_root;
    std::uint64_t history_size = 0;
    base::TimePoint time;
    LedgerId miner;
    friend bool operator==(const Header&, const Header&) = default;
};
struct Approval {
    LedgerId miner;
    SignatureBytes signature;
    friend bool operator==(const Approval&, const Approval&) = default;
};
struct Seal {
    std::uint64_t round = 0;
    SignatureBytes signature;
    std::vector<Approval> approvals;
    std::uint32_t passed_over = 0;
    std::uint64_t nonce = 0;
    std::uint32_t attempt = 0;  ///< In which all approvals were given (docs/adr/0018).
    friend bool operator==(const Seal&, const Seal&) = default;
};
struct Block {
    base::Bytes header_bytes;  ///< What is hashed and signed.
    Header header;             ///< `header_bytes`, decoded.
    Seal seal;
    std::vector<base::Bytes> transactions;  ///< Canonical envelopes, in order, all accepted.
};
struct Member {
    LedgerId id;
    Role role{};
    SignatureScheme scheme{};
    PublicKeyBytes public_key;
    Custody custody{};
    friend bool operator==(const Member&, const Member&) = default;
};
/// Who makes blocks and whose signatures they need; the defaults are those of a node alone.
struct ConsensusPolicy {
    EngineKind engine = EngineKind::equal_opportunity;
    Quorum quorum = Quorum::miner_alone;
    std::chrono::milliseconds turn_timeout{2'000};  ///< Block time for each miner passed over.
    std::uint32_t pass_limit = 3;        ///< Times in a round that a turn is kept for one absent.
    std::uint32_t difficulty_bits = 16;  ///< Proof of work: leading zero bits at the beginning.
    std::uint32_t retarget_blocks = 32;
    std::chrono::milliseconds block_target{1'000};
    friend bool operator==(const ConsensusPolicy&, const ConsensusPolicy&) = default;
};
struct Genesis {
    std::string chain_id;
    base::TimePoint time;
    bool demo = false;
    std::vector<Member> members;  ///< The first administrator, then miners in order of joining.
    ConsensusPolicy policy = {};
    friend bool operator==(const Genesis&, const Genesis&) = default;
};

[[nodiscard]] base::Bytes encode(const Header& header);
[[nodiscard]] base::Bytes encode(const Seal& seal);
[[nodiscard]] base::Bytes encode(const Block& block);
[[nodiscard]] base::Bytes encode(const Genesis& genesis);

/// Parse untrusted bytes; all refuse what does not re-serialise to itself, two approvals by one
/// miner, two members of one id, and a transaction that is empty or too large for one.
/// Errors: `malformed`, `too_large`.
[[nodiscard]] base::Result<Header> decode_header(base::ByteView bytes);
[[nodiscard]] base::Result<Seal> decode_seal(base::ByteView bytes);
/// Does not decode the transactions.
[[nodiscard]] base::Result<Block> decode_block(base::ByteView bytes);
[[nodiscard]] base::Result<Genesis> decode_genesis(base::ByteView bytes);

/// What a miner signs to seal a block: "salus-seal-1" | round 8 | passed_over 4 | nonce
/// 8 | header, numbers big-endian. They are no part of the header (every engine seals the same
/// header), but they are signed with it. Of `seal` these three alone are read.
[[nodiscard]] base::Bytes sealed_message(base::ByteView header_bytes, const Seal& seal);
/// What a miner signs to approve it, also one that sealed it: "salus-approval-1" | attempt 4 | what
/// stands in the sealed message after its name. Approvals of two attempts never count together.
[[nodiscard]] base::Bytes approval_message(base::ByteView header_bytes, const Seal& seal);

/// SHA-512.
[[nodiscard]] HeaderHash hash_of_header(base::ByteView header_bytes);
/// SHA-512/256: how a transaction's body names a header.
[[nodiscard]] Hash256 header_ref(base::ByteView header_bytes);
[[nodiscard]] HeaderHash hash_of(const Genesis& genesis);

}  // namespace wire
