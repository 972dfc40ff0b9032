// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <limits>

#include "api/internal/service.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
constexpr std::size_t buckets_default = 300;
constexpr std::size_t buckets_max = 2'000;
constexpr std::size_t alarms_max = 10'000;
/// Times beyond the year 9999 would overflow sums; no reading has one.
constexpr std::uint64_t time_ms_max = 253'402'300'799'999;

struct Period {
    base::TimePoint from;
    base::TimePoint to;
};

base::Result<base::TimePoint> time_of(const Request& request, std::string_view name,
                                      std::optional<base::TimePoint> otherwise) {
    const auto text = query_value(request.query, name);
    if (!text && otherwise) return *otherwise;
    const auto number = parse_number(text.value_or(""));
    if (!number || *number > time_ms_max) {
        return base::fail(ErrorCode::malformed,
                          std::string(name) + " must be a time in ms since 1970");
    }
    return base::from_unix_ms(static_cast<std::int64_t>(*number));
}

base::Result<Period> period_of(const Request& request, std::optional<Period> otherwise) {
    const auto from =
        time_of(request, "from_ms", otherwise ? std::optional(otherwise->from) : std::nullopt);
    if (!from) return base::pass(from);
    const auto to =
        time_of(request, "to_ms", otherwise ? std::optional(otherwise->to) : std::nullopt);
    if (!to) return base::pass(to);
    if (*from >= *to) {
        return base::fail(ErrorCode::malformed, "from_ms must be before to_ms");
    }
    return Period{*from, *to};
}

/// A reader sees what an alarm of the ward says only with consent; this is the ward's own check.
base::Result<identity::Person> patient_person(const Service& service, const wire::LedgerId& id) {
    auto person = service.parts.directory.person(id);
    if (!person) return base::fail(ErrorCode::not_found, "there is no such patient");
    return *std::move(person);
}

}  // namespace

base::Result<Response> ward(Service& service, const Call& call) {
    json::array items;
    std::vector<readmodel::Access> looks;
    for (const auto& person : service.parts.directory.people(wire::Role::patient)) {
        const auto basis = service.access.basis(call.asker, person.id);
        if (!basis) {
            if (basis.error().code == ErrorCode::consent_missing ||
                basis.error().code == ErrorCode::not_found) {
                continue;  // not one of the asker's patients
            }
            return base::pass(basis);
        }
        auto item = service.views.ward_patient(person);
        if (!item) return base::pass(item);
        looks.push_back(service.access.entry({.asker = call.asker,
                                              .patient = person.id,
                                              .action = "read_ward",
                                              .what = "newest vitals and alarms"},
                                             true, text_of(*basis)));
        items.emplace_back(*std::move(item));
    }
    if (const auto recorded = service.parts.access_log.append(looks); !recorded) {
        return base::pass(recorded);
    }
    return json_response(json::object{{"items", std::move(items)}});
}

base::Result<Response> patient(Service& service, const Call& call) {
    const auto person = patient_person(service, *call.patient);
    if (!person) return base::pass(person);
    auto out = service.views.ward_patient(*person);
    if (!out) return base::pass(out);
    const auto first = service.views.first_reading(person->id);
    if (!first) return base::pass(first);
    const auto reports = service.parts.review.reports_of(person->id);
    const auto pending = std::ranges::count_if(reports, [](const review::ReportView& each) {
        return each.state == review::ReportState::pending;
    });
    json::object basis{{"kind", "self"}, {"consent", nullptr}, {"until_ms", nullptr}};
    if (const auto& consent = call.basis->consent) {
        basis = {{"kind", "consent"},
                 {"consent", hex(consent->consent)},
                 {"until_ms", ms(consent->until)}};
    }
    const auto& doctor = person->responsible_doctor;
    (*out)["doctor"] =
        doctor.is_zero() ? json::value(nullptr) : json::value(service.views.person_ref(doctor));
    (*out)["basis"] = std::move(basis);
    (*out)["reports_pending"] = pending;
    (*out)["first_reading_ms"] = ms(*first);
    return json_response(*out);
}

base::Result<Response> patient_series(Service& service, const Call& call) {
    const auto& query = call.request.query;
    if (const auto known = check_query(query, {"vital", "from_ms", "to_ms", "buckets"}); !known) {
        return base::pass(known);
    }
    const auto vital = wire::vital_from_name(query_value(query, "vital").value_or(""));
    if (!vital || *vital == wire::Vital::ecg) {
        return base::fail(ErrorCode::malformed,
                          "vital must name a vital of /api/v1/vitals other than ecg");
    }
    const auto period = period_of(call.request, std::nullopt);
    if (!period) return base::pass(period);
    std::uint64_t buckets = buckets_default;
    if (const auto text = query_value(query, "buckets")) {
        buckets = parse_number(*text).value_or(0);
    }
    if (buckets == 0 || buckets > buckets_max) {
        return base::fail(ErrorCode::malformed, "buckets must be a number from 1 to 2000");
    }
    const auto out = service.views.series({.patient = *call.patient,
                                           .vital = *vital,
                                           .from = period->from,
                                           .to = period->to,
                                           .buckets = static_cast<std::size_t>(buckets)});
    if (!out) return base::pass(out);
    return json_response(*out);
}

base::Result<Response> patient_strip(Service& service, const Call& call) {
    if (const auto known = check_query(call.request.query, {"from_ms", "to_ms"}); !known) {
        return base::pass(known);
    }
    const auto period = period_of(call.request, std::nullopt);
    if (!period) return base::pass(period);
    const auto strip = service.parts.series.last_strip(*call.patient, period->from, period->to);
    if (!strip) return base::pass(strip);
    if (!strip->has_value()) {
        return base::fail(ErrorCode::not_found, "no strip begins in this period");
    }
    json::array samples;
    for (const auto micro : (*strip)->waveform_micro) {
        samples.emplace_back(static_cast<double>(micro) / 1e6);
    }
    return json_response(json::object{{"t_ms", ms((*strip)->time)},
                                      {"period_us", (*strip)->period_us},
                                      {"unit", wire::info_of((*strip)->vital).unit},
                                      {"samples", std::move(samples)}});
}

base::Result<Response> patient_alarms(Service& service, const Call& call) {
    const auto known = check_query(call.request.query, {"from_ms", "to_ms", "limit", "cursor"});
    if (!known) return base::pass(known);
    const auto page = page_of(call.request, true);
    if (!page) return base::pass(page);
    const auto period = period_of(
        call.request,
        Period{base::TimePoint{}, base::from_unix_ms(static_cast<std::int64_t>(time_ms_max))});
    if (!period) return base::pass(period);
    const auto alarms =
        service.parts.monitor.history(*call.patient, period->from, period->to, alarms_max);
    if (!alarms) return base::pass(alarms);
    return page_response(
        *alarms, *page, [](const monitor::Alarm& alarm) { return std::to_string(alarm.id); },
        [&](const monitor::Alarm& alarm) { return service.views.alarm(alarm); });
}

base::Result<Response> acknowledge_alarm(Service& service, const Call& call) {
    const auto id = parse_number(call.param);
    if (!id) return base::fail(ErrorCode::malformed, "an alarm's id is a number");
    const auto alarm = service.parts.monitor.alarm(*id);
    if (!alarm) return base::fail(ErrorCode::not_found, "there is no such alarm");
    const auto basis = service.access.admit({.asker = call.asker,
                                             .patient = alarm->patient,
                                             .action = "acknowledge_alarm",
                                             .what = "alarm " + std::to_string(*id)});
    if (!basis) {
        if (basis.error().code != ErrorCode::not_found) return base::pass(basis);
        return base::fail(ErrorCode::not_found, "there is no such alarm");
    }
    const auto acknowledged = service.parts.monitor.acknowledge(*id, call.asker.id);
    if (!acknowledged) return base::pass(acknowledged);
    return json_response(service.views.alarm(*acknowledged));
}

}  // namespace api::routes
