// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include "api/internal/body.h"
#include "api/internal/service.h"
#include "api/internal/witnessed_claim.h"
#include "wire/claim.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
constexpr std::size_t reason_bytes_max = 2'000;  // 500 characters of up to 4 bytes

std::unexpected<base::Error> no_such_report() {
    return base::fail(ErrorCode::not_found, "there is no such report, or none you may know of");
}

/// The report, if the asker is its responsible doctor or its patient. Another doctor hears
/// `wrong_doctor` only where the patient's consent lets that doctor know of the patient.
base::Result<review::ReportView> own_report(Service& service, const Call& call) {
    const auto id = parse_number(call.param);
    if (!id) return base::fail(ErrorCode::malformed, "a report's id is a number");
    auto found = service.parts.review.report(*id);
    if (!found) {
        if (found.error().code == ErrorCode::not_found) return no_such_report();
        return found;
    }
    if (call.asker.id == found->doctor || call.asker.id == found->patient) return found;
    if (call.asker.role == wire::Role::doctor &&
        service.access.basis(call.asker, found->patient).has_value()) {
        return base::fail(ErrorCode::wrong_doctor, "another doctor is responsible for this report");
    }
    return no_such_report();
}

AccessControl::Look look_at(const Call& call, const review::ReportView& report,
                            std::string_view action) {
    return {.asker = call.asker,
            .patient = report.patient,
            .action = action,
            .what = "report " + std::to_string(report.id)};
}

/// What the doctor decides is on the patient's log, whatever comes of it.
base::Result<void> record_decision(Service& service, const Call& call,
                                   const review::ReportView& report, std::string_view action) {
    const auto basis = service.access.basis(call.asker, report.patient);
    const auto text = basis ? text_of(*basis) : std::string(base::name_of(basis.error().code));
    return service.access.record(look_at(call, report, action), basis.has_value(), text);
}

json::object visible_report(const Service& service, const identity::Person& asker,
                            const review::ReportView& report) {
    return service.views.report(report, service.access.basis(asker, report.patient).has_value());
}

std::string id_text(const review::ReportView& report) {
    return std::to_string(report.id);
}

}  // namespace

base::Result<Response> patient_reports(Service& service, const Call& call) {
    const auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    auto reports = service.parts.review.reports_of(*call.patient);
    std::ranges::sort(reports, std::greater{}, &review::ReportView::id);
    return page_response(reports, *page, id_text, [&](const review::ReportView& report) {
        return service.views.report(report, true);
    });
}

base::Result<Response> reports(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"state", "limit", "cursor"}); !known) {
        return base::pass(known);
    }
    const auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    std::optional<review::ReportState> state;
    if (const auto text = query_value(call.request.query, "state")) {
        if (*text == "pending") {
            state = review::ReportState::pending;
        } else if (*text == "approved") {
            state = review::ReportState::approved;
        } else if (*text == "refused") {
            state = review::ReportState::refused;
        } else {
            return base::fail(ErrorCode::malformed, "state must be pending, approved or refused");
        }
    }
    auto queue = service.parts.review.reports(state, call.asker.id);
    std::ranges::sort(queue, std::less{}, &review::ReportView::id);
    std::map<wire::LedgerId, base::Result<Basis>> bases;
    std::vector<readmodel::Access> looks;
    for (const auto& report : queue) {
        if (bases.contains(report.patient)) continue;
        const auto& basis =
            bases.emplace(report.patient, service.access.basis(call.asker, report.patient))
                .first->second;
        if (!basis && basis.error().code == ErrorCode::unavailable) return base::pass(basis);
        const auto text = basis ? text_of(*basis) : std::string(base::name_of(basis.error().code));
        looks.push_back(service.access.entry({.asker = call.asker,
                                              .patient = report.patient,
                                              .action = "read_queue",
                                              .what = "reports to review"},
                                             basis.has_value(), text));
    }
    if (const auto recorded = service.parts.access_log.append(looks); !recorded) {
        return base::pass(recorded);
    }
    return page_response(queue, *page, id_text, [&](const review::ReportView& report) {
        return service.views.report(report, bases.at(report.patient).has_value());
    });
}

base::Result<Response> report(Service& service, const Call& call) {
    const auto found = own_report(service, call);
    if (!found) return base::pass(found);
    const auto basis = service.access.admit(look_at(call, *found, "read_report"));
    if (!basis) return base::pass(basis);
    const auto out = service.views.report_detail(*found);
    if (!out) return base::pass(out);
    return json_response(*out);
}

base::Result<Response> approve_report(Service& service, const Call& call) {
    const auto found = own_report(service, call);
    if (!found) return base::pass(found);
    const auto recorded = record_decision(service, call, *found, "approve_report");
    if (!recorded) return base::pass(recorded);
    // The contracts decide about consent too: their refusal is the one that the report keeps.
    const auto signer = service.parts.key_store.person_signer(call.asker.id);
    const auto approved = service.parts.review.approve(found->id, *signer);
    if (!approved) return base::pass(approved);
    return json_response(visible_report(service, call.asker, *approved));
}

base::Result<Response> refuse_report(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    auto reason = body->text("reason", reason_bytes_max);
    if (const auto read = body->finish(); !read) return base::pass(read);
    const auto found = own_report(service, call);
    if (!found) return base::pass(found);
    const auto recorded = record_decision(service, call, *found, "refuse_report");
    if (!recorded) return base::pass(recorded);
    const auto refused = service.parts.review.refuse(found->id, call.asker.id, std::move(reason));
    if (!refused) return base::pass(refused);
    return json_response(visible_report(service, call.asker, *refused));
}

base::Result<Response> report_receipt(Service& service, const Call& call) {
    const auto found = own_report(service, call);
    if (!found) return base::pass(found);
    if (found->state != review::ReportState::approved) {
        return base::fail(ErrorCode::not_found,
                          "this report is in no block yet; a receipt comes with its approval");
    }
    auto plain = chain::receipt_of(service.parts.blocks, found->transaction);
    if (!plain) return base::pass(plain);
    const auto receipt = with_checkpoint(service, *std::move(plain));
    if (!receipt) return base::pass(receipt);
    Response response;
    response.body = wire::to_json(*receipt);
    response.headers.emplace_back(
        "Content-Disposition",
        "attachment; filename=\"salus-receipt-report-" + std::to_string(found->id) + ".json\"");
    return response;
}

}  // namespace api::routes
