// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "monitor/alarm.h"
#include "monitor/limits.h"
#include "series/series_store.h"
#include "wire/ids.h"
#include "wire/vital.h"

namespace monitor {

/// What the monitor must know of a patient; answered by whoever owns the directory.
struct PatientFacts {
    bool adult = false;  ///< 16 or older. Otherwise limits must be set first: no clinical alarm.
    std::uint32_t interval_ms = 1000;  ///< Expected between readings of a vital.
};

/// What the rules say about one alarm: that it is raised, changed its condition, or is over.
struct Transition {
    wire::Vital vital{};
    Kind kind{};
    std::optional<Condition> condition = {};  ///< Nothing: the alarm is over.
    std::int64_t value_milli = 0;
    std::int64_t limit_milli = 0;
    base::TimePoint at;  ///< Patient time.
    friend bool operator==(const Transition&, const Transition&) = default;
};

/// The alarm rules of one patient: readings in, transitions out. No clock, no disk, no thread: the
/// same batches in the same order give the same transitions, also through `encode` and `decode`.
///
/// Patient time is the readings' own. A reading that is not newer than the newest of its vital
/// changes nothing. A missing value is one that did not come: it neither ends nor begins any delay.
class PatientRules {
public:
    using FactsOf = std::function<PatientFacts(wire::Vital)>;

    [[nodiscard]] std::vector<Transition> apply(const series::StoredBatch& batch,
                                                const FactsOf& facts_of);

    /// The gateway's time now, and since when it has been listening.
    struct Silence {
        base::TimePoint gateway_now;
        base::TimePoint listening_since;
    };
    /// Raises `no_data` where nothing came: the clock of a silent device is taken to have gone on
    /// at its speed. Where that clock runs fast the gateway's own silence must be at least
    /// `silence_least`, so that a short stop of the transport is not taken for a lost sensor.
    [[nodiscard]] std::vector<Transition> advance(const Silence& silence, const FactsOf& facts_of);
    static constexpr std::chrono::milliseconds silence_least{std::chrono::seconds{10}};

    [[nodiscard]] base::Bytes encode() const;
    /// Errors: `corrupted`.
    [[nodiscard]] static base::Result<PatientRules> decode(base::ByteView bytes);

    friend bool operator==(const PatientRules&, const PatientRules&) = default;

private:
    using Time = std::optional<base::TimePoint>;
    /// A condition that must hold for a delay before it counts, in both directions.
    struct Debounce {
        bool active = false;
        Time breached_since;
        Time cleared_since;
        friend bool operator==(const Debounce&, const Debounce&) = default;
    };
    struct VitalState {
        Time newest;  ///< Of any value, plausible or not.
        Time valued;  ///< Of `value_milli`, the newest plausible one.
        std::int64_t value_milli = 0;
        wire::DeviceId device;  ///< That sent the newest.
        bool timed = false;     ///< Whether a missing value counts; not after `finished`.
        std::array<Debounce, line_count> lines;
        std::optional<Condition> clinical;
        std::optional<Condition> technical;
        friend bool operator==(const VitalState&, const VitalState&) = default;
    };
    struct DeviceState {
        base::TimePoint clock;
        base::TimePoint gateway_time;
        std::uint32_t speed_milli = 1000;
        std::uint64_t counter = 0;  ///< Of its newest batch; one below it comes late.
        bool finished = false;
        friend bool operator==(const DeviceState&, const DeviceState&) = default;
    };
    /// One call of `apply` or `advance`.
    struct Pass {
        const FactsOf& facts_of;
        std::vector<Transition> out;
    };
    struct Crossing {
        bool breaches = false;
        bool clears = false;
        bool may_raise = false;
        base::TimePoint at;
        std::chrono::milliseconds interval{};
    };

    static void update(Debounce& state, const Limit& limit, const Crossing& crossing);
    bool accept(const series::StoredBatch& batch, std::size_t index, Pass& pass);
    void hear(const series::StoredBatch& batch);
    void judge(wire::Vital vital, VitalState& state, Pass& pass);
    void settle(wire::Vital vital, VitalState& state, Pass& pass);
    void compare_pulse_and_heart_rate(base::TimePoint at, Pass& pass);
    [[nodiscard]] bool pulse_is_held_back(base::TimePoint at, Pass& pass) const;
    void find_missing(const wire::DeviceId& device, base::TimePoint now, Pass& pass);
    void sensor_off(const series::StoredBatch& batch, Pass& pass);
    static void set_technical(wire::Vital vital, VitalState& state,
                              std::optional<Condition> condition, const Transition& values,
                              Pass& pass);

    std::map<wire::Vital, VitalState> vitals_;
    std::map<wire::DeviceId, DeviceState> devices_;
    Debounce disagreement_;
};

}  // namespace monitor
