// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/clock.h"
#include "keyagreement/session.h"

namespace keyagreement::internal {

/// Makes time that never runs backwards of a wall clock that may: a step back counts as no time, a
/// step forwards as that much.
class SteadyTime {
public:
    Elapsed advance(base::TimePoint now) {
        if (last_ && now > *last_) elapsed_ += now - *last_;
        last_ = now;
        return elapsed_;
    }
    [[nodiscard]] Elapsed elapsed() const { return elapsed_; }
    /// When the wall clock will show that `deadline` has come, unless it is set.
    [[nodiscard]] base::TimePoint wall_time_of(Elapsed deadline) const {
        return last_.value_or(base::TimePoint{}) + (deadline - elapsed_);
    }
    /// How far `now` lies before the time of the last call; 0 if it does not.
    [[nodiscard]] Elapsed step_back_to(base::TimePoint now) const {
        return last_ && now < *last_ ? *last_ - now : Elapsed{0};
    }

private:
    std::optional<base::TimePoint> last_;
    Elapsed elapsed_{0};
};

/// Whether a stated time is within dT of `now`.
[[nodiscard]] inline bool is_near(std::uint64_t stated_ms, base::TimePoint now) {
    // Beyond the year 200,000,000: no time, and too large to subtract from.
    if (stated_ms > (std::uint64_t{1} << 62)) return false;
    const auto stated = base::from_unix_ms(static_cast<std::int64_t>(stated_ms));
    return stated - now <= time_tolerance && now - stated <= time_tolerance;
}

}  // namespace keyagreement::internal
