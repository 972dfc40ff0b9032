// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "ledger/block_store.h"
#include "ledger/history_log.h"
#include "state/tree.h"
#include "wire/receipt.h"

namespace ledger {

/// All borrowed; any thread.
struct ReceiptSources {
    const BlockStore& blocks;
    const state::StateTree& tree;
    const HistoryLog& history;
};

/// The receipt of the transaction at `place`: everything stands as of that block, so the same
/// receipt comes out at any later time. Errors: `not_found`, `corrupted`, `unavailable`.
[[nodiscard]] base::Result<wire::Receipt> build_receipt(const Place& place,
                                                        const ReceiptSources& sources);

}  // namespace ledger
