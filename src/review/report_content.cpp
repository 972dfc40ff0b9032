// SPDX-License-Identifier: Apache-2.0
#include "review/report_content.h"

#include "base/record.h"
#include "crypto/merkle.h"
#include "review/internal/alarm_codec.h"

namespace review {
namespace {

constexpr std::string_view magic = "SALUS-REPORT";
constexpr std::uint8_t format_version = 1;
constexpr std::size_t reading_bytes_min = 50;

void write(base::RecordWriter& out, const ContentReading& item) {
    out.u8(static_cast<std::uint8_t>(item.reading.vital));
    out.u8(static_cast<std::uint8_t>(item.quality));
    out.time(item.reading.time).i64(item.reading.value_milli);
    out.fixed(item.device.view()).time(item.gateway_time).u32(item.reading.period_us);
    out.u32(static_cast<std::uint32_t>(item.reading.waveform_micro.size()));
    for (const auto sample : item.reading.waveform_micro) {
        out.u32(static_cast<std::uint32_t>(sample));
    }
}

ContentReading read_reading(base::RecordReader& in) {
    ContentReading item;
    item.reading.vital = in.enumerator(wire::Vital::heart_rate, wire::Vital::co2);
    item.quality = in.enumerator(series::Quality::plausible, series::Quality::implausible);
    item.reading.time = in.time();
    item.reading.value_milli = in.i64();
    item.device = in.fixed<wire::DeviceId>();
    item.gateway_time = in.time();
    item.reading.period_us = in.u32();
    item.reading.waveform_micro.resize(in.count(sizeof(std::uint32_t)));
    for (auto& sample : item.reading.waveform_micro) {
        sample = static_cast<std::int32_t>(in.u32());
    }
    return item;
}

crypto::Digest32 hash_leaf(const ContentReading& reading,
                           const std::array<std::uint8_t, 32>& leaf_salt) {
    base::Bytes salted(leaf_salt.begin(), leaf_salt.end());
    base::append(salted, encode(reading));
    return crypto::merkle_leaf(salted);
}

}  // namespace

base::Bytes encode(const ContentReading& reading) {
    base::RecordWriter out;
    write(out, reading);
    return out.take();
}

base::Bytes encode(const ReportContent& content) {
    base::RecordWriter out;
    out.fixed(base::as_bytes(magic)).u8(format_version);
    out.fixed(content.patient.view()).fixed(content.doctor.view());
    out.time(content.period_start).time(content.period_end);
    out.u32(static_cast<std::uint32_t>(content.readings.size()));
    for (const auto& reading : content.readings) write(out, reading);
    out.u32(static_cast<std::uint32_t>(content.alarms.size()));
    for (const auto& alarm : content.alarms) internal::write(out, alarm);
    return out.take();
}

base::Result<ReportContent> decode_content(base::ByteView bytes) {
    const auto refuse = [] {
        return base::fail(base::ErrorCode::malformed, "these bytes are no report of version 1");
    };
    if (bytes.size() < magic.size() || base::as_text(bytes.first(magic.size())) != magic) {
        return refuse();
    }
    base::RecordReader in(bytes.subspan(magic.size()));
    ReportContent content;
    const bool known = in.u8() == format_version;
    content.patient = in.fixed<wire::LedgerId>();
    content.doctor = in.fixed<wire::LedgerId>();
    content.period_start = in.time();
    content.period_end = in.time();
    const auto readings = in.count(reading_bytes_min);
    content.readings.reserve(readings);
    for (std::uint32_t i = 0; i < readings && in.sound(); ++i) {
        content.readings.push_back(read_reading(in));
    }
    const auto alarms = in.count(internal::alarm_bytes_min);
    for (std::uint32_t i = 0; i < alarms && in.sound(); ++i) {
        content.alarms.push_back(internal::read_alarm(in, content.patient));
    }
    if (!known || !in.complete()) return refuse();
    return content;
}

wire::Hash256 leaf_of(const ContentReading& reading,
                      const std::array<std::uint8_t, 32>& leaf_salt) {
    return {hash_leaf(reading, leaf_salt)};
}

wire::Hash256 root_of(const std::vector<ContentReading>& readings,
                      const std::array<std::uint8_t, 32>& leaf_salt) {
    std::vector<crypto::Digest32> leaves;
    leaves.reserve(readings.size());
    for (const auto& reading : readings) leaves.push_back(hash_leaf(reading, leaf_salt));
    return {crypto::merkle_root(leaves)};
}

}  // namespace review
