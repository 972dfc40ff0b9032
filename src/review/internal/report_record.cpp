// SPDX-License-Identifier: Apache-2.0
#include "review/internal/report_record.h"

#include "base/record.h"
#include "review/internal/alarm_codec.h"

namespace review::internal {
namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::size_t vital_bytes = 41;

base::Bytes key_of(std::string_view prefix, base::ByteView rest) {
    const auto text = base::as_bytes(prefix);
    base::Bytes key(text.begin(), text.end());
    base::append(key, rest);
    return key;
}

void write(base::RecordWriter& out, const VitalSummary& vital) {
    out.u8(static_cast<std::uint8_t>(vital.vital)).u32(vital.count).u32(vital.implausible);
    out.i64(vital.min_milli).i64(vital.median_milli).i64(vital.max_milli);
    out.u32(vital.outside_limits_s).u32(vital.gap_s);
}

VitalSummary read_vital(base::RecordReader& in) {
    VitalSummary vital;
    vital.vital = in.enumerator(wire::Vital::heart_rate, wire::Vital::co2);
    vital.count = in.u32();
    vital.implausible = in.u32();
    vital.min_milli = in.i64();
    vital.median_milli = in.i64();
    vital.max_milli = in.i64();
    vital.outside_limits_s = in.u32();
    vital.gap_s = in.u32();
    return vital;
}

void write(base::RecordWriter& out, const Cut& cut) {
    out.u64(cut.before.mark).time(cut.before.end).u64(cut.bounds.mark).time(cut.bounds.end);
    out.u64(cut.first_position).u32(cut.reading_count);
    out.time(cut.period_start).time(cut.period_end);
}

Cut read_cut(base::RecordReader& in) {
    Cut cut;
    cut.before = {.mark = in.u64(), .end = in.time()};
    cut.bounds = {.mark = in.u64(), .end = in.time()};
    cut.first_position = in.u64();
    cut.reading_count = in.u32();
    cut.period_start = in.time();
    cut.period_end = in.time();
    return cut;
}

void write_decision(base::RecordWriter& out, const Record& record) {
    const auto& view = record.view;
    out.u8(static_cast<std::uint8_t>(view.state)).time(view.created_at).time(view.decided_at);
    out.fixed(view.decided_by.view()).u8(view.decided_by_program ? 1 : 0);
    out.text(view.refusal_reason).u8(view.last_error ? 1 : 0);
    if (view.last_error) {
        out.u32(static_cast<std::uint32_t>(view.last_error->code)).text(view.last_error->detail);
    }
    out.fixed(view.transaction.view()).u64(view.height).u8(record.sealed ? 1 : 0);
    if (record.sealed) {
        out.fixed(record.sealed->content_id.view()).fixed(record.sealed->content_hash.view());
        out.fixed(record.sealed->readings_root.view());
    }
    out.bytes(record.envelope);
}

void read_decision(base::RecordReader& in, Record& record) {
    auto& view = record.view;
    view.state = in.enumerator(ReportState::pending, ReportState::refused);
    view.created_at = in.time();
    view.decided_at = in.optional_time();
    view.decided_by = in.fixed<wire::LedgerId>();
    view.decided_by_program = in.flag();
    view.refusal_reason = in.text();
    if (in.flag()) {
        const auto code = static_cast<base::ErrorCode>(in.u32());
        view.last_error = base::Error{code, in.text()};
    }
    view.transaction = in.fixed<wire::TxId>();
    view.height = in.u64();
    if (in.flag()) {
        SealedContent sealed;
        sealed.content_id = in.fixed<wire::ContentId>();
        sealed.content_hash = in.fixed<wire::Hash256>();
        sealed.readings_root = in.fixed<wire::Hash256>();
        record.sealed = sealed;
    }
    record.envelope = in.bytes();
}

}  // namespace

base::Bytes encode(const Record& record) {
    const auto& view = record.view;
    base::RecordWriter out;
    out.u8(format_version).u64(view.id).fixed(view.patient.view()).fixed(view.doctor.view());
    write(out, record.cut);
    out.u32(static_cast<std::uint32_t>(view.vitals.size()));
    for (const auto& vital : view.vitals) write(out, vital);
    out.u32(static_cast<std::uint32_t>(view.alarms.size()));
    for (const auto& alarm : view.alarms) write(out, alarm);
    write_decision(out, record);
    return out.take();
}

base::Result<Record> decode_record(base::ByteView bytes) {
    base::RecordReader in(bytes);
    Record record;
    auto& view = record.view;
    const bool known = in.u8() == format_version;
    view.id = in.u64();
    view.patient = in.fixed<wire::LedgerId>();
    view.doctor = in.fixed<wire::LedgerId>();
    record.cut = read_cut(in);
    view.period_start = record.cut.period_start;
    view.period_end = record.cut.period_end;
    view.reading_count = record.cut.reading_count;
    for (auto left = in.count(vital_bytes); left > 0 && in.sound(); --left) {
        view.vitals.push_back(read_vital(in));
    }
    for (auto left = in.count(alarm_bytes_min); left > 0 && in.sound(); --left) {
        view.alarms.push_back(read_alarm(in, view.patient));
    }
    read_decision(in, record);
    if (!known || !in.complete()) {
        return base::fail(base::ErrorCode::corrupted, "a stored report cannot be read");
    }
    return record;
}

base::Bytes report_key(std::uint64_t id) {
    base::Bytes number;
    base::append_u64(number, id);
    return key_of(report_prefix, number);
}

base::Bytes periods_key(const wire::LedgerId& patient) {
    return key_of(periods_prefix, patient.view());
}

}  // namespace review::internal
