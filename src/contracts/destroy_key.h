// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "contracts/contract.h"

namespace contracts {

/// By the cloud server (sender) and the patient, these two alone: every copy of the key of a vault
/// object is destroyed. From then on no report may name that object. Errors: `malformed` (the
/// sender is the patient; no content id), `unknown_signer`, `key_not_valid`, `bad_signature`,
/// `not_authorised` (another role, a signature too many or the patient's missing), `conflict`
/// (destroyed before).
struct DestroyKeyContract {
    using ActionType = wire::DestroyKey;
    static base::Result<void> check_form(const wire::DestroyKey& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::DestroyKey& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::DestroyKey& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// Nothing if the object's key was never said to be destroyed.
[[nodiscard]] base::Result<std::optional<state::Tombstone>> tombstone_of(
    const state::StateView& view, const wire::ContentId& content_id);

}  // namespace contracts
