// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <vector>

#include "contracts/mining.h"
#include "crypto/hash.h"
#include "ledger/application.h"
#include "ledger/block_store.h"
#include "ledger/internal/signature_desk.h"
#include "state/view.h"

namespace ledger {

/// What a candidate comes to above committed state. Nothing of it is written.
struct Execution {
    std::vector<TxResult> results;         ///< One a transaction of the candidate.
    std::vector<base::Bytes> accepted;     ///< Envelopes, in order.
    std::vector<TxNames> names;            ///< Of the accepted ones.
    std::vector<crypto::Digest32> leaves;  ///< Of the accepted ones.
    state::Changes changes;                ///< Empty if nothing was accepted.
    contracts::MinerTurn turn;             ///< Which the candidate takes.
};

/// Where the candidate is executed: all borrowed.
struct ExecutionGround {
    const state::StateView& state;  ///< Committed.
    const BlockStore& blocks;
    const Info& tip;
    std::uint32_t newest_version = 0;  ///< Of the rules that this program knows.
};

/// Looks at the candidate's transactions. Errors: the store's.
using Prepare = std::function<base::Result<std::vector<SignatureDesk::Ready>>()>;

/// Executes the candidate. `prepare` is called once it is known to be in its place and turn.
/// Errors: `conflict` (height), `malformed` (time), `not_eligible`, `unsupported_version`; the
/// store's.
[[nodiscard]] base::Result<Execution> execute(const Candidate& candidate,
                                              const ExecutionGround& ground,
                                              const Prepare& prepare);

}  // namespace ledger
