// SPDX-License-Identifier: Apache-2.0
#include "contracts/consent.h"

#include "base/check.h"
#include "contracts/authenticity.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {
state::ConsentKey key_of_grant(const wire::GrantConsent& action, const Request& request) {
    return {.patient = request.body.sender,
            .grantee = action.grantee,
            .category = action.category,
            .purpose = action.purpose};
}
}  // namespace

base::Result<std::optional<state::ConsentKey>> granted_by(const state::StateView& view,
                                                          const wire::Hash256& consent) {
    const auto raw = view.get(state::consent_reference_of(consent));
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<state::ConsentKey>{};
    const auto key = state::parse_consent_key(**raw);
    if (!key) return fail(ErrorCode::corrupted, "stored key of a consent does not decode");
    return key;
}

base::Result<std::optional<state::ConsentRecord>> consent_record_of(const state::StateView& view,
                                                                    base::ByteView key) {
    const auto raw = view.get(key);
    if (!raw) return base::pass(raw);
    if (!*raw) return std::optional<state::ConsentRecord>{};
    auto record = state::decode_consent_record(**raw);
    if (!record) {
        return fail(ErrorCode::corrupted, "stored consent record: " + record.error().detail);
    }
    return std::optional{*record};
}

base::Result<void> GrantConsentContract::check_form(const wire::GrantConsent& action,
                                                    const wire::TransactionBody& body) {
    if (action.until <= action.from) {
        return fail(ErrorCode::malformed, "the consent ends before it begins");
    }
    if (action.grantee == body.sender) {
        return fail(ErrorCode::malformed, "a patient needs no consent to see the own record");
    }
    return {};
}

base::Result<void> GrantConsentContract::check_state(const wire::GrantConsent& action,
                                                     const Request& request,
                                                     const state::StateView& view,
                                                     const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, wire::Role::patient); !signer) {
        return signer;
    }
    if (action.until <= block.time) {
        return fail(ErrorCode::expired, "the consent is past its end already");
    }
    const auto grantee = key_record_of(view, action.grantee);
    if (!grantee) return base::pass(grantee);
    if (!*grantee) return fail(ErrorCode::not_found, "nobody is enrolled under the grantee's id");
    if ((*grantee)->valid_until != 0) {
        return fail(ErrorCode::key_not_valid, "the grantee's key is revoked");
    }
    const auto before = consent_record_of(view, state::consent_of(key_of_grant(action, request)));
    if (!before) return base::pass(before);
    if (*before && (*before)->granted_height == block.height) {
        return fail(ErrorCode::conflict,
                    "the same was granted in this very block; grant again in the next one");
    }
    return {};
}

base::Result<void> GrantConsentContract::apply(const wire::GrantConsent& action,
                                               const Request& request, state::Overlay& overlay,
                                               const BlockContext& block) {
    const auto key = key_of_grant(action, request);
    auto before = consent_record_of(overlay, state::consent_of(key));
    if (!before) return base::pass(before);
    if (*before) {
        // Reports approved earlier in this block may rest on it, and receipts must prove it.
        auto& replaced = **before;
        if (replaced.revoked_height == 0) replaced.revoked_height = block.height;
        overlay.put(state::replaced_consent_of(key), encode(replaced));
    }
    const state::ConsentRecord record{.consent = request.body_ref,
                                      .from = action.from,
                                      .until = action.until,
                                      .granted_height = block.height,
                                      .revoked_height = 0,
                                      .token_key_hash = action.token_key_hash};
    overlay.put(state::consent_of(key), encode(record));
    overlay.put(state::consent_reference_of(request.body_ref), state::consent_of(key));
    return {};
}

base::Result<void> RevokeConsentContract::check_form(const wire::RevokeConsent&,
                                                     const wire::TransactionBody&) {
    return {};
}

base::Result<void> RevokeConsentContract::check_state(const wire::RevokeConsent& action,
                                                      const Request& request,
                                                      const state::StateView& view,
                                                      const BlockContext& block) {
    if (auto signer = check_sole_signer(request, block, wire::Role::patient); !signer) {
        return signer;
    }
    const auto key = granted_by(view, action.consent);
    if (!key) return base::pass(key);
    if (!*key) return fail(ErrorCode::not_found, "no grant is known by this reference");
    if ((*key)->patient != request.body.sender) {
        return fail(ErrorCode::not_authorised, "only the patient who granted it may withdraw it");
    }
    const auto record = consent_record_of(view, state::consent_of(**key));
    if (!record) return base::pass(record);
    if (!*record || (*record)->consent != action.consent) {
        return fail(ErrorCode::conflict, "a newer grant has replaced this one");
    }
    if ((*record)->revoked_height != 0) {
        return fail(ErrorCode::conflict, "it is withdrawn already");
    }
    if ((*record)->until <= block.time) {
        return fail(ErrorCode::expired, "it is past its end already");
    }
    return {};
}

base::Result<void> RevokeConsentContract::apply(const wire::RevokeConsent& action, const Request&,
                                                state::Overlay& overlay,
                                                const BlockContext& block) {
    const auto key = granted_by(overlay, action.consent);
    if (!key) return base::pass(key);
    CHECK(key->has_value());
    auto record = consent_record_of(overlay, state::consent_of(**key));
    if (!record) return base::pass(record);
    CHECK(record->has_value());
    (*record)->revoked_height = block.height;
    overlay.put(state::consent_of(**key), encode(**record));
    return {};
}

base::Result<Standing> find_standing(const state::StateView& view, const Access& access,
                                     std::span<const wire::LedgerId> readers, base::TimePoint at) {
    for (const auto& reader : readers) {
        const auto record = consent_record_of(view, state::consent_of({.patient = access.patient,
                                                                       .grantee = reader,
                                                                       .category = access.category,
                                                                       .purpose = access.purpose}));
        if (!record) return base::pass(record);
        if (*record && (*record)->stands_at(at)) {
            return Standing{.grantee = reader, .record = **record};
        }
    }
    return fail(ErrorCode::consent_missing,
                "no consent of the patient stands for this reader, category and purpose");
}

}  // namespace contracts
