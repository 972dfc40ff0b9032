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
#include "wire/ids.h"
#include "wire/transaction.h"

namespace contracts {

/// What earlier blocks say, beside the state: indexes that follow from the chain alone.
class ChainLookup {
public:
    virtual ~ChainLookup() = default;
    /// Height of the committed header (or genesis) with this SHA-512/256; nothing if there is none.
    [[nodiscard]] virtual base::Result<std::optional<wire::Height>> height_of_ref(
        const wire::Hash256& header_ref) const = 0;
    /// What the accepted grant with this body_ref granted, also one earlier in this block.
    [[nodiscard]] virtual base::Result<std::optional<state::ConsentKey>> consent_of_ref(
        const wire::Hash256& consent) const = 0;
};

/// The block in which a transaction is executed.
struct BlockContext {
    wire::Height height = 0;
    base::TimePoint time;
    bool demo = false;  ///< The genesis says so.
    const ChainLookup& chain;
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
