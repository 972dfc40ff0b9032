// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "monitor/alarm.h"
#include "monitor/rules.h"
#include "series/series_store.h"
#include "storage/key_value_store.h"

namespace monitor {

using PatientLookup = std::function<PatientFacts(const wire::LedgerId& patient, wire::Vital vital)>;

/// Watches every patient's readings as they are stored and keeps the alarms. Never waits for the
/// chain. Rule state and alarms survive a crash: they are written with the series position they
/// stand for, and readings after it are gone through again at start, which gives the same alarms
/// with the same ids. A change of an alarm is written at once, rule state alone once a second or
/// every 1,000 batches. Thread-safe.
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

    /// Waits until everything the series called us with so far is on disk and told to the
    /// listeners. Errors: those of the store; the alarms are shown all the same and written when it
    /// can be.
    [[nodiscard]] base::Result<void> flush();
    /// Why alarms could not be written the last time, if so: a full disk must not hide them, but an
    /// operator has to know.
    [[nodiscard]] std::optional<base::Error> last_error() const;

    /// Called after each change of an alarm is durable, in order, never twice at once, from a
    /// thread of ours or of whoever acknowledged. Registered for the life of this object.
    void on_change(std::function<void(const Alarm&)> listener);
    /// Alarms raised since the store was made.
    [[nodiscard]] std::uint64_t raised_count() const;
    /// Milliseconds from the gateway's receipt of a reading to its alarm on disk: {p50, p99} of the
    /// last 10,000; nothing before the first.
    struct Latency {
        double p50_ms;
        double p99_ms;
    };
    [[nodiscard]] std::optional<Latency> reading_to_alarm() const;

private:
    struct State;
    explicit Monitor(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace monitor
