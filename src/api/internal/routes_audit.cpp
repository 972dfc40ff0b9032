// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/service.h"

namespace api::routes {
namespace json = boost::json;

base::Result<Response> audit_access_log(Service& service, const Call& call) {
    auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    const auto entries = service.parts.access_log.entries(page->cursor_number(), page->limit + 1);
    if (!entries) return base::pass(entries);
    page->cursor.clear();
    return page_response(
        *entries, *page,
        [](const readmodel::AccessEntry& entry) { return std::to_string(entry.number); },
        [&](const readmodel::AccessEntry& entry) { return service.views.access(entry, false); });
}

base::Result<Response> audit_refusals(Service& service, const Call& call) {
    auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    const auto refusals = service.parts.access_log.refusals(page->cursor_number(), page->limit + 1);
    if (!refusals) return base::pass(refusals);
    page->cursor.clear();
    using Numbered = readmodel::AccessLog::NumberedRefusal;
    return page_response(
        *refusals, *page, [](const Numbered& each) { return std::to_string(each.number); },
        [](const Numbered& each) {
            const auto& refusal = each.refusal;
            return json::object{
                {"time_ms", ms(refusal.time)},
                {"actor", refusal.actor ? json::value(hex(*refusal.actor)) : json::value(nullptr)},
                {"action", refusal.action},
                {"code", base::name_of(refusal.code)}};
        });
}

base::Result<Response> start_verify_chain(Service& service, const Call&) {
    const auto started = service.verify_job.start();
    if (!started) return base::pass(started);
    return json_response(json::object{{"id", *started}}, 202);
}

base::Result<Response> verify_chain_state(Service& service, const Call&) {
    const auto progress = service.verify_job.progress();
    const bool done = progress.state == VerifyJob::State::done;
    const bool running = progress.state == VerifyJob::State::running;
    return json_response(
        json::object{{"state", done      ? "done"
                               : running ? "running"
                                         : "idle"},
                     {"done", progress.done},
                     {"total", progress.total},
                     {"ok", done ? json::value(progress.verdict.ok) : json::value(nullptr)},
                     {"finding", progress.verdict.finding},
                     {"anchor", progress.verdict.anchor}});
}

}  // namespace api::routes
