// SPDX-License-Identifier: Apache-2.0
#include "api/internal/service.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>

#include "crypto/key_wrap.h"

namespace api {
namespace json = boost::json;
namespace {

using base::ErrorCode;
/// Batches read again at the start, so that every patient's clock is known at once.
constexpr std::uint64_t batches_at_start = 2'000;
constexpr std::size_t limit_max = 500;

/// What was asked for, for the access log: known names with plain values alone, so that nothing a
/// client makes up stands there.
std::string what_of(const Request& request) {
    std::string out;
    for (const auto* name : {"vital", "from_ms", "to_ms", "state"}) {
        const auto value = query_value(request.query, name);
        const bool plain = value && !value->empty() && value->size() <= 20 &&
                           std::ranges::all_of(*value, [](char c) {
                               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
                           });
        if (plain) out += fmt::format("{}{}={}", out.empty() ? "" : " ", name, *value);
    }
    return out;
}

std::string decoy_password(base::Random& random) {
    std::array<std::uint8_t, 32> raw{};
    random.fill(raw);
    return base::to_hex(raw);
}

}  // namespace

Response json_response(const json::value& body, unsigned status) {
    Response response;
    response.status = status;
    response.body = json::serialize(body);
    return response;
}

Response list_response(json::array items, std::optional<std::string> next) {
    return json_response(
        json::object{{"items", std::move(items)},
                     {"next", next ? json::value(std::move(*next)) : json::value(nullptr)}});
}

base::Result<Page> page_of(const Request& request, bool numbered) {
    Page page;
    if (const auto limit = query_value(request.query, "limit")) {
        const auto number = parse_number(*limit);
        if (!number || *number == 0 || *number > limit_max) {
            return base::fail(ErrorCode::malformed, "limit must be a number from 1 to 500");
        }
        page.limit = static_cast<std::size_t>(*number);
    }
    page.cursor = query_value(request.query, "cursor").value_or("");
    if (numbered && !page.cursor.empty() && !page.cursor_number()) {
        return base::fail(ErrorCode::malformed, "cursor must be the `next` of the page before");
    }
    return page;
}

Service::Service(const Api::Parts& borrowed_parts, Options service_options)
    : parts(borrowed_parts),
      options(std::move(service_options)),
      port(options.port),
      sessions(parts.clock, parts.random),
      throttle(parts.clock),
      access(AccessControl::Parts{parts.directory, parts.read_model, parts.access_log, parts.blocks,
                                  parts.clock}),
      live(parts.clock),
      views(parts, live),
      hub(EventHub::Parts{views, live, parts.clock}),
      tickets(parts.clock, parts.random),
      files(options.web),
      metrics(parts),
      verify_job(parts.verify_chain),
      decoy_hash(crypto::hash_password(decoy_password(parts.random), parts.random)) {}

base::Result<std::shared_ptr<Service>> Service::make(const Api::Parts& parts, Options options) {
    auto service = std::make_shared<Service>(parts, std::move(options));
    const std::weak_ptr<Service> weak = service;
    parts.monitor.on_change([weak](const monitor::Alarm& alarm) {
        if (const auto self = weak.lock()) self->hub.publish(alarm);
    });
    parts.review.on_change([weak](const review::ReportView& report) {
        if (const auto self = weak.lock()) self->hub.publish(report);
    });
    service->follow_blocks();
    const auto last = parts.series.last_position();
    const auto followed = parts.series.follow(last > batches_at_start ? last - batches_at_start : 0,
                                              [weak, last](const series::StoredBatch& batch) {
                                                  const auto self = weak.lock();
                                                  if (!self) return;
                                                  self->live.take(batch);
                                                  if (batch.position > last)
                                                      self->hub.publish(batch);
                                              });
    if (!followed) return base::pass(followed);
    return service;
}

void Service::follow_blocks() {
    const auto weak = weak_from_this();
    parts.read_model.on_block([weak](const wire::Block& block, const readmodel::BlockRow& row) {
        const auto self = weak.lock();
        if (!self) return;
        self->access.forget();
        self->hub.publish(row);
        for (const auto& envelope : block.transactions) {
            const auto tx = wire::decode_transaction(envelope);
            if (!tx) continue;  // the read model decoded it before; nothing to tell of
            std::optional<wire::Hash256> ref;
            if (std::holds_alternative<wire::GrantConsent>(tx->body.action)) {
                ref = wire::body_ref(tx->body_bytes);
            } else if (const auto* end = std::get_if<wire::RevokeConsent>(&tx->body.action)) {
                ref = end->consent;
            }
            if (!ref) continue;
            if (const auto consent = self->parts.read_model.consent(*ref)) {
                self->hub.publish(*consent);
            }
        }
    });
}

std::vector<base::Bytes> Service::agree(std::string_view source, base::ByteView frame) {
    return parts.users->receive(source, frame, [this](const auto& user, const auto& token) {
        return routes::open_agreed_session(*this, user, token);
    });
}

void Service::tick() {
    sessions.drop_idle();
    tickets.drop_old();
    if (parts.users != nullptr) {
        for (const auto& refused : parts.users->tick()) sessions.close_agreed(refused);
    }
    parts.key_store.drop_idle();
}

bool Service::is_own_address(std::string_view host) const {
    const auto own = port.load();
    return host == fmt::format("127.0.0.1:{}", own) || host == fmt::format("localhost:{}", own);
}

/// Or no page at all.
bool Service::is_own_page(const Request& request) const {
    constexpr std::string_view scheme = "http://";
    const bool foreign_origin =
        !request.origin.empty() && (!request.origin.starts_with(scheme) ||
                                    !is_own_address(request.origin.substr(scheme.size())));
    const bool foreign_site = !request.fetch_site.empty() && request.fetch_site != "same-origin" &&
                              request.fetch_site != "none";
    return !foreign_origin && !foreign_site;
}

base::Result<void> Service::admit_upgrade(const Request& request) const {
    if (auto origin = check_origin(request); !origin) return origin;
    if (!is_own_page(request)) {
        return base::fail(ErrorCode::not_authorised, "a page of another site may not do this");
    }
    if (request.path != "/api/v1/agreement" || parts.users == nullptr) {
        return base::fail(ErrorCode::not_found, "no WebSocket is served here");
    }
    return {};
}

base::Result<void> Service::check_origin(const Request& request) const {
    // A page of another site whose name was pointed at this machine (DNS rebinding) carries its own
    // name here.
    if (!is_own_address(request.host)) {
        return base::fail(
            ErrorCode::not_authorised,
            fmt::format("open http://127.0.0.1:{}; other names are not answered", port.load()));
    }
    if (request.method == Method::get) return {};
    if (!is_own_page(request) || request.salus_header != "1") {
        return base::fail(
            ErrorCode::not_authorised,
            "a change must come from this node's own pages, with the header X-Salus: 1");
    }
    if (!request.body.empty() && !request.content_type.starts_with("application/json")) {
        return base::fail(ErrorCode::malformed, "the body must be application/json");
    }
    return {};
}

Response Service::handle(const Request& request) {
    const auto begin = std::chrono::steady_clock::now();
    std::string_view name = "none";
    Response response;
    if (const auto origin = check_origin(request); !origin) {
        const bool wrong_host = !is_own_address(request.host);
        response =
            wrong_host ? error_response(421, origin.error()) : error_response(origin.error());
    } else if (const auto match = find_route(request.method, request.path); match.route) {
        name = match.route->name;
        response = answer(*match.route, request, match.param);
        response.headers.emplace_back("Cache-Control", "no-store");
    } else if (!match.allowed_methods.empty()) {
        response = error_response(405, {ErrorCode::malformed, "this path has no such method"});
        response.headers.emplace_back("Allow", match.allowed_methods);
    } else if (request.path.starts_with("/api/")) {
        response = error_response({ErrorCode::not_found, "the interface has no such path"});
    } else if (request.method == Method::get) {
        name = "web_app";
        response = files.answer(request);
    } else {
        response = error_response(405, {ErrorCode::malformed, "only GET is answered here"});
        response.headers.emplace_back("Allow", "GET, HEAD");
    }
    if (std::ranges::none_of(response.headers, [](const auto& header) {
            return header.first == "Content-Security-Policy";
        })) {
        response.headers.emplace_back("Content-Security-Policy",
                                      "default-src 'none'; frame-ancestors 'none'");
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
    metrics.answered(name, response.status, took.count());
    // What clients do wrong is counted in the metrics; the log is for what we do wrong.
    const auto level = response.status >= 500 ? spdlog::level::err : spdlog::level::debug;
    spdlog::log(level, R"({{"event":"request","route":"{}","status":{},"ms":{:.1f}}})", name,
                response.status, took.count() * 1000);
    return response;
}

Response Service::answer(const Route& route, const Request& request, std::string_view param) {
    static const identity::Person nobody;
    const bool is_public = route.allowed == anyone;
    const auto session = sessions.use(request.session_cookie);
    const auto person = session ? parts.directory.person(session->person) : std::nullopt;
    if (!is_public && !person) {
        return error_response({ErrorCode::unauthenticated, "sign in first"});
    }
    const auto& asker = person ? *person : nobody;
    Call call{.request = request,
              .param = param,
              .asker = asker,
              .session = session ? session->key : SessionKey{},
              .session_until = session ? session->until : base::TimePoint{},
              .patient = std::nullopt,
              .basis = std::nullopt};
    auto response = admitted(route, call);
    if (response) return *std::move(response);
    const auto& error = response.error();
    // Wrong bytes and failures of ours are no refusals; a failed login writes its own.
    const auto status = status_of(error.code);
    const bool hidden = status == 404 && route.rule != Rule::open;
    const bool refusal = status == 403 || status == 422 || hidden;
    if (person && refusal) record_refusal(asker, route, error.code);
    auto answer = error_response(error);
    if (status == 429) answer.headers.emplace_back("Retry-After", "1");
    return answer;
}

base::Result<Response> Service::admitted(const Route& route, Call& call) {
    if (route.allowed != anyone) {
        const auto bit = 1U << static_cast<unsigned>(call.asker.role);
        if ((route.allowed & bit) == 0) {
            return base::fail(
                ErrorCode::not_authorised,
                fmt::format("the role {} may not do this", wire::name_of(call.asker.role)));
        }
    }
    if (route.rule == Rule::own_record || route.rule == Rule::consent) {
        call.patient = base::fixed_from_hex<wire::LedgerId>(call.param);
        if (!call.patient) {
            return base::fail(ErrorCode::malformed, "a patient's id has 32 hexadecimal digits");
        }
    }
    if (route.rule == Rule::own_record && *call.patient != call.asker.id) {
        return base::fail(ErrorCode::not_found,
                          "there is no such patient, or none you may know of");
    }
    if (route.rule == Rule::consent) {
        auto basis = access.admit({.asker = call.asker,
                                   .patient = *call.patient,
                                   .action = route.name,
                                   .what = what_of(call.request)});
        if (!basis) return base::pass(basis);
        call.basis = *std::move(basis);
    }
    return route.handler(*this, call);
}

void Service::record_refusal(const identity::Person& asker, const Route& route,
                             base::ErrorCode code) {
    const auto written = parts.access_log.append_refusal({.time = parts.clock.now(),
                                                          .actor = asker.id,
                                                          .action = std::string(route.name),
                                                          .code = code});
    if (!written) {
        spdlog::error(R"({{"event":"refusal_not_recorded","code":"{}"}})",
                      base::name_of(written.error().code));
    }
}

}  // namespace api
