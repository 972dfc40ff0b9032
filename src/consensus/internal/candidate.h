// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "ledger/application.h"
#include "wire/block.h"

namespace consensus {

/// What the block's miner executed.
[[nodiscard]] ledger::Candidate candidate_of(const wire::Block& block);

/// Executes the block above the application's tip; afterwards the application holds it, finalized.
/// Errors: `conflict` if it stands on another block; `wrong_root` if execution gives another
/// header; why it is out of turn, or why one of its transactions is refused; the store's.
[[nodiscard]] base::Result<void> execute_exactly(ledger::Application& application,
                                                 const wire::Block& block);

}  // namespace consensus
