// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/mining.h"

namespace contracts::internal {

/// Which links make up one of the two lists that run through the miners' records.
struct ListLinks {
    state::MinerLink state::MiningRecord::* head;
    state::MinerLink state::MiningRecord::* tail;
    state::MinerLink state::MinerRecord::* previous;
    state::MinerLink state::MinerRecord::* next;
};
inline constexpr ListLinks active_list{.head = &state::MiningRecord::head,
                                       .tail = &state::MiningRecord::tail,
                                       .previous = &state::MinerRecord::previous,
                                       .next = &state::MinerRecord::next};
inline constexpr ListLinks kept_list{.head = &state::MiningRecord::kept_head,
                                     .tail = &state::MiningRecord::kept_tail,
                                     .previous = &state::MinerRecord::kept_previous,
                                     .next = &state::MinerRecord::kept_next};

/// Both change `mining` and `miner` in memory, which the caller writes, and write the neighbours.
[[nodiscard]] base::Result<void> append(state::Overlay& overlay, state::MiningRecord& mining,
                                        MinerEntry& miner, const ListLinks& list);
[[nodiscard]] base::Result<void> unlink(state::Overlay& overlay, state::MiningRecord& mining,
                                        MinerEntry& miner, const ListLinks& list);

void put(state::Overlay& overlay, const MinerEntry& miner);
void put(state::Overlay& overlay, const state::MiningRecord& mining);

}  // namespace contracts::internal
