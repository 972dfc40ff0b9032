// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "state/keys.h"
#include "state/values.h"
#include "state/view.h"
#include "wire/block.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace contracts {

/// The newest version of the rules that this code follows; a chain begins with 1.
inline constexpr std::uint32_t rules_version = 1;

/// The block in which a transaction is executed. All else that decides stands in the state.
struct BlockContext {
    wire::Height height = 0;
    base::TimePoint time;
    bool demo = false;                      ///< The genesis says so.
    const wire::ConsensusPolicy& policy;    ///< The genesis's.
    std::uint32_t version = rules_version;  ///< Of the rules, see schedule_upgrade.h.
};

/// One signature of the transaction, looked at.
struct SignerState {
    wire::LedgerId id;
    /// As it stood before this block: a change of a key takes effect with the next block. Nothing
    /// if the id was not registered.
    std::optional<state::KeyRecord> key;
    bool verified = false;  ///< The signature is that key's over the body.
};

/// A transaction that decoded, with all that the ledger found out about it.
struct Request {
    const wire::TransactionBody& body;
    wire::Hash256 body_ref;
    std::span<const SignerState> signers;  ///< One a signature, in order.
};

/// How every contract is built; registry.h holds them all. The order of checks within each stage
/// decides which reason is reported, so it is part of the ledger's format.
///
/// check_form: the body alone. check_state: what state, block and signatures say; reads only.
/// apply: after both said yes; fails only where the store does.
/// Errors: each its own reason. `corrupted` and `unavailable` are never a refusal: the store
/// failed.
template <class C>
concept Contract =
    requires(const typename C::ActionType& action, const Request& request,
             const state::StateView& view, state::Overlay& overlay, const BlockContext& block) {
        { C::check_form(action, request.body) } -> std::same_as<base::Result<void>>;
        { C::check_state(action, request, view, block) } -> std::same_as<base::Result<void>>;
        { C::apply(action, request, overlay, block) } -> std::same_as<base::Result<void>>;
    };

/// Whether `code` is the store's failure, not a verdict on a transaction.
[[nodiscard]] constexpr bool is_store_failure(base::ErrorCode code) {
    return code == base::ErrorCode::corrupted || code == base::ErrorCode::unavailable;
}

}  // namespace contracts
