// SPDX-License-Identifier: Apache-2.0
#include "series/internal/codec.h"

#include <algorithm>
#include <array>

namespace series::internal {

void append_varint(base::Bytes& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
    out.push_back(static_cast<std::uint8_t>(value));
}

void append_zigzag(base::Bytes& out, std::int64_t value) {
    append_varint(out,
                  static_cast<std::uint64_t>(value) << 1 ^ static_cast<std::uint64_t>(value >> 63));
}

std::int64_t minus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}

std::int64_t plus(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

void Reader::fail() {
    ok_ = false;
    rest_ = {};
}

std::uint64_t Reader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        if (rest_.empty()) break;
        const std::uint8_t next = rest_.front();
        rest_ = rest_.subspan(1);
        value |= static_cast<std::uint64_t>(next & 0x7f) << shift;
        if (next < 0x80) return value;
    }
    fail();
    return 0;
}

std::int64_t Reader::zigzag() {
    const std::uint64_t coded = varint();
    return static_cast<std::int64_t>(coded >> 1 ^ (0 - (coded & 1)));
}

std::uint8_t Reader::byte() {
    const auto one = bytes(1);
    return one.empty() ? std::uint8_t{0} : one.front();
}

base::ByteView Reader::bytes(std::size_t count) {
    if (count > rest_.size()) {
        fail();
        return {};
    }
    const auto out = rest_.first(count);
    rest_ = rest_.subspan(count);
    return out;
}

std::size_t Reader::count() {
    const std::uint64_t value = varint();
    if (value > rest_.size()) {
        fail();
        return 0;
    }
    return value;
}

namespace {

// Most values are whole or have one decimal: the largest of these that divides it is left out.
constexpr std::array<std::int64_t, 4> scales = {1, 10, 100, 1000};

std::size_t scale_of(std::int64_t value) {
    std::size_t index = scales.size() - 1;
    while (value % scales[index] != 0) --index;
    return index;
}

constexpr std::uint8_t status_mask = 0x03;
constexpr std::uint8_t has_speed = 0x04;
constexpr std::uint32_t usual_speed_milli = 1000;

void append_strip(base::Bytes& out, const wire::Reading& reading) {
    append_varint(out, reading.period_us);
    append_varint(out, reading.waveform_micro.size());
    std::int64_t before = 0;
    for (const std::int32_t sample : reading.waveform_micro) {
        append_zigzag(out, sample - before);
        before = sample;
    }
}

void take_strip(Reader& in, wire::Reading& reading) {
    const std::uint64_t period = in.varint();
    reading.period_us = static_cast<std::uint32_t>(period);
    reading.waveform_micro.resize(in.count());
    std::int64_t sample = 0;
    for (auto& out : reading.waveform_micro) {
        sample = plus(sample, in.zigzag());
        out = static_cast<std::int32_t>(sample);
    }
}

// vital | scale 2 bits | strip 1 bit | implausible 1 bit, then the time after `before`, the value
// and the strip where there is one.
void append_reading(base::Bytes& out, const wire::Reading& reading, Quality quality,
                    base::TimePoint before) {
    const std::size_t scale = scale_of(reading.value_milli);
    const bool strip = reading.period_us != 0 || !reading.waveform_micro.empty();
    append_varint(out, static_cast<std::uint64_t>(reading.vital) << 4 | scale << 2 |
                           (strip ? 2U : 0U) | (quality == Quality::implausible ? 1U : 0U));
    append_zigzag(out, minus(base::to_unix_ms(reading.time), base::to_unix_ms(before)));
    append_zigzag(out, reading.value_milli / scales[scale]);
    if (strip) append_strip(out, reading);
}

std::pair<wire::Reading, Quality> take_reading(Reader& in, base::TimePoint before) {
    const std::uint64_t head = in.varint();
    wire::Reading reading;
    reading.vital = static_cast<wire::Vital>(head >> 4);
    reading.time = base::from_unix_ms(plus(base::to_unix_ms(before), in.zigzag()));
    const auto scaled = static_cast<std::uint64_t>(in.zigzag());
    reading.value_milli =
        static_cast<std::int64_t>(scaled * static_cast<std::uint64_t>(scales[head >> 2 & 3]));
    if ((head & 2) != 0) take_strip(in, reading);
    return {std::move(reading), (head & 1) != 0 ? Quality::implausible : Quality::plausible};
}

}  // namespace

base::Bytes encode(const LogEntry& entry) {
    const StoredBatch& batch = entry.batch;
    base::Bytes out;
    append_varint(out, entry.source);
    append_varint(out, batch.counter);
    const bool speed = batch.speed_milli != usual_speed_milli;
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint8_t>(batch.status) |
                                            (speed ? has_speed : 0U)));
    if (speed) append_varint(out, batch.speed_milli);
    append_zigzag(out, base::to_unix_ms(batch.gateway_time));
    append_zigzag(out, minus(base::to_unix_ms(batch.clock), base::to_unix_ms(batch.gateway_time)));
    append_varint(out, batch.readings.size());
    base::TimePoint before = batch.clock;
    for (std::size_t i = 0; i < batch.readings.size(); ++i) {
        append_reading(out, batch.readings[i], batch.qualities[i], before);
        before = batch.readings[i].time;
    }
    return out;
}

std::optional<LogEntry> decode_entry(base::ByteView bytes) {
    Reader in(bytes);
    LogEntry entry;
    StoredBatch& batch = entry.batch;
    entry.source = static_cast<std::uint32_t>(in.varint());
    batch.counter = in.varint();
    const std::uint8_t flags = in.byte();
    batch.status = static_cast<wire::DeviceStatus>(flags & status_mask);
    if ((flags & has_speed) != 0) batch.speed_milli = static_cast<std::uint32_t>(in.varint());
    const std::int64_t gateway_ms = in.zigzag();
    batch.gateway_time = base::from_unix_ms(gateway_ms);
    batch.clock = base::from_unix_ms(plus(gateway_ms, in.zigzag()));
    const std::size_t count = in.count();
    base::TimePoint before = batch.clock;
    for (std::size_t i = 0; i < count && in.ok(); ++i) {
        auto [reading, quality] = take_reading(in, before);
        before = reading.time;
        batch.readings.push_back(std::move(reading));
        batch.qualities.push_back(quality);
    }
    if (!in.done()) return std::nullopt;
    return entry;
}

base::Bytes encode(const wire::Reading& reading) {
    base::Bytes out;
    append_reading(out, reading, Quality::plausible, base::TimePoint{});
    return out;
}

std::optional<wire::Reading> decode_reading(base::ByteView bytes) {
    Reader in(bytes);
    auto reading = take_reading(in, base::TimePoint{}).first;
    if (!in.done()) return std::nullopt;
    return reading;
}

// count | scale | implausible ones: count, then the gaps between their indices | first time, first
// step, then changes of the step | first value, then changes, both in units of the scale.
base::Bytes encode(std::span<const Point> points) {
    base::Bytes out;
    append_varint(out, points.size());
    std::size_t scale = scales.size() - 1;
    std::size_t implausible = 0;
    for (const Point& point : points) {
        scale = std::min(scale, scale_of(point.value_milli));
        implausible += point.quality == Quality::implausible ? 1U : 0U;
    }
    append_varint(out, scale);
    append_varint(out, implausible);
    std::size_t next = 0;
    for (std::size_t i = 0; i < points.size(); ++i) {
        if (points[i].quality != Quality::implausible) continue;
        append_varint(out, i - next);
        next = i + 1;
    }
    std::int64_t time = 0;
    std::int64_t step = 0;
    std::int64_t value = 0;
    for (const Point& point : points) {
        const std::int64_t new_step = minus(base::to_unix_ms(point.time), time);
        append_zigzag(out, minus(new_step, step));
        // The first step is the time itself; the second starts from none.
        step = time == 0 ? 0 : new_step;
        time = base::to_unix_ms(point.time);
        const std::int64_t scaled = point.value_milli / scales[scale];
        append_zigzag(out, minus(scaled, value));
        value = scaled;
    }
    return out;
}

std::optional<std::vector<Point>> decode_points(base::ByteView bytes) {
    Reader in(bytes);
    std::vector<Point> points(in.count());
    const std::uint64_t scale = in.varint();
    if (scale >= scales.size()) return std::nullopt;
    const std::size_t implausible = in.count();
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < implausible; ++i) {
        const std::uint64_t at = next + in.varint();
        if (!in.ok() || at < next || at >= points.size()) return std::nullopt;
        points[at].quality = Quality::implausible;
        next = at + 1;
    }
    std::int64_t time = 0;
    std::int64_t step = 0;
    std::int64_t value = 0;
    for (Point& point : points) {
        const std::int64_t new_step = plus(step, in.zigzag());
        step = time == 0 ? 0 : new_step;
        time = plus(time, new_step);
        point.time = base::from_unix_ms(time);
        value = plus(value, in.zigzag());
        point.value_milli = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) *
                                                      static_cast<std::uint64_t>(scales[scale]));
    }
    if (!in.done()) return std::nullopt;
    return points;
}

}  // namespace series::internal
