// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include "salus/v1/frame.pb.h"
#include "wire/internal/codec.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using internal::FieldChecker;

bool is_status(std::uint32_t value) {
    return value >= 1 && value <= 3;
}

Reading read(const pb::Reading& in, FieldChecker& check) {
    Reading out{
        .vital = check.enumerator<Vital>(in.vital(), is_vital, "reading.vital"),
        .time = check.signed_time(in.time_ms(), "reading.time_ms"),
        .value_milli = in.value_milli(),
        .waveform_micro = {in.waveform_micro().begin(), in.waveform_micro().end()},
        .period_us = in.period_us(),
    };
    const bool is_strip = out.vital == Vital::ecg;
    check.require(is_strip != out.waveform_micro.empty(),
                  "a strip without samples, or samples of what is no strip");
    check.require(is_strip == (out.period_us > 0), "a strip, and a strip alone, has a period");
    check.require(!is_strip || out.value_milli == 0, "a strip has no single value");
    return out;
}

}  // namespace

base::Bytes encode(const ReadingBatch& batch) {
    pb::ReadingBatch out;
    out.set_counter(batch.counter);
    for (const auto& reading : batch.readings) {
        auto& added = *out.add_readings();
        added.set_vital(static_cast<std::uint32_t>(reading.vital));
        added.set_time_ms(base::to_unix_ms(reading.time));
        added.set_value_milli(reading.value_milli);
        added.mutable_waveform_micro()->Add(reading.waveform_micro.begin(),
                                            reading.waveform_micro.end());
        added.set_period_us(reading.period_us);
    }
    out.set_status(static_cast<std::uint32_t>(batch.status));
    out.set_clock_ms(base::to_unix_ms(batch.clock));
    out.set_speed_milli(batch.speed_milli);
    return internal::serialise(out);
}

base::Bytes encode(const Acknowledgement& acknowledgement) {
    pb::Acknowledgement out;
    out.mutable_counters()->Add(acknowledgement.counters.begin(), acknowledgement.counters.end());
    out.set_gateway_time_ms(internal::unix_ms(acknowledgement.gateway_time));
    return internal::serialise(out);
}

base::Result<ReadingBatch> decode_batch(base::ByteView plaintext) {
    constexpr std::string_view what = "batch";
    if (plaintext.size() > frame_bytes_max) {
        return internal::above_bound(what, plaintext.size(), frame_bytes_max);
    }
    pb::ReadingBatch in;
    if (!internal::parse(plaintext, in)) return internal::not_protobuf(what);
    if (static_cast<std::size_t>(in.readings_size()) > batch_readings_max) {
        return base::fail(base::ErrorCode::too_large, "batch: more than 256 readings");
    }
    FieldChecker check(what);
    check.require(in.counter() > 0, "counter 0; a device counts from 1");
    check.require(in.speed_milli() > 0, "speed_milli is 0: time would stand still");
    ReadingBatch out{
        .counter = in.counter(),
        .readings = {},
        .status = check.enumerator<DeviceStatus>(in.status(), is_status, "status"),
        .clock = check.signed_time(in.clock_ms(), "clock_ms"),
        .speed_milli = in.speed_milli(),
    };
    out.readings.reserve(static_cast<std::size_t>(in.readings_size()));
    for (const auto& reading : in.readings()) {
        if (static_cast<std::size_t>(reading.waveform_micro_size()) > waveform_samples_max) {
            return base::fail(base::ErrorCode::too_large, "batch: a strip above 2,048 samples");
        }
        out.readings.push_back(read(reading, check));
    }
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), plaintext)) return internal::not_canonical(what);
    return out;
}

base::Result<Acknowledgement> decode_acknowledgement(base::ByteView plaintext) {
    constexpr std::string_view what = "acknowledgement";
    if (plaintext.size() > frame_bytes_max) {
        return internal::above_bound(what, plaintext.size(), frame_bytes_max);
    }
    pb::Acknowledgement in;
    if (!internal::parse(plaintext, in)) return internal::not_protobuf(what);
    FieldChecker check(what);
    Acknowledgement out{
        .counters = {in.counters().begin(), in.counters().end()},
        .gateway_time = check.time(in.gateway_time_ms(), "gateway_time_ms"),
    };
    for (const auto counter : out.counters) {
        check.require(counter > 0, "counter 0; a device counts from 1");
    }
    if (!check.ok()) return check.failure();
    if (!internal::same(encode(out), plaintext)) return internal::not_canonical(what);
    return out;
}

}  // namespace wire
