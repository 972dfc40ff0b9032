// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

#include "contracts/contract.h"

namespace contracts {

/// By the patient: lets one registered id see one category for one purpose over a period. The same
/// grantee, category and purpose again replaces the old grant.
/// Errors: `malformed` (an empty period, to oneself), `expired` (it ends before it begins to
/// count), `not_authorised` (the sender is no patient), `not_found` and `key_not_valid` (the
/// grantee), `conflict` (granted twice in one block: the first could no longer be proven).
struct GrantConsentContract {
    using ActionType = wire::GrantConsent;
    static base::Result<void> check_form(const wire::GrantConsent& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::GrantConsent& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::GrantConsent& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

/// By the patient: takes effect at once, also for what follows in the same block.
/// Errors: `not_found` (no such grant), `not_authorised` (another patient's), `conflict` (withdrawn
/// or replaced before), `expired` (past its end: nothing to withdraw).
struct RevokeConsentContract {
    using ActionType = wire::RevokeConsent;
    static base::Result<void> check_form(const wire::RevokeConsent& action,
                                         const wire::TransactionBody& body);
    static base::Result<void> check_state(const wire::RevokeConsent& action, const Request& request,
                                          const state::StateView& view, const BlockContext& block);
    static base::Result<void> apply(const wire::RevokeConsent& action, const Request& request,
                                    state::Overlay& overlay, const BlockContext& block);
};

struct Access {
    wire::LedgerId patient;
    wire::Category category{};
    wire::Purpose purpose{};
};
struct Standing {
    wire::LedgerId grantee;
    state::ConsentRecord record;
};
/// The grant that lets the first of `readers` who has one see this at `at`. The only rule of who
/// may see what. Errors: `consent_missing` if none stands.
[[nodiscard]] base::Result<Standing> find_standing(const state::StateView& view,
                                                   const Access& access,
                                                   std::span<const wire::LedgerId> readers,
                                                   base::TimePoint at);

/// What the grant with this body_ref granted, also one earlier in this block. Nothing if there is
/// none.
[[nodiscard]] base::Result<std::optional<state::ConsentKey>> granted_by(
    const state::StateView& view, const wire::Hash256& consent);

/// Nothing if there never was such a grant.
[[nodiscard]] base::Result<std::optional<state::ConsentRecord>> consent_record_of(
    const state::StateView& view, base::ByteView key);

}  // namespace contracts
