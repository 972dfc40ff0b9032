// SPDX-License-Identifier: Apache-2.0
#include "contracts/block_rules.h"

#include "contracts/difficulty.h"
#include "contracts/header_ring.h"
#include "contracts/schedule_upgrade.h"

namespace contracts {

base::Result<MinerTurn> begin_block(state::Overlay& overlay, const TurnChoice& choice,
                                    const wire::Hash256& previous_ref,
                                    const wire::ConsensusPolicy& policy) {
    if (auto entered = enter_header(overlay, choice.height, previous_ref); !entered) {
        return base::pass(entered);
    }
    if (auto begun = begin_version(overlay, choice.height); !begun) return base::pass(begun);
    return take_turn(overlay, policy, choice);
}

base::Result<void> end_block(state::Overlay& overlay, const BlockContext& block) {
    if (auto closed = close_turn(overlay, block.policy); !closed) return closed;
    if (block.policy.engine != wire::EngineKind::proof_of_work) return {};
    return count_block(overlay, block.policy, block.time);
}

}  // namespace contracts
