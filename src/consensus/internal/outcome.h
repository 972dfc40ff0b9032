// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "chain/transaction_submitter.h"
#include "ledger/application.h"
#include "ledger/block_store.h"
#include "wire/block.h"

namespace consensus {

/// What a submitter hears of `result`: where the transaction is, also if it was there already, or
/// the contract's reason. `block`: the one it was in, where that was committed just now; else null.
[[nodiscard]] base::Result<chain::Committed> outcome_of(const ledger::TxResult& result,
                                                        const wire::Block* block,
                                                        const ledger::BlockStore& blocks);

}  // namespace consensus
