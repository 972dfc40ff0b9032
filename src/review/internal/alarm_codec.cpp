// SPDX-License-Identifier: Apache-2.0
#include "review/internal/alarm_codec.h"

namespace review::internal {

void write(base::RecordWriter& out, const monitor::Alarm& alarm) {
    out.u64(alarm.id).u8(static_cast<std::uint8_t>(alarm.vital));
    out.u8(static_cast<std::uint8_t>(alarm.condition));
    out.u8(static_cast<std::uint8_t>(alarm.priority));
    out.i64(alarm.value_milli).i64(alarm.limit_milli);
    out.time(alarm.raised_at).time(alarm.changed_at).time(alarm.cleared_at);
    out.time(alarm.gateway_time).time(alarm.acknowledged_at);
    out.fixed(alarm.acknowledged_by.view()).text(alarm.message);
}

monitor::Alarm read_alarm(base::RecordReader& in, const wire::LedgerId& patient) {
    monitor::Alarm alarm;
    alarm.id = in.u64();
    alarm.patient = patient;
    alarm.vital = in.enumerator(wire::Vital::heart_rate, wire::Vital::co2);
    alarm.condition = in.enumerator(monitor::Condition::low, monitor::Condition::implausible);
    alarm.priority = in.enumerator(monitor::Priority::technical, monitor::Priority::high);
    alarm.value_milli = in.i64();
    alarm.limit_milli = in.i64();
    alarm.raised_at = in.time();
    alarm.changed_at = in.time();
    alarm.cleared_at = in.optional_time();
    alarm.gateway_time = in.time();
    alarm.acknowledged_at = in.optional_time();
    alarm.acknowledged_by = in.fixed<wire::LedgerId>();
    alarm.message = in.text();
    return alarm;
}

}  // namespace review::internal
