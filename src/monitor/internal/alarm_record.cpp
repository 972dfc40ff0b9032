// SPDX-License-Identifier: Apache-2.0
#include "monitor/internal/alarm_record.h"

#include <fmt/format.h>

#include <cstdlib>
#include <limits>

#include "base/record.h"
#include "monitor/limits.h"

namespace monitor::internal {
namespace {

base::Bytes key_of(std::string_view prefix) {
    const auto bytes = base::as_bytes(prefix);
    return {bytes.begin(), bytes.end()};
}

/// "84", "36.6", "-0.25": thousandths without the zeros at the end.
std::string number(std::int64_t milli) {
    const auto whole = std::abs(milli / 1000), part = std::abs(milli % 1000);
    auto text = fmt::format("{}{}.{:03}", milli < 0 ? "-" : "", whole, part);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
    return text;
}

/// A line that was crossed: while the alarm eases, the value may lie between its two levels.
std::string crossed(const Transition& change, std::string_view name, bool below) {
    const bool breaches =
        below ? change.value_milli < change.limit_milli : change.value_milli > change.limit_milli;
    return fmt::format("{} {}{} {} {}", name, number(change.value_milli), breaches ? "" : ", was",
                       below ? "<" : ">", number(change.limit_milli));
}

}  // namespace

base::Bytes encode(const Alarm& alarm) {
    base::RecordWriter out;
    out.u64(alarm.id).fixed(alarm.patient.view()).u8(static_cast<std::uint8_t>(alarm.vital));
    out.u8(static_cast<std::uint8_t>(alarm.condition));
    out.u8(static_cast<std::uint8_t>(alarm.priority));
    out.i64(alarm.value_milli).i64(alarm.limit_milli);
    out.time(alarm.raised_at).time(alarm.cleared_at).time(alarm.gateway_time);
    out.time(alarm.acknowledged_at).fixed(alarm.acknowledged_by.view()).text(alarm.message);
    out.time(alarm.changed_at);
    return out.take();
}

base::Result<Alarm> decode_alarm(base::ByteView bytes) {
    base::RecordReader in(bytes);
    Alarm alarm;
    alarm.id = in.u64();
    alarm.patient = in.fixed<wire::LedgerId>();
    alarm.vital = in.enumerator(wire::Vital::heart_rate, wire::Vital::co2);
    alarm.condition = in.enumerator(Condition::low, Condition::implausible);
    alarm.priority = in.enumerator(Priority::technical, Priority::high);
    alarm.value_milli = in.i64();
    alarm.limit_milli = in.i64();
    alarm.raised_at = in.time();
    alarm.cleared_at = in.optional_time();
    alarm.gateway_time = in.time();
    alarm.acknowledged_at = in.optional_time();
    alarm.acknowledged_by = in.fixed<wire::LedgerId>();
    alarm.message = in.text();
    alarm.changed_at = in.time();
    if (!in.complete()) {
        return base::fail(base::ErrorCode::corrupted, "a stored alarm cannot be read");
    }
    return alarm;
}

base::Bytes alarm_key(std::uint64_t id) {
    auto key = key_of(alarm_prefix);
    base::append_u64(key, id);
    return key;
}

base::Bytes active_key(std::uint64_t id) {
    auto key = key_of(active_prefix);
    base::append_u64(key, id);
    return key;
}

base::Bytes time_key(const wire::LedgerId& patient, std::optional<base::TimePoint> cleared_at,
                     std::uint64_t id) {
    auto key = key_of(time_prefix);
    base::append(key, patient.view());
    // Patient times are never before 1970 here, so the numbers keep their order.
    base::append_u64(key, cleared_at ? static_cast<std::uint64_t>(base::to_unix_ms(*cleared_at))
                                     : std::numeric_limits<std::uint64_t>::max());
    base::append_u64(key, id);
    return key;
}

base::Bytes rules_key(const wire::LedgerId& patient) {
    auto key = key_of(rules_prefix);
    base::append(key, patient.view());
    return key;
}

std::string message_of(const Transition& change) {
    if (!change.condition) return {};
    const auto name = limits_of(change.vital).name;
    switch (*change.condition) {
        case Condition::low:
        case Condition::critical_low:
            return crossed(change, name, true);
        case Condition::high:
        case Condition::critical_high:
            return crossed(change, name, false);
        case Condition::apnoea_or_lost_signal:
            return fmt::format("{} {}: apnoea or lost signal", name, number(change.value_milli));
        case Condition::pulse_and_heart_rate_disagree:
            return "Pulse and heart rate disagree: check patient";
        case Condition::no_data:
            return fmt::format("No data from {} for {} s", name, change.limit_milli / 1000);
        case Condition::sensor_off:
            return fmt::format("Sensor off: {}", name);
        case Condition::implausible:
            return fmt::format("{} {} is not plausible: check sensor", name,
                               number(change.value_milli));
    }
    return {};
}

}  // namespace monitor::internal
