// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "contracts/contract.h"
#include "wire/block.h"

namespace contracts {

/// Whose turn it is to mine, kept as state so that each turn costs the same however many miners
/// there are. Active miners form a list in order of joining; whoever leaves, is suspended or loses
/// its key is unlinked, and one that comes back is linked anew at the end.
///
/// Equal opportunity [0, Algorithms 1 and 2]: a round gives each active miner one turn, in order of
/// joining; one that joins stands last and has its turn in the round that is running. The turn of a
/// miner who is absent for the policy's timeout is passed over and kept: after the list those whose
/// turn is kept are asked, in the order in which they were passed over, before the round ends. A
/// turn is kept at most `pass_limit` times in a round; passed over once more, it is forfeited and
/// counted. So nobody mines twice in a round, and no round ends while somebody waits.
///
/// Authority: a fixed rotation in order of joining that every block moves on by one; whoever is
/// absent is passed over at this height, which is counted as a forfeit, and its turn is not kept. A
/// round is once through the list.
///
/// Proof of work: any active miner may mine, nobody is passed over, the round stays 0.
struct MinerTurn {
    wire::LedgerId miner;
    state::KeyRecord key;
    std::uint64_t round = 0;
    std::uint64_t index = 0;  ///< In order of joining.
    struct Forfeit {
        std::uint64_t index = 0;
        std::uint64_t round = 0;  ///< In which the turn was lost.
    };
    std::vector<Forfeit> forfeits;  ///< Of those who were passed over for it, in order.
};

/// Which turn of the next block is meant.
struct TurnChoice {
    wire::Height height = 0;
    std::uint32_t passed_over = 0;  ///< So many turns before it are let pass.
    /// Proof of work: who mined; nothing: the first active miner. Not asked by the other engines.
    std::optional<wire::LedgerId> miner;
};

/// Above this nobody can be passed over any more: all others have forfeited, and the one that is
/// left has the turn.
[[nodiscard]] std::uint64_t passed_over_max(const wire::ConsensusPolicy& policy,
                                            std::uint64_t active);

/// Whose turn it is. Errors: `not_eligible` (nobody is active; more are passed over than can be;
/// proof of work: the miner is not active).
[[nodiscard]] base::Result<MinerTurn> turn_at(const state::StateView& view,
                                              const wire::ConsensusPolicy& policy,
                                              const TurnChoice& choice);

/// The first thing in a block: those before are passed over, and the turn is taken. Errors: as
/// `turn_at`.
[[nodiscard]] base::Result<MinerTurn> take_turn(state::Overlay& overlay,
                                                const wire::ConsensusPolicy& policy,
                                                const TurnChoice& choice);
/// The last thing in a block: a round in which nobody waits any more ends.
[[nodiscard]] base::Result<void> close_turn(state::Overlay& overlay,
                                            const wire::ConsensusPolicy& policy);

/// `miner` stands last in order of joining, by the block at `height`.
[[nodiscard]] base::Result<void> register_miner(state::Overlay& overlay,
                                                const wire::LedgerId& miner, wire::Height height);

struct MinerEntry {
    std::uint64_t index = 0;
    state::MinerRecord record;
};
/// It gets no turn from now on. CHECKs that it is active.
[[nodiscard]] base::Result<void> unlink_miner(state::Overlay& overlay, MinerEntry miner,
                                              wire::MinerStanding standing);
/// It stands last, by the block at `height`. CHECKs that it is not active.
[[nodiscard]] base::Result<void> relink_miner(state::Overlay& overlay, MinerEntry miner,
                                              wire::Height height);

[[nodiscard]] base::Result<state::MiningRecord> mining_record(const state::StateView& view);
/// An index without a miner is `corrupted`.
[[nodiscard]] base::Result<MinerEntry> miner_at(const state::StateView& view, std::uint64_t index);
/// Nothing if `id` never joined.
[[nodiscard]] base::Result<std::optional<MinerEntry>> find_miner(const state::StateView& view,
                                                                 const wire::LedgerId& id);

}  // namespace contracts
