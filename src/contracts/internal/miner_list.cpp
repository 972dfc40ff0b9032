// SPDX-License-Identifier: Apache-2.0
#include "contracts/internal/miner_list.h"

namespace contracts::internal {

namespace {

/// Lets the neighbour at `link` point to `target`, or the list's end where there is none.
base::Result<void> point(state::Overlay& overlay, state::MinerLink link,
                         state::MinerLink state::MinerRecord::* field, state::MinerLink target,
                         state::MinerLink& end) {
    if (!link) {
        end = target;
        return {};
    }
    auto neighbour = miner_at(overlay, *link);
    if (!neighbour) return base::pass(neighbour);
    neighbour->record.*field = target;
    put(overlay, *neighbour);
    return {};
}

}  // namespace

void put(state::Overlay& overlay, const MinerEntry& miner) {
    overlay.put(state::miner_at(miner.index), encode(miner.record));
}
void put(state::Overlay& overlay, const state::MiningRecord& mining) {
    overlay.put(state::mining(), encode(mining));
}

base::Result<void> append(state::Overlay& overlay, state::MiningRecord& mining, MinerEntry& miner,
                          const ListLinks& list) {
    miner.record.*list.previous = mining.*list.tail;
    miner.record.*list.next = std::nullopt;
    auto linked = point(overlay, mining.*list.tail, list.next, miner.index, mining.*list.head);
    mining.*list.tail = miner.index;
    return linked;
}

base::Result<void> unlink(state::Overlay& overlay, state::MiningRecord& mining, MinerEntry& miner,
                          const ListLinks& list) {
    const auto before = miner.record.*list.previous;
    const auto after = miner.record.*list.next;
    if (auto done = point(overlay, before, list.next, after, mining.*list.head); !done) return done;
    if (auto done = point(overlay, after, list.previous, before, mining.*list.tail); !done) {
        return done;
    }
    miner.record.*list.previous = std::nullopt;
    miner.record.*list.next = std::nullopt;
    return {};
}

}  // namespace contracts::internal
