// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"

namespace contracts {

/// Who is who. Every change of a key takes effect with the block after the one that holds it, so
/// all signatures of a block are checked against the keys that stood before it.

/// By an administrator: a new id. A miner joins the order of mining at its end.
/// Errors: `malformed` (no id), `bad_key`, `not_authorised` (not an administrator; a
/// `demo_program` on a chain that is no demo), `conflict` (the id is taken), `duplicate_key`.
struct EnrolContract {
    using ActionType = wire::Enrol;
    static base::Result<void> check_form(const wire::Enrol& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::Enrol& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::Enrol& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// By the holder of the old key. Errors: `bad_key`, `conflict` (the same key, or a second change
/// within one block), `duplicate_key`.
struct RotateKeyContract {
    using ActionType = wire::RotateKey;
    static base::Result<void> check_form(const wire::RotateKey& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::RotateKey& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::RotateKey& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// By an administrator, or by the subject. An administrator's key is revoked by another
/// administrator, and the last active miner's by nobody: the chain could never go on. A miner has
/// left then. Errors: `not_authorised`, `not_found`, `conflict` (ended already, or the last miner).
struct RevokeKeyContract {
    using ActionType = wire::RevokeKey;
    static base::Result<void> check_form(const wire::RevokeKey& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::RevokeKey& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::RevokeKey& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// Shared with the genesis. Errors: `malformed` for an id of zeros; `bad_key` off the curve;
/// `duplicate_key` for one that is, or once was, an identity's.
[[nodiscard]] base::Result<void> check_subject(const wire::LedgerId& subject);
[[nodiscard]] base::Result<void> check_key(const wire::PublicKeyBytes& key);
[[nodiscard]] base::Result<void> check_key_is_new(const state::StateView& view,
                                                  const wire::PublicKeyBytes& key);
/// The newest key of `id`, which owns it for ever.
void put_key(state::Overlay& overlay, const wire::LedgerId& id, const state::KeyRecord& record);

}  // namespace contracts
