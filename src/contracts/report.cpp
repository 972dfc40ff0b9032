// SPDX-License-Identifier: Apache-2.0
#include "contracts/report.h"

#include <string>

#include "contracts/authenticity.h"
#include "contracts/consent.h"
#include "contracts/destroy_key.h"
#include "contracts/header_ring.h"

namespace contracts {

using base::ErrorCode;
using base::fail;

namespace {

base::Result<void> check_consent(const wire::Report& action, const state::StateView& view,
                                 const BlockContext& block) {
    const Access access{.patient = action.patient,
                        .category = action.category,
                        .purpose = wire::Purpose::treatment};
    const auto standing = find_standing(view, access, {&action.receiver, 1}, block.time);
    if (!standing) return base::pass(standing);
    if (standing->record.consent != action.consent) {
        return fail(ErrorCode::consent_missing,
                    "the report names another consent than the one that stands");
    }
    return {};
}

base::Result<void> check_personal_data(const wire::Report& action) {
    if (action.personal_data) {
        return fail(ErrorCode::personal_data,
                    "the report is marked as carrying personal data; it may not go on the chain");
    }
    return {};
}

/// The sender is a cloud server, the receiver approves, and nobody else signed.
base::Result<void> check_roles(const wire::Report& action, const Request& request,
                               const BlockContext& block) {
    for (const auto& signer : request.signers) {
        if (signer.id == request.body.sender || signer.id == action.receiver) continue;
        if (signer.key->role == wire::Role::doctor) {
            return fail(ErrorCode::wrong_doctor,
                        "a doctor signed who is not the one responsible for this report");
        }
        return fail(ErrorCode::not_authorised, "a " + std::string(name_of(signer.key->role)) +
                                                   " signed who has no part in this report");
    }
    const auto* sender = signer_of(request, request.body.sender);
    if (sender->key->role != wire::Role::cloud_server) {
        return fail(ErrorCode::not_authorised, "only a cloud server may send a report, not a " +
                                                   std::string(name_of(sender->key->role)));
    }
    const auto* receiver = signer_of(request, action.receiver);
    if (receiver == nullptr) {
        return fail(ErrorCode::not_authorised, "the doctor's signature is missing");
    }
    const bool program = receiver->key->role == wire::Role::demo_program && block.demo;
    if (receiver->key->role != wire::Role::doctor && !program) {
        return fail(ErrorCode::not_authorised, "only a doctor may approve a report, not a " +
                                                   std::string(name_of(receiver->key->role)));
    }
    return {};
}

base::Result<void> check_header(const wire::Report& action, const state::StateView& view) {
    const auto height = height_of_header(view, action.header_hash);
    if (!height) return base::pass(height);
    if (!*height) {
        return fail(ErrorCode::wrong_chain,
                    "the report names a header that this chain never had, or too old a one");
    }
    return {};
}

base::Result<void> check_object(const wire::Report& action, const state::StateView& view) {
    const auto destroyed = tombstone_of(view, action.content_id);
    if (!destroyed) return base::pass(destroyed);
    if (*destroyed) {
        return fail(ErrorCode::conflict, "the key of this vault object is destroyed");
    }
    return {};
}

}  // namespace

base::Result<void> ReportContract::check_form(const wire::Report& action,
                                              const wire::TransactionBody& body) {
    if (action.period_end <= action.period_start) {
        return fail(ErrorCode::malformed, "the report's period ends before it begins");
    }
    if (action.receiver == body.sender) {
        return fail(ErrorCode::malformed, "sender and receiver of a report are two");
    }
    if (action.patient == body.sender || action.patient == action.receiver) {
        return fail(ErrorCode::malformed, "the patient is neither sender nor receiver");
    }
    return {};
}

base::Result<void> ReportContract::check_state(const wire::Report& action, const Request& request,
                                               const state::StateView& view,
                                               const BlockContext& block) {
    if (auto consent = check_consent(action, view, block); !consent) return consent;
    if (auto personal = check_personal_data(action); !personal) return personal;
    if (auto authentic = check_authentic(request, block); !authentic) return authentic;
    if (auto roles = check_roles(action, request, block); !roles) return roles;
    if (auto header = check_header(action, view); !header) return header;
    return check_object(action, view);
}

base::Result<void> ReportContract::apply(const wire::Report&, const Request&, state::Overlay&,
                                         const BlockContext&) {
    // A report changes nothing but the sender's sequence; what it says stands in the history log.
    return {};
}

}  // namespace contracts
