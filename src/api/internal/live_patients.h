// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <mutex>
#include <optional>

#include "base/clock.h"
#include "series/series_store.h"
#include "wire/ids.h"

namespace api {

/// What the series says of the present: each patient's clock, and when each device last spoke.
/// Thread-safe.
class LivePatients {
public:
    /// Borrows `clock`.
    explicit LivePatients(const base::Clock& clock) : clock_(clock) {}
    void take(const series::StoredBatch& batch);

    /// The patient's now: the device's clock at its last batch, gone on at its speed since. Where
    /// the recording ended in the past it stops at the node's clock, as no reading is dated in the
    /// future.
    [[nodiscard]] base::TimePoint now(const wire::LedgerId& patient) const;
    [[nodiscard]] double speed(const wire::LedgerId& patient) const;
    /// By the node's clock. Nothing: not heard since the start.
    [[nodiscard]] std::optional<base::TimePoint> last_seen(const wire::DeviceId& device) const;

private:
    struct PatientClock {
        base::TimePoint clock;
        base::TimePoint gateway_time;
        std::uint32_t speed_milli = 1000;
    };
    const base::Clock& clock_;
    mutable std::mutex mutex_;  // guards both below
    std::map<wire::LedgerId, PatientClock> patients_;
    std::map<wire::DeviceId, base::TimePoint> devices_;
};

}  // namespace api
