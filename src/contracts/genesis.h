// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"
#include "wire/block.h"

namespace contracts {

/// The state that a genesis describes: its members' keys, valid from height 0, its miners in order
/// of joining, version 1 of the rules, its own hash, and the first target of proof of work.
/// Errors: `malformed`, `bad_key` and `duplicate_key`, naming the member.
[[nodiscard]] base::Result<void> apply_genesis(state::Overlay& overlay,
                                               const wire::Genesis& genesis);

}  // namespace contracts
