// SPDX-License-Identifier: Apache-2.0
#include "review/internal/periods.h"

#include <algorithm>
#include <utility>

#include "base/record.h"

namespace review::internal {
namespace {

using std::chrono::milliseconds;

/// A simulation may run ahead of the wall clock; more than this is a wrong clock. Chosen by us.
constexpr milliseconds ahead_tolerated = std::chrono::days{1};
constexpr base::TimePoint beginning{};

constexpr std::uint8_t format_version = 1;
constexpr std::size_t early_bytes = 20;
constexpr std::size_t device_bytes = 25;

/// What a reading takes in a report's content.
std::uint32_t content_bytes(const wire::Reading& reading) {
    return static_cast<std::uint32_t>(50 + 4 * reading.waveform_micro.size());
}

}  // namespace

base::TimePoint cutting_time(base::TimePoint taken, base::TimePoint gateway_time) {
    return taken > gateway_time + ahead_tolerated ? beginning : std::max(taken, beginning);
}

base::TimePoint PatientPeriods::end_of_period(base::TimePoint time,
                                              const PeriodOptions& options) const {
    auto since = (time - *anchor_) % options.period;
    if (since < milliseconds{0}) since += options.period;
    return time - since + options.period;
}

std::vector<Cut> PatientPeriods::apply(const series::StoredBatch& batch,
                                       const PeriodOptions& options) {
    std::vector<Cut> out;
    auto now = beginning;
    for (std::size_t i = 0; i < batch.readings.size(); ++i) {
        const auto time = cutting_time(batch.readings[i].time, batch.gateway_time);
        const auto mark = mark_of(batch.position, i);
        if (!anchor_) {
            anchor_ = time > beginning ? time : batch.gateway_time;
            last_.end = *anchor_;
        }
        add({mark, time, content_bytes(batch.readings[i])}, options);
        const bool full =
            open_->count >= options.readings_max || open_->bytes >= options.content_bytes_max;
        if (full) out.push_back(cut(mark + 1, Why::readings_max, options));
        now = std::max(now, time);
    }
    // A batch may have been sealed anew long after its readings were taken, when others are still
    // on their way: its clock says how late it is for the patient only where there are no readings.
    if (batch.readings.empty()) now = cutting_time(batch.clock, batch.gateway_time);
    while (open_ && now >= open_->end + options.grace) {
        out.push_back(cut(mark_of(batch.position + 1, 0), Why::period_over, options));
    }
    auto& device = devices_[batch.device];
    if (batch.counter >= device.counter) {
        device = {batch.counter, batch.status == wire::DeviceStatus::finished};
    }
    return out;
}

std::vector<Cut> PatientPeriods::close(Mark mark, const PeriodOptions& options) {
    std::vector<Cut> out;
    if (!open_) begin_with_early(options);
    while (open_) out.push_back(cut(mark, Why::closing, options));
    return out;
}

bool PatientPeriods::finished(const wire::DeviceId& device) const {
    const auto found = devices_.find(device);
    return found != devices_.end() && found->second.finished;
}

void PatientPeriods::add(const Early& reading, const PeriodOptions& options) {
    if (!open_) {
        auto end = last_.end;
        if (reading.time >= last_.end) {
            end = end_of_period(reading.time, options);
        } else if (last_period_over_) {
            end += options.period;  // a late one: nothing is cut for it alone
        }
        for (const auto& early : early_) end = std::min(end, end_of_period(early.time, options));
        begin(end, options);
        for (const auto& early : std::exchange(early_, {})) add(early, options);
    }
    if (reading.time < open_->end) {
        count(reading);
    } else {
        early_.push_back(reading);
    }
}

void PatientPeriods::begin_with_early(const PeriodOptions& options) {
    if (early_.empty()) return;
    begin(end_of_period(std::ranges::min(early_, {}, &Early::time).time, options), options);
    for (const auto& early : std::exchange(early_, {})) add(early, options);
}

void PatientPeriods::begin(base::TimePoint end, const PeriodOptions& options) {
    auto start = end - options.period;
    if (end == last_.end) {  // the period goes on after a cut within it
        start = std::min(last_shown_end_, end - milliseconds{1});
    }
    open_ = Open{
        .end = end, .start = start, .newest = start, .count = 0, .bytes = 0, .first_position = 0};
}

void PatientPeriods::count(const Early& reading) {
    const auto position = reading.mark / marks_per_batch;
    open_->first_position =
        open_->count == 0 ? position : std::min(open_->first_position, position);
    open_->newest = std::max(open_->newest, reading.time);
    open_->bytes += reading.bytes;
    ++open_->count;
}

Cut PatientPeriods::cut(Mark mark, Why why, const PeriodOptions& options) {
    const auto done = *std::exchange(open_, std::nullopt);
    Cut out{.before = last_,
            .bounds = {.mark = mark, .end = done.end},
            .first_position = done.first_position,
            .reading_count = done.count,
            .period_start = done.start,
            .period_end = done.end};
    last_period_over_ = why == Why::period_over;
    if (!last_period_over_) out.period_end = std::min(done.end, done.newest + milliseconds{1});
    last_ = out.bounds;
    last_shown_end_ = out.period_end;
    // After a cut for its size the same period goes on, and what is early stays so.
    if (why != Why::readings_max) begin_with_early(options);
    return out;
}

base::Bytes PatientPeriods::encode() const {
    base::RecordWriter out;
    out.u8(format_version).time(anchor_).u64(last_.mark).time(last_.end).time(last_shown_end_);
    out.u8(last_period_over_ ? 1 : 0).u8(open_ ? 1 : 0);
    if (open_) {
        out.time(open_->end).time(open_->start).time(open_->newest);
        out.u32(open_->count).u64(open_->bytes).u64(open_->first_position);
    }
    out.u32(static_cast<std::uint32_t>(early_.size()));
    for (const auto& reading : early_) out.u64(reading.mark).time(reading.time).u32(reading.bytes);
    out.u32(static_cast<std::uint32_t>(devices_.size()));
    for (const auto& [id, device] : devices_) {
        out.fixed(id.view()).u64(device.counter).u8(device.finished ? 1 : 0);
    }
    return out.take();
}

base::Result<PatientPeriods> PatientPeriods::decode(base::ByteView bytes) {
    base::RecordReader in(bytes);
    PatientPeriods out;
    const bool known = in.u8() == format_version;
    out.anchor_ = in.optional_time();
    out.last_ = {.mark = in.u64(), .end = in.time()};
    out.last_shown_end_ = in.time();
    out.last_period_over_ = in.flag();
    if (in.flag()) {
        out.open_ = Open{.end = in.time(),
                         .start = in.time(),
                         .newest = in.time(),
                         .count = in.u32(),
                         .bytes = in.u64(),
                         .first_position = in.u64()};
    }
    for (auto left = in.count(early_bytes); left > 0 && in.sound(); --left) {
        out.early_.push_back({.mark = in.u64(), .time = in.time(), .bytes = in.u32()});
    }
    for (auto left = in.count(device_bytes); left > 0 && in.sound(); --left) {
        const auto id = in.fixed<wire::DeviceId>();
        out.devices_[id] = {.counter = in.u64(), .finished = in.flag()};
    }
    if (!known || !in.complete() || (out.open_ && !out.anchor_)) {
        return base::fail(base::ErrorCode::corrupted,
                          "the stored report periods of a patient cannot be read");
    }
    return out;
}

}  // namespace review::internal
