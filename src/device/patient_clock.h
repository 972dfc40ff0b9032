// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "base/clock.h"

namespace device {

/// Maps offsets of a run (milliseconds from its first reading) to wall time and to the patient's
/// time. A run of known length D at speed S, begun at wall time T0, ends on both clocks at T0 +
/// D/S:
///   wall(t) = T0 + t/S,   patient(t) = T0 + D/S - D + t.
/// So no reading is dated in the future. A simulated patient goes on after D at speed 1, where both
/// clocks are the same.
class PatientClock {
public:
    /// `speed_milli` > 0: patient milliseconds per second of wall time. Integer division rounds a
    /// wall time down by less than 1 ms.
    PatientClock(base::TimePoint start, std::uint32_t speed_milli, std::chrono::milliseconds length)
        : start_(start), speed_milli_(speed_milli), length_ms_(length.count()) {}

    [[nodiscard]] base::TimePoint wall_at(std::chrono::milliseconds offset) const {
        const std::int64_t fast = std::min(offset.count(), length_ms_);
        return start_ + scaled(fast) + std::chrono::milliseconds(offset.count() - fast);
    }
    [[nodiscard]] base::TimePoint patient_at(std::chrono::milliseconds offset) const {
        return start_ + scaled(length_ms_) + (offset - std::chrono::milliseconds(length_ms_));
    }
    /// The offset that is due at wall time `now`; negative before the start.
    [[nodiscard]] std::chrono::milliseconds offset_at(base::TimePoint now) const {
        const std::int64_t elapsed = (now - start_).count();
        const std::int64_t fast = scaled(length_ms_).count();
        if (elapsed > fast) return std::chrono::milliseconds(length_ms_ + elapsed - fast);
        return std::chrono::milliseconds(elapsed * speed_milli_ / 1000);
    }
    /// Patient milliseconds per second of wall time at `offset`.
    [[nodiscard]] std::uint32_t speed_milli_at(std::chrono::milliseconds offset) const {
        return offset.count() < length_ms_ ? static_cast<std::uint32_t>(speed_milli_) : 1000U;
    }

private:
    [[nodiscard]] std::chrono::milliseconds scaled(std::int64_t offset_ms) const {
        return std::chrono::milliseconds(offset_ms * 1000 / speed_milli_);
    }

    base::TimePoint start_;
    std::int64_t speed_milli_;
    std::int64_t length_ms_;
};

}  // namespace device
