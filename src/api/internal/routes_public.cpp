// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/openapi_document.h"
#include "api/internal/service.h"
#include "monitor/limits.h"

namespace api::routes {
namespace json = boost::json;
namespace {

Response text_response(std::string body, std::string content_type) {
    Response response;
    response.content_type = std::move(content_type);
    response.body = std::move(body);
    return response;
}

json::value limit(const monitor::VitalLimits& limits, monitor::Line line) {
    const auto& found = limits.line(line);
    return found ? decimal(found->raise_milli) : json::value(nullptr);
}

}  // namespace

base::Result<Response> info(Service& service, const Call&) {
    json::array logins;
    if (service.options.demo) {
        for (const auto& each : service.options.demo_logins) {
            const auto person = service.parts.directory.person_by_login(each.login);
            if (!person) continue;
            logins.emplace_back(json::object{{"login", each.login},
                                             {"password", each.password},
                                             {"name", person->name},
                                             {"role", wire::name_of(person->role)}});
        }
    }
    return json_response(json::object{{"chain_id", service.options.chain_id},
                                      {"demo", service.options.demo},
                                      {"version", service.options.version},
                                      {"height", service.parts.read_model.height()},
                                      {"now_ms", ms(service.parts.clock.now())},
                                      {"demo_logins", std::move(logins)}});
}

base::Result<Response> trust(Service& service, const Call&) {
    auto text = service.options.trust_json();
    if (!text) return base::pass(text);
    return text_response(*std::move(text), "application/json");
}

base::Result<Response> vitals(Service&, const Call&) {
    json::array out;
    for (const auto& info : wire::all_vitals()) {
        const auto& limits = monitor::limits_of(info.vital);
        out.emplace_back(json::object{
            {"name", info.name},
            {"display", info.display},
            {"unit", info.unit},
            {"plausible_low", decimal(info.plausible_low_milli)},
            {"plausible_high", decimal(info.plausible_high_milli)},
            {"limits",
             json::object{{"low", limit(limits, monitor::Line::low)},
                          {"critical_low", limit(limits, monitor::Line::critical_low)},
                          {"high", limit(limits, monitor::Line::high)},
                          {"critical_high", limit(limits, monitor::Line::critical_high)}}}});
    }
    return json_response(out);
}

base::Result<Response> healthz(Service&, const Call&) {
    return text_response("ok\n", "text/plain; charset=utf-8");
}

base::Result<Response> readyz(Service& service, const Call&) {
    if (const auto failure = service.parts.read_model.failure()) {
        return base::fail(base::ErrorCode::unavailable,
                          "the read model stopped following the chain: " +
                              std::string(base::name_of(failure->code)));
    }
    if (service.parts.health) {
        for (const auto& item : service.parts.health()) {
            if (item.ok) continue;
            return base::fail(base::ErrorCode::unavailable, item.name + ": " + item.detail);
        }
    }
    return text_response("ready\n", "text/plain; charset=utf-8");
}

base::Result<Response> metrics(Service& service, const Call&) {
    return text_response(service.metrics.text(), "text/plain; version=0.0.4; charset=utf-8");
}

base::Result<Response> openapi(Service&, const Call&) {
    return text_response(std::string(openapi_document()), "application/json");
}

base::Result<Response> events(Service& service, const Call& call) {
    const auto asked = query_value(call.request.query, "last");
    // A browser that reconnects by itself repeats the address, with the newer id in the header.
    const auto& text =
        call.request.last_event_id.empty() ? asked.value_or("") : call.request.last_event_id;
    std::optional<std::uint64_t> last;
    // An id that is no number is not of this start either: the client has to fetch anew.
    if (!text.empty()) last = parse_number(text).value_or(0);
    Response response;
    response.content_type = "text/event-stream";
    response.stream = std::make_shared<EventStream>(
        EventStream::Parts{service.hub, service.access, service.sessions, service.parts.directory,
                           service.parts.clock},
        EventStream::Asker{call.asker.id, call.session}, last);
    return response;
}

}  // namespace api::routes
