// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace base {

/// Milliseconds since 1970-01-01T00:00:00Z.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

[[nodiscard]] constexpr std::int64_t to_unix_ms(TimePoint time) {
    return time.time_since_epoch().count();
}
[[nodiscard]] constexpr TimePoint from_unix_ms(std::int64_t ms) {
    return TimePoint{std::chrono::milliseconds{ms}};
}

/// Where the time comes from. The ledger's core never asks: its time is the block's.
class Clock {
public:
    virtual ~Clock() = default;
    [[nodiscard]] virtual TimePoint now() const = 0;
};

class SystemClock final : public Clock {
public:
    [[nodiscard]] TimePoint now() const override {
        return std::chrono::time_point_cast<std::chrono::milliseconds>(
            std::chrono::system_clock::now());
    }
};

/// Stands still until it is moved. For tests and simulation; one thread.
class ManualClock final : public Clock {
public:
    explicit ManualClock(TimePoint start) : now_(start) {}
    [[nodiscard]] TimePoint now() const override { return now_; }
    void advance(std::chrono::milliseconds by) { now_ += by; }
    void set(TimePoint to) { now_ = to; }

private:
    TimePoint now_;
};

}  // namespace base
