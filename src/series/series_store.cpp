// SPDX-License-Identifier: Apache-2.0
#include "series/series_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "base/check.h"
#include "series/internal/codec.h"
#include "series/internal/content_marks.h"
#include "series/internal/device_counters.h"
#include "series/internal/keys.h"
#include "series/internal/series_index.h"

namespace series {

using internal::ContentMarks;
using internal::damaged;
using internal::DeviceCounters;
using internal::key_of;
using internal::Kind;

namespace {

struct Source {
    wire::LedgerId patient;
    wire::DeviceId device;
    friend auto operator<=>(const Source&, const Source&) = default;
};

Quality quality_of(const wire::Reading& reading) {
    if (!wire::is_vital(static_cast<std::uint32_t>(reading.vital))) return Quality::implausible;
    const auto& info = wire::info_of(reading.vital);
    const auto plausible = [&](std::int64_t value, std::int64_t per_thousandth) {
        return value >= info.plausible_low_milli * per_thousandth &&
               value <= info.plausible_high_milli * per_thousandth;
    };
    const bool samples = std::ranges::all_of(
        reading.waveform_micro, [&](std::int32_t micro) { return plausible(micro, 1000); });
    return samples && plausible(reading.value_milli, 1) ? Quality::plausible : Quality::implausible;
}

StoredBatch to_stored(const Arrival& arrival, std::uint64_t position) {
    StoredBatch out{
        .position = position,
        .patient = arrival.patient,
        .device = arrival.device,
        .counter = arrival.batch.counter,
        .status = arrival.batch.status,
        .gateway_time = arrival.gateway_time,
        .clock = arrival.batch.clock,
        .speed_milli = arrival.batch.speed_milli,
        .readings = arrival.batch.readings,
        .qualities = {},
    };
    for (const auto& reading : out.readings) out.qualities.push_back(quality_of(reading));
    return out;
}

// Those marks of a device among which a counter stands.
struct MarksPlace {
    wire::DeviceId device;
    std::uint64_t block = 0;  // counter / ContentMarks::counters
    friend auto operator<=>(const MarksPlace&, const MarksPlace&) = default;
};
struct StagedMarks {
    ContentMarks marks;
    bool changed = false;
};

// What one call of append is going to change, until the write is on disk.
struct Staged {
    storage::WriteBatch write;
    std::map<wire::DeviceId, DeviceCounters> devices;
    std::map<MarksPlace, StagedMarks> marks;
    std::map<Source, std::uint32_t> sources;
    std::vector<StoredBatch> batches;
    std::uint64_t readings = 0;
};

}  // namespace

struct SeriesStore::State {
    explicit State(storage::KeyValueStore& borrowed) : store(borrowed) {}

    storage::KeyValueStore& store;
    std::unique_ptr<internal::SeriesIndex> index;

    // Held while batches are appended and handed to followers.
    std::mutex append_mutex;
    struct Follower {
        std::uint64_t position;  // it asked for what comes after, which may be ahead of the log
        std::function<void(const StoredBatch&)> on_batch;
    };
    std::vector<Follower> followers;

    // Guards what follows; written with `append_mutex` held as well.
    mutable std::shared_mutex data_mutex;
    std::uint64_t last_position = 0;
    std::uint64_t reading_count = 0;
    std::map<wire::DeviceId, DeviceCounters> devices;  // those heard since the start
    std::map<wire::DeviceId, std::pair<std::uint64_t, ContentMarks>> newest_marks;
    std::map<Source, std::uint32_t> source_ids;
    std::vector<Source> sources;

    [[nodiscard]] base::Result<void> load();
    [[nodiscard]] base::Result<void> load_sources();
    [[nodiscard]] base::Result<DeviceCounters*> counters_of(const wire::DeviceId& device,
                                                            Staged& staged) const;
    [[nodiscard]] base::Result<StagedMarks*> marks_of(const wire::DeviceId& device,
                                                      std::uint64_t counter, Staged& staged) const;
    [[nodiscard]] std::uint32_t source_of(const StoredBatch& batch, Staged& staged) const;
    [[nodiscard]] base::Result<Outcome> stage(const Arrival& arrival, Staged& staged) const;
    void take(Staged& staged);
    [[nodiscard]] base::Result<void> read_after(
        std::uint64_t position, const std::function<bool(const StoredBatch&)>& visit) const;
    [[nodiscard]] std::optional<StoredBatch> decode(std::uint64_t position,
                                                    base::ByteView bytes) const;
};

base::Result<void> SeriesStore::State::load_sources() {
    const auto begin = key_of(Kind::source);
    bool whole = true;
    const auto scanned = store.scan(
        begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView value) {
            whole = key.size() == begin.size() + 4 && value.size() == 32 &&
                    base::read_u32(key.subspan(begin.size())) == sources.size();
            if (!whole) return false;
            const Source source{*wire::LedgerId::from(value.first(16)),
                                *wire::DeviceId::from(value.last(16))};
            source_ids[source] = static_cast<std::uint32_t>(sources.size());
            sources.push_back(source);
            return true;
        });
    if (!scanned) return scanned;
    if (!whole) return damaged("a source");
    return {};
}

base::Result<void> SeriesStore::State::load() {
    auto loaded = internal::SeriesIndex::load(store);
    if (!loaded) return pass(loaded);
    index = std::move(*loaded);
    if (auto done = load_sources(); !done) return done;
    const auto counted = store.get(key_of(Kind::reading_count));
    if (!counted) return pass(counted);
    if (*counted && (*counted)->size() != 8) return damaged("the count of readings");
    if (*counted) reading_count = base::read_u64(**counted);
    last_position = index->chunked_position();
    return read_after(last_position, [&](const StoredBatch& batch) {
        index->take({&batch, 1});
        last_position = batch.position;
        return true;
    });
}

base::Result<std::unique_ptr<SeriesStore>> SeriesStore::open(storage::KeyValueStore& store) {
    auto state = std::make_unique<State>(store);
    if (auto loaded = state->load(); !loaded) return pass(loaded);
    return std::unique_ptr<SeriesStore>(new SeriesStore(std::move(state)));
}

SeriesStore::SeriesStore(std::unique_ptr<State> state) : state_(std::move(state)) {}
SeriesStore::~SeriesStore() = default;

// A copy to change: what is in memory must stay as it is until the write is on disk.
base::Result<DeviceCounters*> SeriesStore::State::counters_of(const wire::DeviceId& device,
                                                              Staged& staged) const {
    if (const auto found = staged.devices.find(device); found != staged.devices.end()) {
        return &found->second;
    }
    if (const auto found = devices.find(device); found != devices.end()) {
        return &staged.devices.emplace(device, found->second).first->second;
    }
    auto loaded = DeviceCounters::load(store, device);
    if (!loaded) return pass(loaded);
    return &staged.devices.emplace(device, std::move(*loaded)).first->second;
}

base::Result<StagedMarks*> SeriesStore::State::marks_of(const wire::DeviceId& device,
                                                        std::uint64_t counter,
                                                        Staged& staged) const {
    const MarksPlace place{device, counter / ContentMarks::counters};
    if (const auto found = staged.marks.find(place); found != staged.marks.end()) {
        return &found->second;
    }
    const auto newest = newest_marks.find(device);
    if (newest != newest_marks.end() && newest->second.first == place.block) {
        return &staged.marks.emplace(place, StagedMarks{newest->second.second}).first->second;
    }
    const auto loaded = ContentMarks::load(store, device, counter);
    if (!loaded) return pass(loaded);
    return &staged.marks.emplace(place, StagedMarks{*loaded}).first->second;
}

std::uint32_t SeriesStore::State::source_of(const StoredBatch& batch, Staged& staged) const {
    const Source source{batch.patient, batch.device};
    if (const auto found = source_ids.find(source); found != source_ids.end()) {
        return found->second;
    }
    const auto next = static_cast<std::uint32_t>(sources.size() + staged.sources.size());
    const auto [added, fresh] = staged.sources.try_emplace(source, next);
    if (fresh) {
        base::Bytes value;
        base::append(value, source.patient.view());
        base::append(value, source.device.view());
        staged.write.put(key_of(Kind::source, next), std::move(value));
    }
    return added->second;
}

base::Result<Outcome> SeriesStore::State::stage(const Arrival& arrival, Staged& staged) const {
    const auto counters = counters_of(arrival.device, staged);
    if (!counters) return pass(counters);
    const std::uint64_t counter = arrival.batch.counter;
    const auto marks = marks_of(arrival.device, counter, staged);
    if (!marks) return pass(marks);
    const std::uint32_t mark = ContentMarks::mark_of(arrival.batch);
    switch ((*counters)->add(counter, staged.write)) {
        case DeviceCounters::Added::known:
            return (*marks)->marks.may_be(counter, mark) ? Outcome::duplicate
                                                         : Outcome::other_content;
        case DeviceCounters::Added::too_many_gaps:
            return Outcome::too_many_gaps;
        case DeviceCounters::Added::fresh:
            break;
    }
    (*marks)->marks.set(counter, mark);
    (*marks)->changed = true;
    auto batch = to_stored(arrival, last_position + staged.batches.size() + 1);
    const std::uint32_t source = source_of(batch, staged);
    staged.write.put(key_of(Kind::log_entry, batch.position),
                     internal::encode({.source = source, .batch = batch}));
    staged.readings += batch.readings.size();
    staged.batches.push_back(std::move(batch));
    return Outcome::stored;
}

void SeriesStore::State::take(Staged& staged) {
    const std::unique_lock lock(data_mutex);
    for (auto& [device, counters] : staged.devices) {
        devices.insert_or_assign(device, std::move(counters));
    }
    for (auto& [place, staged_marks] : staged.marks) {  // in order: the last is the newest
        newest_marks.insert_or_assign(place.device, std::pair(place.block, staged_marks.marks));
    }
    std::vector<Source> added(staged.sources.size());
    for (const auto& [source, id] : staged.sources) {
        source_ids[source] = id;
        added[id - sources.size()] = source;
    }
    sources.insert(sources.end(), added.begin(), added.end());
    last_position += staged.batches.size();
    reading_count += staged.readings;
}

base::Result<std::vector<Outcome>> SeriesStore::append(std::span<const Arrival> arrivals) {
    const std::lock_guard appending(state_->append_mutex);
    Staged staged;
    std::vector<Outcome> outcomes;
    for (const Arrival& arrival : arrivals) {
        const auto outcome = state_->stage(arrival, staged);
        if (!outcome) return pass(outcome);
        outcomes.push_back(*outcome);
    }
    if (staged.readings > 0) {
        base::Bytes count;
        base::append_u64(count, state_->reading_count + staged.readings);
        staged.write.put(key_of(Kind::reading_count), std::move(count));
    }
    for (const auto& [place, staged_marks] : staged.marks) {
        if (!staged_marks.changed) continue;
        staged_marks.marks.put(place.device, place.block * ContentMarks::counters, staged.write);
    }
    state_->index->plan(staged.batches, staged.write);
    if (auto written = state_->store.write(staged.write); !written) {
        state_->index->forget_plan();
        return pass(written);
    }
    // In this order: whoever finds a batch through the index can also decode it.
    state_->take(staged);
    state_->index->take(staged.batches);
    for (const StoredBatch& batch : staged.batches) {
        for (const auto& follower : state_->followers) {
            if (batch.position > follower.position) follower.on_batch(batch);
        }
    }
    return outcomes;
}

std::uint64_t SeriesStore::last_position() const {
    const std::shared_lock lock(state_->data_mutex);
    return state_->last_position;
}

std::uint64_t SeriesStore::reading_count() const {
    const std::shared_lock lock(state_->data_mutex);
    return state_->reading_count;
}

std::optional<StoredBatch> SeriesStore::State::decode(std::uint64_t position,
                                                      base::ByteView bytes) const {
    auto entry = internal::decode_entry(bytes);
    if (!entry) return std::nullopt;
    const std::shared_lock lock(data_mutex);
    if (entry->source >= sources.size()) return std::nullopt;
    entry->batch.position = position;
    entry->batch.patient = sources[entry->source].patient;
    entry->batch.device = sources[entry->source].device;
    return std::move(entry->batch);
}

base::Result<void> SeriesStore::State::read_after(
    std::uint64_t position, const std::function<bool(const StoredBatch&)>& visit) const {
    if (position == std::numeric_limits<std::uint64_t>::max()) return {};
    const auto begin = key_of(Kind::log_entry);
    std::uint64_t next = position + 1;
    bool whole = true;
    const auto scanned = store.scan(key_of(Kind::log_entry, next), storage::end_of_prefix(begin),
                                    [&](base::ByteView key, base::ByteView value) {
                                        // Positions have no gap: a missing one is a lost batch.
                                        whole = key.size() == begin.size() + 8 &&
                                                base::read_u64(key.subspan(begin.size())) == next;
                                        if (!whole) return false;
                                        const auto batch = decode(next++, value);
                                        whole = batch.has_value();
                                        return whole && visit(*batch);
                                    });
    if (!scanned) return scanned;
    if (!whole) return damaged("a batch near position " + std::to_string(next));
    return {};
}

base::Result<void> SeriesStore::read_after(
    std::uint64_t position, const std::function<bool(const StoredBatch&)>& visit) const {
    // A batch is on disk shortly before it is known here; who reads gets what is known.
    const std::uint64_t end = last_position();
    if (position >= end) return {};
    return state_->read_after(
        position, [&](const StoredBatch& batch) { return visit(batch) && batch.position < end; });
}

base::Result<void> SeriesStore::follow(std::uint64_t position,
                                       std::function<void(const StoredBatch&)> on_batch) {
    const auto deliver = [&](const StoredBatch& batch) {
        on_batch(batch);
        position = batch.position;
        return true;
    };
    // Most of what is there is delivered beside the appending thread, the rest while it waits.
    if (auto read = read_after(position, deliver); !read) return read;
    const std::lock_guard appending(state_->append_mutex);
    if (auto read = read_after(position, deliver); !read) return read;
    state_->followers.push_back({position, std::move(on_batch)});
    return {};
}

base::Result<std::vector<Point>> SeriesStore::range(const wire::LedgerId& patient,
                                                    wire::Vital vital, base::TimePoint from,
                                                    base::TimePoint to,
                                                    std::size_t points_max) const {
    std::vector<Point> out;
    if (points_max == 0) return out;
    const auto visited =
        state_->index->visit_hours(patient, vital, from, to, [&](const std::vector<Point>& points) {
            const std::size_t more = std::min(points.size(), points_max - out.size());
            out.insert(out.end(), points.begin(),
                       points.begin() + static_cast<std::ptrdiff_t>(more));
            return out.size() < points_max;
        });
    if (!visited) return pass(visited);
    return out;
}

base::Result<std::vector<Bucket>> SeriesStore::buckets(const wire::LedgerId& patient,
                                                       wire::Vital vital, base::TimePoint from,
                                                       base::TimePoint to,
                                                       std::size_t count) const {
    constexpr std::uint64_t count_max = 100'000;
    std::vector<Bucket> out;
    if (from >= to) return out;
    const std::uint64_t columns = std::clamp<std::uint64_t>(count, 1, count_max);
    const auto since = [&](base::TimePoint time) {
        return static_cast<std::uint64_t>(base::to_unix_ms(time)) -
               static_cast<std::uint64_t>(base::to_unix_ms(from));
    };
    const std::uint64_t width = (since(to) - 1) / columns + 1;  // rounded up
    std::optional<std::uint64_t> open;  // the column `out.back()` stands for
    double sum = 0;
    const auto close = [&] {
        if (!open) return;
        // A sum of milli units is exact below 2^53; only absurd values lie above, and are rounded.
        const double mean = std::round(sum / out.back().count);
        out.back().mean_milli =
            std::clamp(mean >= 0x1p63 ? out.back().max_milli : static_cast<std::int64_t>(mean),
                       out.back().min_milli, out.back().max_milli);
    };
    const auto visited =
        state_->index->visit_hours(patient, vital, from, to, [&](const std::vector<Point>& points) {
            for (const Point& point : points) {
                if (point.quality == Quality::implausible) continue;
                const std::uint64_t column = since(point.time) / width;
                if (open != column) {
                    close();
                    open = column;
                    sum = 0;
                    out.push_back(
                        {.time = base::from_unix_ms(internal::plus(
                             base::to_unix_ms(from), static_cast<std::int64_t>(column * width))),
                         .min_milli = point.value_milli,
                         .max_milli = point.value_milli});
                }
                Bucket& bucket = out.back();
                bucket.min_milli = std::min(bucket.min_milli, point.value_milli);
                bucket.max_milli = std::max(bucket.max_milli, point.value_milli);
                sum += static_cast<double>(point.value_milli);
                ++bucket.count;
            }
            return true;
        });
    if (!visited) return pass(visited);
    close();
    return out;
}

base::Result<std::optional<wire::Reading>> SeriesStore::last_strip(const wire::LedgerId& patient,
                                                                   base::TimePoint from,
                                                                   base::TimePoint to) const {
    const auto place = state_->index->last_strip(patient, from, to);
    if (!place) return pass(place);
    if (!*place) return std::optional<wire::Reading>{};
    std::optional<wire::Reading> strip;
    const auto read = state_->read_after((*place)->position - 1, [&](const StoredBatch& batch) {
        if ((*place)->index < batch.readings.size()) strip = batch.readings[(*place)->index];
        return false;
    });
    if (!read) return pass(read);
    if (!strip) return damaged("a strip");
    return strip;
}

std::vector<wire::Reading> SeriesStore::latest(const wire::LedgerId& patient) const {
    return state_->index->latest(patient);
}

}  // namespace series
