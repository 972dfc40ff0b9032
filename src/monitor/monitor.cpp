// SPDX-License-Identifier: Apache-2.0
#include "monitor/monitor.h"

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <thread>
#include <tuple>
#include <utility>

#include "base/announcer.h"
#include "base/recent_latencies.h"
#include "base/record.h"
#include "monitor/internal/alarm_record.h"

namespace monitor {
namespace {

using storage::WriteBatch;

constexpr std::uint64_t batches_unsaved_max = 1'000;
constexpr std::chrono::seconds save_interval{1};

/// A state of an alarm that is not on disk yet.
struct Change {
    Alarm alarm;
    /// When the gateway had the reading, where the time from there to the disk is to be measured.
    std::optional<base::TimePoint> measured_from;
};

void put_alarm(WriteBatch& batch, const Alarm& alarm) {
    batch.put(internal::alarm_key(alarm.id), internal::encode(alarm));
    if (alarm.cleared_at) {
        batch.erase(internal::active_key(alarm.id));
        batch.erase(internal::time_key(alarm.patient, std::nullopt, alarm.id));
    } else {
        batch.put(internal::active_key(alarm.id), {});
    }
    batch.put(internal::time_key(alarm.patient, alarm.cleared_at, alarm.id), {});
}

}  // namespace

/// Lock order: `saving`, then `mutex`. What readings change stands in memory under `mutex`; `save`
/// takes all of it at one moment, so that the disk always holds a state that one position explains.
struct Monitor::State {
    using Slot = std::tuple<wire::LedgerId, wire::Vital, Kind>;
    /// Outlives this object in the series, which calls until the end of its own life.
    struct Gate {
        std::mutex mutex;
        State* state = nullptr;
    };

    storage::KeyValueStore& store;
    series::SeriesStore& series;
    const base::Clock& clock;
    const PatientLookup lookup;
    const base::TimePoint opened_at;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();

    std::mutex saving;
    mutable std::mutex mutex;
    std::condition_variable wake;  ///< The writer has something to do.
    // All below: under `mutex`.
    bool stopping = false;
    bool caught_up = false;
    std::uint64_t position = 0;
    std::uint64_t unsaved_batches = 0;
    std::uint64_t next_id = 1;
    std::map<wire::LedgerId, PatientRules> rules;
    std::set<wire::LedgerId> changed_rules;
    std::map<Slot, Alarm> standing;        ///< Active by what the readings say.
    std::vector<Change> changes;           ///< Not on disk yet, oldest first.
    std::map<std::uint64_t, Alarm> shown;  ///< Active, and on disk unless the disk refused.
    std::map<std::pair<wire::LedgerId, wire::Vital>, PatientFacts> facts;
    std::optional<base::Error> error;
    base::RecentLatencies latencies;
    base::Announcer<Alarm> announcer;
    std::thread writer;

    State(storage::KeyValueStore& store_in, series::SeriesStore& series_in,
          const base::Clock& clock_in, PatientLookup lookup_in)
        : store(store_in),
          series(series_in),
          clock(clock_in),
          lookup(std::move(lookup_in)),
          opened_at(clock_in.now()) {}

    base::Result<void> load();
    base::Result<void> load_alarm(std::uint64_t id);
    void on_batch(const series::StoredBatch& batch);
    void tick();
    void take(const wire::LedgerId& patient, const std::vector<Transition>& transitions,
              base::TimePoint gateway_time, bool measured);
    PatientRules::FactsOf facts_of(const wire::LedgerId& patient);

    WriteBatch unsaved() const;
    base::Result<void> save();
    void saved(std::span<const Change> done);
    void show(std::span<const Change> done);
    void write_when_due();
    base::Result<Alarm> acknowledge(std::uint64_t id, const wire::LedgerId& who);
    std::optional<Alarm> find(std::uint64_t id) const;
};

base::Result<void> Monitor::State::load() {
    const auto stored = store.get(base::as_bytes(internal::position_key));
    if (!stored) return base::pass(stored);
    if (*stored) {
        base::RecordReader in(**stored);
        position = in.u64();
        next_id = in.u64();
        if (!in.complete()) {
            return base::fail(base::ErrorCode::corrupted, "the monitor's position cannot be read");
        }
    }
    const auto prefix = base::as_bytes(internal::rules_prefix);
    base::Result<void> read;
    auto scanned = store.scan(
        prefix, storage::end_of_prefix(prefix), [&](base::ByteView key, base::ByteView value) {
            const auto patient = wire::LedgerId::from(key.subspan(prefix.size()));
            auto state = PatientRules::decode(value);
            if (!patient || !state) {
                read = base::fail(base::ErrorCode::corrupted,
                                  "the stored alarm state of a patient cannot be read");
                return false;
            }
            rules.emplace(*patient, std::move(*state));
            return true;
        });
    if (!scanned || !read) return !scanned ? scanned : read;
    const auto active = base::as_bytes(internal::active_prefix);
    std::vector<std::uint64_t> ids;
    scanned =
        store.scan(active, storage::end_of_prefix(active), [&](base::ByteView key, base::ByteView) {
            const auto id = key.subspan(active.size());
            if (id.size() == 8) ids.push_back(base::read_u64(id));
            return true;
        });
    if (!scanned) return scanned;
    for (const auto id : ids) {
        if (auto loaded = load_alarm(id); !loaded) return loaded;
    }
    return {};
}

base::Result<void> Monitor::State::load_alarm(std::uint64_t id) {
    const auto bytes = store.get(internal::alarm_key(id));
    if (!bytes) return base::pass(bytes);
    if (!*bytes) return base::fail(base::ErrorCode::corrupted, "a standing alarm is not stored");
    auto alarm = internal::decode_alarm(**bytes);
    if (!alarm) return base::pass(alarm);
    shown.emplace(id, *alarm);
    standing.insert_or_assign({alarm->patient, alarm->vital, kind_of(alarm->condition)}, *alarm);
    return {};
}

PatientRules::FactsOf Monitor::State::facts_of(const wire::LedgerId& patient) {
    return [this, patient](wire::Vital vital) {
        const auto [found, added] = facts.try_emplace({patient, vital});
        if (added) found->second = lookup(patient, vital);
        return found->second;
    };
}

void Monitor::State::on_batch(const series::StoredBatch& batch) {
    const std::lock_guard lock(mutex);
    if (batch.position <= position) return;
    position = batch.position;
    const auto out = rules[batch.patient].apply(batch, facts_of(batch.patient));
    changed_rules.insert(batch.patient);
    take(batch.patient, out, batch.gateway_time, caught_up);
    if (++unsaved_batches >= batches_unsaved_max || !changes.empty()) wake.notify_one();
}

void Monitor::State::tick() {
    const std::lock_guard lock(mutex);
    facts.clear();  // A patient's age or a device's interval may have been corrected.
    const auto now = clock.now();
    for (auto& [patient, state] : rules) {
        const auto out = state.advance({now, opened_at}, facts_of(patient));
        if (out.empty()) continue;
        changed_rules.insert(patient);
        take(patient, out, now, false);
    }
    if (!changes.empty()) wake.notify_one();
}

void Monitor::State::take(const wire::LedgerId& patient, const std::vector<Transition>& transitions,
                          base::TimePoint gateway_time, bool measured) {
    for (const auto& change : transitions) {
        const Slot slot{patient, change.vital, change.kind};
        const auto found = standing.find(slot);
        if (!change.condition) {
            if (found == standing.end()) continue;
            found->second.cleared_at = found->second.changed_at = change.at;
            changes.push_back({found->second, std::nullopt});
            standing.erase(found);
            continue;
        }
        const bool raised = found == standing.end();
        auto& alarm = raised ? standing[slot] : found->second;
        const auto priority_before = alarm.priority;
        if (raised) {
            alarm.id = next_id++;
            alarm.patient = patient;
            alarm.vital = change.vital;
            alarm.raised_at = change.at;
            alarm.gateway_time = gateway_time;
        }
        alarm.condition = *change.condition;
        alarm.priority = priority_of(change.vital, *change.condition);
        alarm.value_milli = change.value_milli;
        alarm.limit_milli = change.limit_milli;
        alarm.message = internal::message_of(change);
        alarm.changed_at = change.at;
        if (!raised && alarm.priority > priority_before) {
            // Whoever knew of the milder one does not know of this.
            alarm.acknowledged_at.reset();
            alarm.acknowledged_by = {};
        }
        changes.push_back({alarm, raised && measured ? std::optional(gateway_time) : std::nullopt});
    }
}

WriteBatch Monitor::State::unsaved() const {
    WriteBatch batch;
    for (const auto& change : changes) put_alarm(batch, change.alarm);
    for (const auto& patient : changed_rules) {
        batch.put(internal::rules_key(patient), rules.at(patient).encode());
    }
    base::RecordWriter out;
    batch.put({internal::position_key.begin(), internal::position_key.end()},
              out.u64(position).u64(next_id).take());
    return batch;
}

base::Result<void> Monitor::State::save() {
    {
        const std::lock_guard one_at_a_time(saving);
        std::unique_lock lock(mutex);
        if (changes.empty() && changed_rules.empty()) return {};
        const auto batch = unsaved();
        const auto patients = std::exchange(changed_rules, {});
        const auto change_count = changes.size();
        const auto batch_count = unsaved_batches;
        lock.unlock();
        auto written = store.write(batch);
        lock.lock();
        if (!written) {
            changed_rules.insert(patients.begin(), patients.end());
            show(std::span(changes).first(change_count));
            error = written.error();
            return written;
        }
        unsaved_batches -= batch_count;
        saved(std::span(changes).first(change_count));
        changes.erase(changes.begin(), changes.begin() + static_cast<std::ptrdiff_t>(change_count));
    }
    announcer.tell();
    return {};
}

/// Under `mutex`: the batch that held these is on disk.
void Monitor::State::saved(std::span<const Change> done) {
    error.reset();
    show(done);
    const auto now = clock.now();
    for (const auto& change : done) {
        announcer.push(change.alarm);
        if (!change.measured_from) continue;
        latencies.add(static_cast<double>((now - *change.measured_from).count()));
    }
}

void Monitor::State::show(std::span<const Change> done) {
    for (const auto& change : done) {
        if (change.alarm.cleared_at) {
            shown.erase(change.alarm.id);
        } else {
            shown.insert_or_assign(change.alarm.id, change.alarm);
        }
    }
}

void Monitor::State::write_when_due() {
    std::unique_lock lock(mutex);
    for (bool last = false; !last;) {
        wake.wait_for(lock, save_interval, [this] {
            return stopping || !changes.empty() || unsaved_batches >= batches_unsaved_max;
        });
        last = stopping;
        lock.unlock();
        const bool written = save().has_value();
        lock.lock();
        // The reason stands in `error`. A full disk is not asked without pause; what could not be
        // written before the end is gone through again at the next start.
        if (!written) wake.wait_for(lock, save_interval, [this] { return stopping; });
    }
}

std::optional<Alarm> Monitor::State::find(std::uint64_t id) const {
    const auto latest = std::find_if(changes.rbegin(), changes.rend(),
                                     [id](const Change& change) { return change.alarm.id == id; });
    if (latest != changes.rend()) return latest->alarm;
    if (const auto active = shown.find(id); active != shown.end()) return active->second;
    const auto bytes = store.get(internal::alarm_key(id));
    if (!bytes || !*bytes) return std::nullopt;
    auto alarm = internal::decode_alarm(**bytes);
    if (!alarm) return std::nullopt;
    return std::move(*alarm);
}

base::Result<Alarm> Monitor::State::acknowledge(std::uint64_t id, const wire::LedgerId& who) {
    std::optional<Alarm> alarm;
    {
        const std::lock_guard one_at_a_time(saving);
        // Held over the write, for a moment: nothing may change the alarm between reading and
        // writing.
        const std::lock_guard lock(mutex);
        alarm = find(id);
        if (!alarm) return base::fail(base::ErrorCode::not_found, "no alarm has this number");
        if (alarm->acknowledged_at) {
            return base::fail(base::ErrorCode::conflict, "the alarm was acknowledged before");
        }
        alarm->acknowledged_at = clock.now();
        alarm->acknowledged_by = who;
        changes.push_back({*alarm, std::nullopt});
        if (const auto written = store.write(unsaved()); !written) {
            changes.pop_back();
            return base::pass(written);
        }
        const Slot slot{alarm->patient, alarm->vital, kind_of(alarm->condition)};
        if (const auto found = standing.find(slot);
            found != standing.end() && found->second.id == id) {
            found->second = *alarm;
        }
        changed_rules.clear();
        unsaved_batches = 0;
        saved(changes);
        changes.clear();
    }
    announcer.tell();
    return *alarm;
}

Monitor::Monitor(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Monitor>> Monitor::open(storage::KeyValueStore& store,
                                                     series::SeriesStore& series,
                                                     const base::Clock& clock,
                                                     PatientLookup lookup) {
    auto state = std::make_unique<State>(store, series, clock, std::move(lookup));
    if (const auto loaded = state->load(); !loaded) return base::pass(loaded);
    auto* raw = state.get();
    raw->gate->state = raw;
    auto monitor = std::unique_ptr<Monitor>(new Monitor(std::move(state)));
    raw->writer = std::thread([raw] { raw->write_when_due(); });
    const auto gate = raw->gate;
    const auto followed = series.follow(raw->position, [gate](const series::StoredBatch& batch) {
        const std::lock_guard lock(gate->mutex);
        if (gate->state != nullptr) gate->state->on_batch(batch);
    });
    if (!followed) return base::pass(followed);
    {
        const std::lock_guard lock(raw->mutex);
        raw->caught_up = true;
    }
    if (const auto flushed = raw->save(); !flushed) return base::pass(flushed);
    return monitor;
}

Monitor::~Monitor() {
    {
        const std::lock_guard lock(state_->gate->mutex);
        state_->gate->state = nullptr;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake.notify_all();
    if (state_->writer.joinable()) state_->writer.join();
}

void Monitor::tick() {
    state_->tick();
}

std::vector<Alarm> Monitor::active() const {
    const std::lock_guard lock(state_->mutex);
    std::vector<Alarm> out;
    out.reserve(state_->shown.size());
    for (const auto& [id, alarm] : state_->shown) out.push_back(alarm);
    return out;
}

std::vector<Alarm> Monitor::active(const wire::LedgerId& patient) const {
    auto out = active();
    std::erase_if(out, [&](const Alarm& alarm) { return alarm.patient != patient; });
    return out;
}

base::Result<std::vector<Alarm>> Monitor::history(const wire::LedgerId& patient,
                                                  base::TimePoint from, base::TimePoint to,
                                                  std::size_t count_max) const {
    std::vector<base::Bytes> keys;
    const auto begin = internal::time_key(
        patient, std::max(from, base::from_unix_ms(-1)) + std::chrono::milliseconds{1}, 0);
    auto last =
        internal::time_key(patient, std::nullopt, std::numeric_limits<std::uint64_t>::max());
    last.push_back(0);
    const auto scanned = state_->store.scan(begin, last, [&](base::ByteView key, base::ByteView) {
        keys.push_back(internal::alarm_key(base::read_u64(key.last(8))));
        return true;
    });
    if (!scanned) return base::pass(scanned);
    const auto records = state_->store.multi_get(keys);
    if (!records) return base::pass(records);
    std::vector<Alarm> out;
    for (const auto& record : *records) {
        if (!record) continue;
        auto alarm = internal::decode_alarm(*record);
        if (!alarm) return base::pass(alarm);
        if (alarm->raised_at < to) out.push_back(std::move(*alarm));
    }
    std::ranges::sort(out, std::greater{},
                      [](const Alarm& alarm) { return std::pair(alarm.raised_at, alarm.id); });
    if (out.size() > count_max) out.resize(count_max);
    return out;
}

std::optional<Alarm> Monitor::alarm(std::uint64_t id) const {
    const std::lock_guard lock(state_->mutex);
    return state_->find(id);
}

base::Result<Alarm> Monitor::acknowledge(std::uint64_t id, const wire::LedgerId& who) {
    return state_->acknowledge(id, who);
}

base::Result<void> Monitor::flush() {
    if (auto saved = state_->save(); !saved) return saved;
    state_->announcer.wait();
    return {};
}

std::optional<base::Error> Monitor::last_error() const {
    const std::lock_guard lock(state_->mutex);
    return state_->error;
}

void Monitor::on_change(std::function<void(const Alarm&)> listener) {
    state_->announcer.add(std::move(listener));
}

std::uint64_t Monitor::raised_count() const {
    const std::lock_guard lock(state_->mutex);
    return state_->next_id - 1;
}

std::optional<Monitor::Latency> Monitor::reading_to_alarm() const {
    const auto recent = [&] {
        const std::lock_guard lock(state_->mutex);
        return state_->latencies;
    }();
    const auto of = recent.percentiles();
    if (!of) return std::nullopt;
    return Latency{of->p50_ms, of->p99_ms};
}

}  // namespace monitor
