// SPDX-License-Identifier: Apache-2.0
#include "api/internal/event_hub.h"

#include <algorithm>
#include <boost/json.hpp>

namespace api {
namespace json = boost::json;
namespace {

/// Ids begin at the time of the start, so that one from before a restart is known as such; a start
/// would have to see a million events a second to run into the next one's.
std::uint64_t first_id(const base::Clock& clock) {
    return static_cast<std::uint64_t>(base::to_unix_ms(clock.now())) * 1000;
}

json::object live_reading(const wire::Reading& reading, series::Quality quality) {
    return {{"vital", wire::info_of(reading.vital).name},
            {"value", decimal(reading.value_milli)},
            {"time_ms", ms(reading.time)},
            {"quality", name_of(quality)}};
}

}  // namespace

EventHub::EventHub(const Parts& parts)
    : parts_(parts),
      last_id_(first_id(parts.clock)),
      vitals_thread_([this](const std::stop_token& stop) { run(stop); }) {}

EventHub::~EventHub() {
    vitals_thread_.request_stop();
    vitals_thread_.join();
}

void EventHub::publish(const series::StoredBatch& batch) {
    {
        const std::scoped_lock lock(pending_mutex_);
        auto& pending = pending_[batch.patient];
        for (std::size_t i = 0; i < batch.readings.size(); ++i) {
            if (!batch.readings[i].waveform_micro.empty()) continue;
            pending.readings.emplace_back(batch.readings[i], batch.qualities[i]);
        }
        if (pending.readings.size() > readings_max) {
            const auto surplus = pending.readings.size() - readings_max;
            pending.readings.erase(pending.readings.begin(),
                                   pending.readings.begin() + static_cast<std::ptrdiff_t>(surplus));
        }
    }
    pending_changed_.notify_one();
}

void EventHub::run(const std::stop_token& stop) {
    using steady = std::chrono::steady_clock;
    std::unique_lock lock(pending_mutex_);
    while (!stop.stop_requested()) {
        const auto now = steady::now();
        auto wake_at = steady::time_point::max();
        std::vector<Event> due;
        for (auto& [patient, pending] : pending_) {
            if (pending.readings.empty()) continue;
            if (pending.due > now) {
                wake_at = std::min(wake_at, pending.due);
                continue;
            }
            json::array readings;
            for (const auto& [reading, quality] : pending.readings) {
                readings.emplace_back(live_reading(reading, quality));
            }
            pending.readings.clear();
            pending.due = now + vitals_interval;
            Event event(Event::Kind::vitals, patient);
            event.data = json::serialize(json::object{{"patient", hex(patient)},
                                                      {"now_ms", ms(parts_.live.now(patient))},
                                                      {"readings", std::move(readings)}});
            due.push_back(std::move(event));
        }
        if (!due.empty()) {
            lock.unlock();
            for (auto& event : due) add(std::move(event));
            lock.lock();
            continue;
        }
        const auto something_due = [&] {
            const auto moment = steady::now();
            return std::ranges::any_of(pending_, [&](const auto& entry) {
                return !entry.second.readings.empty() && entry.second.due <= moment;
            });
        };
        if (wake_at == steady::time_point::max()) {
            pending_changed_.wait(lock, stop, [&] {
                return std::ranges::any_of(
                    pending_, [](const auto& entry) { return !entry.second.readings.empty(); });
            });
        } else {
            pending_changed_.wait_until(lock, stop, wake_at, something_due);
        }
    }
}

void EventHub::publish(const monitor::Alarm& alarm) {
    Event event(Event::Kind::alarm, alarm.patient);
    event.data = json::serialize(parts_.views.alarm(alarm));
    add(std::move(event));
}

void EventHub::publish(const review::ReportView& report) {
    Event event(Event::Kind::report, report.patient, report.doctor);
    event.data = json::serialize(parts_.views.report(report, true));
    event.reduced = json::serialize(parts_.views.report(report, false));
    add(std::move(event));
}

void EventHub::publish(const readmodel::BlockRow& row) {
    Event event(Event::Kind::block);
    event.data = json::serialize(parts_.views.block_summary(row));
    add(std::move(event));
}

void EventHub::publish(const readmodel::ConsentRow& row) {
    Event event(Event::Kind::consent, row.patient, row.grantee);
    event.data = json::serialize(parts_.views.consent(row));
    add(std::move(event));
}

void EventHub::publish(const DeviceChange& change) {
    json::array vitals;
    for (const auto vital : change.vitals) vitals.emplace_back(wire::info_of(vital).name);
    Event event(Event::Kind::device, change.patient);
    event.data = json::serialize(json::object{
        {"id", hex(change.id)},
        {"patient", hex(change.patient)},
        {"label", change.label},
        {"vitals", std::move(vitals)},
        {"state", identity::name_of(change.state)},
        {"ticket", change.ticket ? json::value(hex(*change.ticket)) : json::value(nullptr)}});
    add(std::move(event));
}

void EventHub::add(Event event) {
    std::vector<std::pair<std::shared_ptr<void>, std::function<void()>>> to_wake;
    {
        const std::scoped_lock lock(mutex_);
        event.id = ++last_id_;
        events_.push_back(std::make_shared<const Event>(std::move(event)));
        if (events_.size() > events_kept) events_.pop_front();
        std::erase_if(listeners_, [](const Listener& each) { return each.alive.expired(); });
        for (const auto& listener : listeners_) {
            if (auto alive = listener.alive.lock()) to_wake.emplace_back(alive, listener.wake);
        }
    }
    const std::shared_lock lock(wake_mutex_);
    if (!waking_) return;
    for (const auto& [alive, wake] : to_wake) wake();
}

void EventHub::stop_waking() {
    const std::unique_lock lock(wake_mutex_);
    waking_ = false;
}

EventHub::Slice EventHub::after(std::uint64_t after, std::size_t count_max) const {
    const std::scoped_lock lock(mutex_);
    Slice slice;
    slice.last = last_id_;
    const auto oldest = last_id_ - events_.size();  // the id before the first that is kept
    if (after > last_id_ || after < oldest) {
        slice.missed = true;
        return slice;
    }
    const auto begin = static_cast<std::ptrdiff_t>(after - oldest);
    const auto end = std::min<std::ptrdiff_t>(begin + static_cast<std::ptrdiff_t>(count_max),
                                              static_cast<std::ptrdiff_t>(events_.size()));
    slice.events.assign(events_.begin() + begin, events_.begin() + end);
    return slice;
}

std::uint64_t EventHub::last_id() const {
    const std::scoped_lock lock(mutex_);
    return last_id_;
}

void EventHub::listen(const std::weak_ptr<void>& alive, std::function<void()> wake) {
    const std::scoped_lock lock(mutex_);
    listeners_.push_back({alive, std::move(wake)});
}

}  // namespace api
