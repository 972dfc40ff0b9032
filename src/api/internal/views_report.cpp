// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/views.h"

namespace api {
namespace json = boost::json;
namespace {

constexpr std::size_t report_buckets = 300;
constexpr std::string_view on_approval = "worked out when you approve";

std::string_view state_name(review::ReportState state) {
    switch (state) {
        case review::ReportState::pending:
            return "pending";
        case review::ReportState::submitting:
            return "submitting";
        case review::ReportState::approved:
            return "approved";
        case review::ReportState::refused:
            return "refused";
    }
    return "pending";
}

json::object summary(const review::VitalSummary& vital) {
    return {{"vital", wire::info_of(vital.vital).name},   {"count", vital.count},
            {"implausible", vital.implausible},           {"min", decimal(vital.min_milli)},
            {"median", decimal(vital.median_milli)},      {"max", decimal(vital.max_milli)},
            {"outside_limits_s", vital.outside_limits_s}, {"gap_s", vital.gap_s}};
}

/// What approval writes to the ledger, field by field [0, Fig. 3]; nothing of it is personal.
json::array to_be_written(const review::ReportView& report) {
    json::array out;
    const auto add = [&](std::string_view field, std::string value, std::string_view meaning) {
        out.emplace_back(
            json::object{{"field", field}, {"value", std::move(value)}, {"meaning", meaning}});
    };
    const std::string later(on_approval);
    add("receiver", hex(report.doctor), "You, by your number on the ledger; you sign it");
    add("patient", hex(report.patient), "The patient, by a random number; no name is written");
    add("category", "vital_signs", "What kind of record");
    add("personal_data", "no", "The ledger refuses anything that says yes");
    add("header_hash", later, "The newest block at that moment: ties the report to its time");
    add("consent", later, "The patient's consent that lets you read this");
    add("patient_token", later, "Lets the patient recognise the report; means nothing to others");
    add("content_id", later, "Where the encrypted readings are kept, outside the ledger");
    add("content_hash", later, "A fingerprint of the readings: any change of them shows");
    add("readings_root", later, "A fingerprint of every single reading");
    add("reading_count", std::to_string(report.reading_count), "How many readings");
    add("period_start", iso_time(report.period_start), "From, included");
    add("period_end", iso_time(report.period_end), "Until, not included");
    return out;
}

}  // namespace

json::object Views::report(const review::ReportView& report, bool readable) const {
    json::array vitals;
    json::array alarms;
    if (readable) {
        for (const auto& vital : report.vitals) vitals.emplace_back(summary(vital));
        for (const auto& each : report.alarms) alarms.emplace_back(alarm(each));
    }
    auto patient = person_ref(report.patient);
    const auto person = parts_.directory.person(report.patient);
    patient["bed"] = person ? person->bed : std::string();
    json::value last_error = nullptr;
    if (report.last_error) {
        last_error = json::object{{"code", base::name_of(report.last_error->code)},
                                  {"message", report.last_error->detail}};
    }
    const bool committed = report.state == review::ReportState::approved;
    const auto or_null = [](bool given, auto value) {
        return given ? json::value(std::move(value)) : json::value(nullptr);
    };
    return {{"id", report.id},
            {"patient", std::move(patient)},
            {"doctor", person_ref(report.doctor)},
            {"period_start_ms", ms(report.period_start)},
            {"period_end_ms", ms(report.period_end)},
            {"reading_count", report.reading_count},
            {"state", state_name(report.state)},
            {"readable", readable},
            {"created_at_ms", ms(report.created_at)},
            {"decided_at_ms", ms(report.decided_at)},
            {"decided_by", or_null(!report.decided_by.is_zero(), name_of(report.decided_by))},
            {"decided_by_program", report.decided_by_program},
            {"refusal_reason", or_null(!report.refusal_reason.empty(), report.refusal_reason)},
            {"last_error", std::move(last_error)},
            {"transaction", or_null(!report.transaction.is_zero(), hex(report.transaction))},
            {"height", or_null(committed, report.height)},
            {"vitals", std::move(vitals)},
            {"alarms", std::move(alarms)}};
}

base::Result<json::object> Views::report_detail(const review::ReportView& report) const {
    auto out = this->report(report, true);
    json::array charts;
    for (const auto& vital : report.vitals) {
        if (vital.vital == wire::Vital::ecg) continue;  // strips have a route of their own
        auto chart = series({.patient = report.patient,
                             .vital = vital.vital,
                             .from = report.period_start,
                             .to = report.period_end,
                             .buckets = report_buckets});
        if (!chart) return base::pass(chart);
        charts.emplace_back(*std::move(chart));
    }
    out["series"] = std::move(charts);
    out["to_be_written"] = to_be_written(report);
    return out;
}

}  // namespace api
