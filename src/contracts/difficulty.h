// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"
#include "wire/block.h"

namespace contracts {

/// Proof of work as [2][3] describe it, for study: SHA-256(SHA-256(header | nonce 8)), read as a
/// big-endian number, is at most the target that stands in the state before the block. After every
/// `retarget_blocks` blocks the target is multiplied by the time they took over the time they
/// should have taken, at most by 4 and at least by 1/4, block times alone. Integers, rounded down.

/// 2^(256 - bits) - 1. CHECKs bits <= 255.
[[nodiscard]] wire::Hash256 target_of_bits(std::uint32_t bits);
/// `target` * taken / planned, within a factor of 4 and 2^256 - 1, and at least 1. CHECKs
/// planned > 0.
[[nodiscard]] wire::Hash256 retargeted(const wire::Hash256& target, std::chrono::milliseconds taken,
                                       std::chrono::milliseconds planned);

[[nodiscard]] wire::Hash256 work_hash(base::ByteView header_bytes, std::uint64_t nonce);
[[nodiscard]] bool meets_target(base::ByteView header_bytes, std::uint64_t nonce,
                                const wire::Hash256& target);

/// Into the state of a genesis.
void begin_difficulty(state::Overlay& overlay, const wire::Genesis& genesis);
/// The last thing in a block: it counts, and ends a period where it is the last of one.
[[nodiscard]] base::Result<void> count_block(state::Overlay& overlay,
                                             const wire::ConsensusPolicy& policy,
                                             base::TimePoint block_time);
[[nodiscard]] base::Result<state::DifficultyRecord> difficulty_record(const state::StateView& view);

}  // namespace contracts
