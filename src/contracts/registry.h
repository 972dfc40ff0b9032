// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// The stages of whichever contract `request.body.action` belongs to; contract.h says what they
/// are.
[[nodiscard]] base::Result<void> check_form(const wire::TransactionBody& body);
[[nodiscard]] base::Result<void> check_state(const Request& request, const state::StateView& view,
                                             const BlockContext& block);
[[nodiscard]] base::Result<void> apply(const Request& request, state::Overlay& overlay,
                                       const BlockContext& block);

}  // namespace contracts
