// SPDX-License-Identifier: Apache-2.0
#include "api/internal/views.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace api {
namespace json = boost::json;
namespace {

constexpr std::chrono::minutes trend_period{10};
constexpr std::size_t trend_points = 60;

/// Columns of a chart, arrays side by side.
json::object columns(const std::vector<series::Bucket>& buckets) {
    json::array time;
    json::array min;
    json::array max;
    json::array mean;
    json::array count;
    for (const auto& bucket : buckets) {
        time.emplace_back(ms(bucket.time));
        min.emplace_back(decimal(bucket.min_milli));
        max.emplace_back(decimal(bucket.max_milli));
        mean.emplace_back(decimal(bucket.mean_milli));
        count.emplace_back(bucket.count);
    }
    return {{"t_ms", std::move(time)},
            {"min", std::move(min)},
            {"max", std::move(max)},
            {"mean", std::move(mean)},
            {"count", std::move(count)}};
}

}  // namespace

json::value ms(base::TimePoint time) {
    return base::to_unix_ms(time);
}
json::value ms(const std::optional<base::TimePoint>& time) {
    return time ? ms(*time) : json::value(nullptr);
}
json::value decimal(std::int64_t milli) {
    if (milli % 1000 == 0) return milli / 1000;
    return static_cast<double>(milli) / 1000.0;
}
series::Quality quality_of(const wire::Reading& reading) {
    const auto& info = wire::info_of(reading.vital);
    const bool plausible = reading.value_milli >= info.plausible_low_milli &&
                           reading.value_milli <= info.plausible_high_milli;
    return plausible ? series::Quality::plausible : series::Quality::implausible;
}
std::string_view name_of(series::Quality quality) {
    return quality == series::Quality::plausible ? "plausible" : "implausible";
}
std::string iso_time(base::TimePoint time) {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z",
                       fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)),
                       (time - seconds).count());
}

std::string Views::name_of(const wire::LedgerId& id) const {
    const auto person = parts_.directory.person(id);
    return person ? person->name : std::string();
}

json::object Views::person_ref(const wire::LedgerId& id) const {
    return {{"id", hex(id)}, {"name", name_of(id)}};
}

json::object Views::person_with_role(const wire::LedgerId& id) const {
    auto out = person_ref(id);
    if (const auto person = parts_.directory.person(id)) {
        out["role"] = wire::name_of(person->role);
    } else if (const auto key = chain::key_of(parts_.blocks, id)) {
        out["role"] = wire::name_of(key->role);  // registered on the chain, not enrolled here
    } else {
        out["role"] = wire::name_of(wire::Role::family);
    }
    return out;
}

json::object Views::alarm(const monitor::Alarm& alarm) const {
    const bool acknowledged = alarm.acknowledged_at.has_value();
    return {{"id", alarm.id},
            {"patient", hex(alarm.patient)},
            {"patient_name", name_of(alarm.patient)},
            {"vital", wire::info_of(alarm.vital).name},
            {"condition", monitor::name_of(alarm.condition)},
            {"priority", monitor::name_of(alarm.priority)},
            {"value", decimal(alarm.value_milli)},
            {"limit", decimal(alarm.limit_milli)},
            {"message", alarm.message},
            {"raised_at_ms", ms(alarm.raised_at)},
            {"cleared_at_ms", ms(alarm.cleared_at)},
            {"acknowledged_at_ms", ms(alarm.acknowledged_at)},
            {"acknowledged_by",
             acknowledged ? json::value(name_of(alarm.acknowledged_by)) : json::value(nullptr)}};
}

base::Result<json::object> Views::ward_patient(const identity::Person& patient) const {
    const auto now = live_.now(patient.id);
    std::optional<base::TimePoint> last_reading;
    json::array vitals;
    for (const auto& reading : parts_.series.latest(patient.id)) {
        last_reading = std::max(last_reading.value_or(reading.time), reading.time);
        if (!reading.waveform_micro.empty()) continue;  // a strip has no value to show in a tile
        const auto buckets =
            parts_.series.buckets(patient.id, reading.vital, now - trend_period,
                                  now + std::chrono::milliseconds{1}, trend_points);
        if (!buckets) return base::pass(buckets);
        auto all = columns(*buckets);
        vitals.emplace_back(json::object{
            {"vital", wire::info_of(reading.vital).name},
            {"value", decimal(reading.value_milli)},
            {"time_ms", ms(reading.time)},
            {"quality", api::name_of(quality_of(reading))},
            {"trend",
             json::object{{"t_ms", std::move(all["t_ms"])}, {"mean", std::move(all["mean"])}}}});
    }
    auto active = parts_.monitor.active(patient.id);
    std::ranges::sort(active, [](const monitor::Alarm& a, const monitor::Alarm& b) {
        return std::pair(b.priority, b.raised_at) < std::pair(a.priority, a.raised_at);
    });
    json::array alarms;
    for (const auto& each : active) alarms.emplace_back(alarm(each));
    return json::object{
        {"id", hex(patient.id)},
        {"name", patient.name},
        {"bed", patient.bed},
        {"age", patient.age_years ? json::value(*patient.age_years) : json::value(nullptr)},
        {"sex", patient.sex},
        {"speed", live_.speed(patient.id)},
        {"vitals", std::move(vitals)},
        {"alarms", std::move(alarms)},
        {"last_reading_ms", ms(last_reading)},
        {"now_ms", ms(now)}};
}

base::Result<json::object> Views::series(const SeriesQuestion& question) const {
    const auto buckets = parts_.series.buckets(question.patient, question.vital, question.from,
                                               question.to, question.buckets);
    if (!buckets) return base::pass(buckets);
    auto out = columns(*buckets);
    const auto& info = wire::info_of(question.vital);
    out["vital"] = info.name;
    out["unit"] = info.unit;
    out["width_ms"] = static_cast<double>((question.to - question.from).count()) /
                      static_cast<double>(question.buckets);
    return out;
}

base::Result<std::optional<base::TimePoint>> Views::first_reading(
    const wire::LedgerId& patient) const {
    std::optional<base::TimePoint> first;
    for (const auto& reading : parts_.series.latest(patient)) {
        const auto points = parts_.series.range(patient, reading.vital, base::TimePoint{},
                                                reading.time + std::chrono::milliseconds{1}, 1);
        if (!points) return base::pass(points);
        if (points->empty()) continue;
        first = std::min(first.value_or(points->front().time), points->front().time);
    }
    return first;
}

json::object Views::consent(const readmodel::ConsentRow& row) const {
    const auto now = parts_.clock.now();
    const bool active = !row.ended_height && row.from <= now && now < row.until;
    return {{"ref", hex(row.ref)},
            {"transaction", hex(row.transaction)},
            {"patient", hex(row.patient)},
            {"grantee", person_with_role(row.grantee)},
            {"category", wire::name_of(row.category)},
            {"purpose", wire::name_of(row.purpose)},
            {"from_ms", ms(row.from)},
            {"until_ms", ms(row.until)},
            {"granted_height", row.granted_height},
            {"revoked_height",
             row.ended_height ? json::value(*row.ended_height) : json::value(nullptr)},
            {"active", active}};
}

json::object Views::access(const readmodel::AccessEntry& entry, bool with_names) const {
    const auto& access = entry.access;
    return {{"time_ms", ms(access.time)},
            {"actor", json::object{{"id", hex(access.actor)},
                                   {"name", with_names ? name_of(access.actor) : std::string()},
                                   {"role", wire::name_of(access.role)}}},
            {"patient", hex(access.patient)},
            {"action", access.action},
            {"what", access.what},
            {"basis", access.basis},
            {"allowed", access.allowed},
            {"hash", hex(entry.hash)}};
}

}  // namespace api
