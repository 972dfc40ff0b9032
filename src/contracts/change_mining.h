// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// By an administrator: whether a registered miner has turns. A miner itself may leave, and come
/// back if it left of its own accord. The last active miner stays: the chain could never go on.
/// Under equal opportunity whoever comes back does so in a later round, so that nobody gains a
/// second turn by leaving. Errors: `not_authorised` (another role; a miner that changes another's,
/// suspends itself or ends a suspension), `not_found` (no such miner), `key_not_valid` (of one that
/// should become active), `conflict` (it has this standing already; the last active one; it ended
/// in this very round).
struct ChangeMiningContract {
    using ActionType = wire::ChangeMining;
    static base::Result<void> check_form(const wire::ChangeMining& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::ChangeMining& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::ChangeMining& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// Errors: `conflict` if no other miner is active.
[[nodiscard]] base::Result<void> check_another_is_active(const state::StateView& view);

}  // namespace contracts
