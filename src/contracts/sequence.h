// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// Whether the body's sequence is still unused by its sender. Reads only.
[[nodiscard]] base::Result<bool> is_fresh(const state::StateView& view,
                                          const wire::TransactionBody& body);
/// Spends it. Errors: `replayed` if it was used before or lies too far below the sender's highest.
[[nodiscard]] base::Result<void> spend_sequence(state::Overlay& overlay,
                                                const wire::TransactionBody& body);

}  // namespace contracts
