// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"
#include "contracts/mining.h"

namespace contracts {

/// What a block changes by itself, before and after its transactions.

/// The header below it may be named from now on, a scheduled upgrade takes effect, and the turn is
/// taken. Errors: as `take_turn`.
[[nodiscard]] base::Result<MinerTurn> begin_block(state::Overlay& overlay, const TurnChoice& choice,
                                                  const wire::Hash256& previous_ref,
                                                  const wire::ConsensusPolicy& policy);
/// The round ends if nobody waits any more; proof of work is counted.
[[nodiscard]] base::Result<void> end_block(state::Overlay& overlay, const BlockContext& block);

}  // namespace contracts
