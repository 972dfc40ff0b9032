// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "ledger/application.h"
#include "ledger/block_store.h"
#include "state/tree.h"
#include "state/view.h"

namespace ledger {

/// The answer to "mining": chain::MiningView as `view` has it.
[[nodiscard]] base::Result<base::Bytes> query_mining(const state::StateView& view,
                                                     const wire::ConsensusPolicy& policy);

/// All borrowed; any thread.
struct FairnessSources {
    const BlockStore& blocks;
    const state::StateTree& tree;
    const Info& tip;
};
/// The answer to "fairness": chain::FairnessView, from the states before and after the round and
/// the seals between. Errors: as chain::fairness; `malformed`, `corrupted`, `unavailable`.
[[nodiscard]] base::Result<base::Bytes> query_fairness(base::ByteView data,
                                                       const FairnessSources& sources);

}  // namespace ledger
