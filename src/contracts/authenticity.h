// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "contracts/contract.h"

namespace contracts {

/// A body may be dated this far ahead of the block that takes it, for clocks that differ. Ours.
inline constexpr std::chrono::minutes clock_skew_max{5};

/// Every signature, in order, is by a registered key that is valid at the block's height and
/// verifies; the sender is among the signers. Errors: `unknown_signer`, `key_not_valid`,
/// `bad_signature`, `not_authorised` (the sender did not sign).
[[nodiscard]] base::Result<void> check_authentic(const Request& request, const BlockContext& block);

/// The same, and the sender alone signed, in the role `role` where one is given.
/// Errors: also `not_authorised`.
[[nodiscard]] base::Result<void> check_sole_signer(const Request& request,
                                                   const BlockContext& block,
                                                   std::optional<wire::Role> role);

/// The signer named `id`; nothing if it did not sign.
[[nodiscard]] const SignerState* signer_of(const Request& request, const wire::LedgerId& id);

/// The newest KeyRecord of `id`. Nothing if it is not registered.
[[nodiscard]] base::Result<std::optional<state::KeyRecord>> key_record_of(
    const state::StateView& view, const wire::LedgerId& id);

}  // namespace contracts
