// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "contracts/contract.h"

namespace contracts {

/// Equal opportunity [0, Algorithms 1 and 2], kept as state. The next miner is the first one, from
/// `MiningRecord::next` on in order of joining, whose key is valid; at the end of the list a new
/// round begins. One that joins stands last and so has its turn in the round that is running.
/// Miners whose key has ended are passed over. O(1) while none has.
struct MinerTurn {
    wire::LedgerId miner;
    state::KeyRecord key;
    std::uint64_t round = 0;
    std::uint64_t index = 0;  ///< In order of joining.
};

/// Who mines the block at `height`. Errors: `not_eligible` if nobody can.
[[nodiscard]] base::Result<MinerTurn> turn_at(const state::StateView& view, wire::Height height);

/// `turn` was taken: the next one follows. Call after the block's transactions were applied.
[[nodiscard]] base::Result<void> advance_turn(state::Overlay& overlay, const MinerTurn& turn);

/// `miner` stands last in order of joining.
[[nodiscard]] base::Result<void> register_miner(state::Overlay& overlay,
                                                const wire::LedgerId& miner);

[[nodiscard]] base::Result<state::MiningRecord> mining_record(const state::StateView& view);
/// CHECKs nothing: an index without a miner is `corrupted`.
[[nodiscard]] base::Result<wire::LedgerId> miner_at(const state::StateView& view,
                                                    std::uint64_t index);

}  // namespace contracts
