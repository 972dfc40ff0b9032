// SPDX-License-Identifier: Apache-2.0
// Receipts about the state: that a consent stood, that none did, that a key is destroyed. They name
// ids alone, so an auditor may have any; a patient has those of the own record.
#include <algorithm>
#include <utility>

#include "api/internal/service.h"
#include "api/internal/witnessed_claim.h"
#include "chain/queries.h"
#include "wire/claim.h"

namespace api::routes {
namespace {

using base::ErrorCode;

/// As a file of the form that was asked for: JSON, the compact form, or the text of a QR code.
base::Result<Response> file_of(const Service& service, wire::Claim plain, const Call& call,
                               const std::string& name) {
    const auto witnessed = with_checkpoint(service, std::move(plain));
    if (!witnessed) return base::pass(witnessed);
    const auto& claim = *witnessed;
    const auto form = query_value(call.request.query, "form").value_or("json");
    Response response;
    std::string ending = ".json";
    if (form == "json") {
        response.body = wire::to_json(claim);
    } else if (form == "binary") {
        const auto bytes = wire::encode(claim);
        response.body.assign(bytes.begin(), bytes.end());
        response.content_type = "application/octet-stream";
        ending = ".salus";
    } else if (form == "text") {
        response.body = wire::to_text(claim);
        response.content_type = "text/plain; charset=us-ascii";
        ending = ".txt";
    } else {
        return base::fail(ErrorCode::malformed, "form is json, binary or text");
    }
    response.headers.emplace_back("Content-Disposition",
                                  "attachment; filename=\"salus-receipt-" + name + ending + "\"");
    return response;
}

/// Absent: the newest block.
base::Result<wire::Height> height_of(const Call& call) {
    const auto text = query_value(call.request.query, "height");
    if (!text) return wire::Height{0};
    const auto height = parse_number(*text);
    if (!height || *height == 0) {
        return base::fail(ErrorCode::malformed, "height is the number of a block, from 1");
    }
    return *height;
}

template <class Fixed>
base::Result<Fixed> id_of(const Call& call, const char* name) {
    const auto id = base::fixed_from_hex<Fixed>(query_value(call.request.query, name).value_or(""));
    if (id) return *id;
    return base::fail(ErrorCode::malformed, std::string(name) + " has " +
                                                std::to_string(2 * Fixed::size_bytes) +
                                                " hexadecimal digits");
}

/// Ids with commas between them.
base::Result<std::vector<wire::LedgerId>> ids_of(const Call& call, const char* name) {
    const auto text = query_value(call.request.query, name).value_or("");
    std::vector<wire::LedgerId> out;
    for (std::size_t at = 0; at <= text.size();) {
        const auto end = std::min(text.find(',', at), text.size());
        const auto id =
            base::fixed_from_hex<wire::LedgerId>(std::string_view(text).substr(at, end - at));
        if (!id || out.size() == wire::uncovered_readers_max) {
            return base::fail(ErrorCode::malformed,
                              std::string(name) + " is 1 to " +
                                  std::to_string(wire::uncovered_readers_max) +
                                  " ids of 32 hexadecimal digits, with commas between");
        }
        out.push_back(*id);
        at = end + 1;
    }
    return out;
}

/// What questions about a consent have in common. Of another patient than the asker, unless an
/// auditor asks, nothing is known: `not_found`.
base::Result<chain::ClaimQuestion> consent_question(const Call& call, chain::ClaimKind kind) {
    const auto patient = id_of<wire::LedgerId>(call, "patient");
    if (!patient) return base::pass(patient);
    if (*patient != call.asker.id && call.asker.role != wire::Role::auditor) {
        return base::fail(ErrorCode::not_found,
                          "there is no such patient, or none you may know of");
    }
    const auto category =
        wire::category_from_name(query_value(call.request.query, "category").value_or(""));
    const auto purpose =
        wire::purpose_from_name(query_value(call.request.query, "purpose").value_or(""));
    if (!category || !purpose) {
        return base::fail(ErrorCode::malformed, "category and purpose are names of the interface");
    }
    const auto height = height_of(call);
    if (!height) return base::pass(height);
    return chain::ClaimQuestion{.kind = kind,
                                .height = *height,
                                .patient = *patient,
                                .category = *category,
                                .purpose = *purpose,
                                .readers = {},
                                .content_id = {}};
}

}  // namespace

base::Result<Response> consent_receipt(Service& service, const Call& call) {
    if (const auto known = check_query(
            call.request.query, {"patient", "reader", "category", "purpose", "height", "form"});
        !known) {
        return base::pass(known);
    }
    auto question = consent_question(call, chain::ClaimKind::consent);
    if (!question) return base::pass(question);
    const auto reader = id_of<wire::LedgerId>(call, "reader");
    if (!reader) return base::pass(reader);
    question->readers = {*reader};
    const auto claim = chain::claim_of(service.parts.blocks, *question);
    if (!claim && claim.error().code == ErrorCode::consent_missing) {
        // Not a refusal of the asker's own request: there is nothing to prove.
        return base::fail(ErrorCode::not_found, claim.error().detail);
    }
    if (!claim) return base::pass(claim);
    return file_of(service, *claim, call, "consent-" + hex(*reader).substr(0, 16));
}

base::Result<Response> no_consent_receipt(Service& service, const Call& call) {
    if (const auto known = check_query(
            call.request.query, {"patient", "readers", "category", "purpose", "height", "form"});
        !known) {
        return base::pass(known);
    }
    auto question = consent_question(call, chain::ClaimKind::no_consent);
    if (!question) return base::pass(question);
    auto readers = ids_of(call, "readers");
    if (!readers) return base::pass(readers);
    question->readers = std::move(*readers);
    const auto claim = chain::claim_of(service.parts.blocks, *question);
    if (!claim) return base::pass(claim);
    return file_of(service, *claim, call,
                   "no-consent-" + hex(question->readers.front()).substr(0, 16));
}

base::Result<Response> key_destroyed_receipt(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"content_id", "height", "form"});
        !known) {
        return base::pass(known);
    }
    const auto content_id = id_of<wire::ContentId>(call, "content_id");
    if (!content_id) return base::pass(content_id);
    const auto height = height_of(call);
    if (!height) return base::pass(height);
    const bool auditor = call.asker.role == wire::Role::auditor;
    const auto claim = chain::claim_of(service.parts.blocks,
                                       {.kind = chain::ClaimKind::key_destroyed,
                                        .height = *height,
                                        .patient = auditor ? wire::LedgerId{} : call.asker.id,
                                        .readers = {},
                                        .content_id = *content_id});
    if (!claim) return base::pass(claim);
    return file_of(service, *claim, call, "key-destroyed-" + hex(*content_id).substr(8, 16));
}

}  // namespace api::routes
