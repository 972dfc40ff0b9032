// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "contracts/contract.h"
#include "wire/block.h"

namespace contracts {

/// Who is who. Every change of a key takes effect with the block after the one that holds it, so
/// all signatures of a block are checked against the keys that stood before it.

/// By an administrator: a new id. A miner joins the order of mining at its end.
/// Errors: `malformed` (a key off the curve), `not_authorised` (not an administrator; a
/// `demo_program` on a chain that is no demo), `conflict` (the id is taken).
struct EnrolContract {
    using ActionType = wire::Enrol;
    static base::Result<void> check_form(const wire::Enrol& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::Enrol& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::Enrol& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// By the holder of the old key. Errors: `malformed` (off the curve), `conflict` (the same key, or
/// a second change within one block).
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
/// administrator, and the last valid miner's by nobody: the chain could never go on.
/// Errors: `not_authorised`, `not_found`, `conflict` (ended already, or the last miner).
struct RevokeKeyContract {
    using ActionType = wire::RevokeKey;
    static base::Result<void> check_form(const wire::RevokeKey& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::RevokeKey& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::RevokeKey& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// The state that a genesis describes: its members' keys, valid from height 0, and its miners in
/// order of joining. Errors: `malformed`, naming the member.
[[nodiscard]] base::Result<void> apply_genesis(state::Overlay& overlay,
                                               const wire::Genesis& genesis);

}  // namespace contracts
