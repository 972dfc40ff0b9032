// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "contracts/contract.h"

namespace contracts {

/// By a key generator or an administrator: a record of somebody's static key is certified, once; or
/// it is revoked, once and for ever, by who certified it or by an administrator. Whoever is shown a
/// record compares its hash with the state, so that a key exchanged in it is seen.
/// Errors: `malformed` (a hash of zeros), `unknown_signer`, `key_not_valid`, `bad_signature`,
/// `not_authorised` (another role, another certifier's record, a signature too many), `conflict`
/// (certified or revoked before), `not_found` (to be revoked, but never certified).
struct CertifyContract {
    using ActionType = wire::Certify;
    static base::Result<void> check_form(const wire::Certify& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::Certify& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::Certify& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// Nothing if no record of this hash was ever certified.
[[nodiscard]] base::Result<std::optional<state::CertificationRecord>> certification_of(
    const state::StateView& view, const wire::Hash256& record_hash);

}  // namespace contracts
