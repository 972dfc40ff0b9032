// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "monitor/alarm.h"
#include "series/series_store.h"
#include "storage/key_value_store.h"

namespace monitor {

/// What the monitor must know of a patient; answered by whoever owns the directory.
struct PatientFacts {
    bool adult = false;  ///< 16 or older. Otherwise limits must be set first: no clinical alarm.
    std::uint32_t interval_ms = 1000;  ///< Expected between readings of a vital.
};
using PatientLookup = std::function<PatientFacts(const wire::LedgerId& patient, wire::Vital vital)>;

/// Watches every patient's readings as they are stored and keeps the alarms. Never waits for the
/// chain. Rule state and alarms survive a crash: they are written with the series position they
/// stand for, and readings after it are gone through again at start. Thread-safe.
class Monitor {
public:
    /// Borrows all. Catches up with the series and follows it.
    [[nodiscard]] static base::Result<std::unique_ptr<Monitor>> open(storage::KeyValueStore& store,
                                                                     series::SeriesStore& series,
                                                                     const base::Clock& clock,
                                                                     PatientLookup lookup);
    ~Monitor();

    /// Raises `no_data` where the patient's clock (device clock, speed) passed the limit though
    /// nothing arrived. Call it about once a second.
    void tick();

    [[nodiscard]] std::vector<Alarm> active() const;
    [[nodiscard]] std::vector<Alarm> active(const wire::LedgerId& patient) const;
    /// Alarms that stood at any time in [from, to), newest first, at most `count_max`.
    [[nodiscard]] base::Result<std::vector<Alarm>> history(const wire::LedgerId& patient,
                                                           base::TimePoint from, base::TimePoint to,
                                                           std::size_t count_max) const;
    [[nodiscard]] std::optional<Alarm> alarm(std::uint64_t id) const;
    /// Durable when it returns. Errors: `not_found`, `conflict` if it was acknowledged before.
    [[nodiscard]] base::Result<Alarm> acknowledge(std::uint64_t id, const wire::LedgerId& who);

    /// Called after each change of an alarm is durable. Registered for the life of this object.
    void on_change(std::function<void(const Alarm&)> listener);
    /// Alarms raised since the store was made.
    [[nodiscard]] std::uint64_t raised_count() const;
    /// Milliseconds from the gateway's receipt of a reading to its alarm on disk: {p50, p99} of the
    /// last 10,000; nothing before the first.
    struct Latency { double p50_ms; double p99_ms; };
    [[nodiscard]] std::optional<Latency> reading_to_alarm() const;

private:
    struct State;
    explicit Monitor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace monitor
