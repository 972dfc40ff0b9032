// SPDX-License-Identifier: Apache-2.0
#include "series/internal/series_index.h"

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/check.h"
#include "series/internal/keys.h"

namespace series::internal {
namespace {

// Both chosen by us. 512 points at 1 Hz are eight and a half minutes and pack to about 2 bytes
// each; the second bounds what a restart reads again and what stands in memory.
constexpr std::size_t chunk_points = 512;
constexpr std::uint64_t replayed_batches_max = 50'000;
constexpr std::int64_t hour_ms = 3'600'000;

std::int64_t hour_of(std::int64_t time_ms) {
    const std::int64_t hour = time_ms / hour_ms;
    return time_ms % hour_ms < 0 ? hour - 1 : hour;  // rounded down, also before 1970
}

bool is_strip(const wire::Reading& reading) {
    return !reading.waveform_micro.empty();
}

base::Bytes chunk_key(std::uint32_t series, std::int64_t hour, std::uint64_t position) {
    auto key = key_of(Kind::chunk, series);
    append_ordered(key, hour);
    base::append_u64(key, position);
    return key;
}

base::Bytes strip_key(std::uint32_t series, std::int64_t time_ms) {
    auto key = key_of(Kind::strip, series);
    append_ordered(key, time_ms);
    return key;
}

base::Bytes encode_u64(std::uint64_t value) {
    base::Bytes out;
    base::append_u64(out, value);
    return out;
}

}  // namespace

base::Result<std::unique_ptr<SeriesIndex>> SeriesIndex::load(const storage::KeyValueStore& store) {
    std::unique_ptr<SeriesIndex> index(new SeriesIndex(store));
    const auto position = store.get(key_of(Kind::chunked_position));
    if (!position) return pass(position);
    if (*position) {
        if ((*position)->size() != 8) return damaged("a position");
        index->chunked_position_ = base::read_u64(**position);
    }
    index->last_position_ = index->chunked_position_;
    if (auto loaded = index->load_series(); !loaded) return pass(loaded);
    return index;
}

base::Result<void> SeriesIndex::load_series() {
    constexpr std::size_t newest_at = 16 + 1 + 8;
    const auto begin = key_of(Kind::series);
    bool whole = true;
    const auto scanned = store_.scan(
        begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView value) {
            whole = key.size() == begin.size() + 4 && value.size() >= newest_at;
            if (!whole) return false;
            Series series;
            series.id = base::read_u32(key.subspan(begin.size()));
            series.chunked_position = base::read_u64(value.subspan(17));
            if (value.size() > newest_at) {
                series.newest = decode_reading(value.subspan(newest_at));
                whole = series.newest.has_value();
            }
            const Name name{*wire::LedgerId::from(value.first(16)),
                            static_cast<wire::Vital>(value[16])};
            series_.insert_or_assign(name, std::move(series));
            return whole;
        });
    if (!scanned) return scanned;
    if (!whole) return damaged("a series");
    for (auto& [name, series] : series_) {
        if (name.second != wire::Vital::ecg) continue;
        if (auto loaded = load_newest_strip(series); !loaded) return loaded;
    }
    return {};
}

// Strips come in no chunk with which the newest of the series could be written.
base::Result<void> SeriesIndex::load_newest_strip(Series& series) const {
    const auto begin = key_of(Kind::strip, series.id);
    const auto place = last_strip_of({.begin = begin,
                                      .end = storage::end_of_prefix(begin),
                                      .position_max = std::numeric_limits<std::uint64_t>::max()});
    if (!place) return pass(place);
    if (!*place) return {};
    const auto bytes = store_.get(key_of(Kind::log_entry, (*place)->position));
    if (!bytes) return pass(bytes);
    const auto entry = *bytes ? decode_entry(**bytes) : std::nullopt;
    if (!entry || (*place)->index >= entry->batch.readings.size()) return damaged("a strip");
    series.newest = entry->batch.readings[(*place)->index];
    return {};
}

void SeriesIndex::plan_chunks(const Name& name, const Series& series,
                              storage::WriteBatch& write) const {
    std::vector<Point> points = series.points;
    std::ranges::stable_sort(points, {}, &Point::time);
    auto begin = points.begin();
    while (begin != points.end()) {
        const std::int64_t hour = hour_of(base::to_unix_ms(begin->time));
        const auto end = std::find_if(begin, points.end(), [&](const Point& point) {
            return hour_of(base::to_unix_ms(point.time)) != hour;
        });
        write.put(chunk_key(series.id, hour, last_position_),
                  encode(std::span<const Point>(begin, end)));
        begin = end;
    }
    base::Bytes about;
    base::append(about, name.first.view());
    about.push_back(static_cast<std::uint8_t>(name.second));
    base::append_u64(about, last_position_);
    if (series.newest) base::append(about, encode(*series.newest));
    write.put(key_of(Kind::series, series.id), std::move(about));
}

void SeriesIndex::plan(std::span<const StoredBatch> batches, storage::WriteBatch& write) {
    CHECK(new_series_.empty() && due_.empty());
    std::uint64_t oldest = last_position_ + 1;
    for (const auto& [position, name] : open_) {
        if (last_position_ - position < replayed_batches_max && !full_.contains(name)) {
            oldest = position;
            break;
        }
        due_.insert(name);
    }
    due_.insert(full_.begin(), full_.end());
    for (const auto& name : due_) plan_chunks(name, series_.at(name), write);
    planned_chunked_position_ = oldest - 1;
    if (!due_.empty()) {
        write.put(key_of(Kind::chunked_position), encode_u64(planned_chunked_position_));
    }
    for (const StoredBatch& batch : batches) {
        for (std::size_t i = 0; i < batch.readings.size(); ++i) {
            const auto& reading = batch.readings[i];
            const std::uint32_t id = plan_series({batch.patient, reading.vital}, write);
            if (!is_strip(reading)) continue;
            auto key = strip_key(id, base::to_unix_ms(reading.time));
            base::append_u64(key, batch.position);
            base::append_u32(key, static_cast<std::uint32_t>(i));
            write.put(std::move(key), {});
        }
    }
}

std::uint32_t SeriesIndex::plan_series(const Name& name, storage::WriteBatch& write) {
    if (const auto known = series_.find(name); known != series_.end()) return known->second.id;
    const auto next = static_cast<std::uint32_t>(series_.size() + new_series_.size());
    const auto [added, fresh] = new_series_.try_emplace(name, next);
    if (fresh) {
        Series empty;
        empty.id = next;
        plan_chunks(name, empty, write);
    }
    return added->second;
}

void SeriesIndex::forget_plan() {
    new_series_.clear();
    due_.clear();
}

void SeriesIndex::take(std::span<const StoredBatch> batches) {
    const std::unique_lock lock(mutex_);
    for (const auto& name : due_) {
        Series& series = series_.at(name);
        open_.erase({series.oldest_position, name});
        full_.erase(name);
        series.points.clear();
        series.points.shrink_to_fit();
        series.chunked_position = last_position_;
    }
    if (!due_.empty()) chunked_position_ = planned_chunked_position_;
    for (const auto& [name, id] : new_series_) {
        Series& series = series_[name];
        series.id = id;
        series.chunked_position = last_position_;
    }
    forget_plan();
    for (const StoredBatch& batch : batches) {
        for (std::size_t i = 0; i < batch.readings.size(); ++i) take_reading(batch, i);
        last_position_ = batch.position;
    }
}

void SeriesIndex::take_reading(const StoredBatch& batch, std::size_t index) {
    const auto& reading = batch.readings[index];
    const auto found = series_.find({batch.patient, reading.vital});
    CHECK(found != series_.end());
    Series& series = found->second;
    if (batch.position <= series.chunked_position) return;  // replayed, and in a chunk already
    if (!series.newest || series.newest->time <= reading.time) series.newest = reading;
    if (is_strip(reading)) return;  // it is found by a key of its own
    if (series.points.empty()) {
        series.oldest_position = batch.position;
        open_.emplace(batch.position, found->first);
    }
    series.points.push_back({reading.time, reading.value_milli, batch.qualities[index]});
    if (series.points.size() == chunk_points) full_.insert(found->first);
}

base::Result<void> SeriesIndex::visit_hours(
    const wire::LedgerId& patient, wire::Vital vital, base::TimePoint from, base::TimePoint to,
    const std::function<bool(std::vector<Point>&)>& visit) const {
    if (from >= to) return {};
    const auto within = [&](const Point& point) { return point.time >= from && point.time < to; };
    std::uint32_t id = 0;
    std::uint64_t chunked_position = 0;
    std::map<std::int64_t, std::vector<Point>> in_memory;  // by hour
    {
        const std::shared_lock lock(mutex_);
        const auto found = series_.find({patient, vital});
        if (found == series_.end()) return {};
        id = found->second.id;
        chunked_position = found->second.chunked_position;
        for (const Point& point : found->second.points) {
            if (within(point)) {
                in_memory[hour_of(base::to_unix_ms(point.time))].push_back(point);
            }
        }
    }
    std::optional<std::int64_t> hour;  // of `points`
    std::vector<Point> points;
    bool going = true;
    bool whole = true;
    // Hands out what was gathered, and the hours of memory alone that come before `next`.
    const auto finish_hours_before = [&](std::int64_t next) {
        while (going && ((hour && *hour < next) ||
                         (!in_memory.empty() && in_memory.begin()->first < next))) {
            if (!hour || (!in_memory.empty() && in_memory.begin()->first < *hour)) {
                hour = in_memory.begin()->first;
            }
            if (const auto more = in_memory.extract(*hour)) {
                points.insert(points.end(), more.mapped().begin(), more.mapped().end());
            }
            std::ranges::stable_sort(points, {}, &Point::time);
            if (!points.empty()) going = visit(points);
            points.clear();
            hour.reset();
        }
    };
    const std::int64_t last_hour = hour_of(base::to_unix_ms(to) - 1);
    const auto scanned =
        store_.scan(chunk_key(id, hour_of(base::to_unix_ms(from)), 0),
                    chunk_key(id, last_hour + 1, 0), [&](base::ByteView key, base::ByteView value) {
                        constexpr std::size_t hour_at = key_head_bytes + 4;
                        whole = key.size() == hour_at + 16;
                        if (!whole) return false;
                        if (base::read_u64(key.subspan(hour_at + 8)) > chunked_position)
                            return true;
                        const std::int64_t this_hour = read_ordered(key.subspan(hour_at));
                        finish_hours_before(this_hour);
                        const auto chunk = decode_points(value);
                        whole = chunk.has_value();
                        if (!whole || !going) return false;
                        hour = this_hour;
                        std::ranges::copy_if(*chunk, std::back_inserter(points), within);
                        return true;
                    });
    if (!scanned) return scanned;
    if (!whole) return damaged("a chunk of readings");
    finish_hours_before(last_hour + 1);
    return {};
}

base::Result<std::optional<SeriesIndex::StripPlace>> SeriesIndex::last_strip_of(
    const StripKeys& keys) const {
    std::optional<StripPlace> place;
    bool whole = true;
    const auto scanned =
        store_.scan_reverse(keys.begin, keys.end, [&](base::ByteView key, base::ByteView) {
            constexpr std::size_t position_at = key_head_bytes + 4 + 8;
            whole = key.size() == position_at + 12;
            if (!whole) return false;
            const std::uint64_t position = base::read_u64(key.subspan(position_at));
            if (position > keys.position_max) return true;
            place = StripPlace{.position = position,
                               .index = base::read_u32(key.subspan(position_at + 8))};
            return false;
        });
    if (!scanned) return pass(scanned);
    if (!whole) return damaged("a strip");
    return place;
}

base::Result<std::optional<SeriesIndex::StripPlace>> SeriesIndex::last_strip(
    const wire::LedgerId& patient, base::TimePoint from, base::TimePoint to) const {
    StripKeys keys;
    {
        const std::shared_lock lock(mutex_);
        const auto found = series_.find({patient, wire::Vital::ecg});
        if (found == series_.end() || from >= to) return std::optional<StripPlace>{};
        keys.begin = strip_key(found->second.id, base::to_unix_ms(from));
        keys.end = strip_key(found->second.id, base::to_unix_ms(to));
        keys.position_max = last_position_;
    }
    return last_strip_of(keys);
}

std::vector<wire::Reading> SeriesIndex::latest(const wire::LedgerId& patient) const {
    const std::shared_lock lock(mutex_);
    std::vector<wire::Reading> out;
    for (auto at = series_.lower_bound({patient, wire::Vital{}});
         at != series_.end() && at->first.first == patient; ++at) {
        if (at->second.newest) out.push_back(*at->second.newest);
    }
    return out;
}

}  // namespace series::internal
