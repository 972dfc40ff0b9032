// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/clock.h"

namespace api {

/// Slows down guessing of passwords, per login and over all. All numbers chosen by us: after 5
/// wrong passwords a login waits 1 s, then twice as long each time up to 60 s, so that nobody can
/// shut a clinician out for longer than that; over all at most 60 failures a minute. Thread-safe.
class LoginThrottle {
public:
    static constexpr unsigned free_failures = 5;
    static constexpr std::chrono::seconds wait_max{60};
    static constexpr unsigned failures_per_minute_max = 60;
    static constexpr std::size_t logins_max = 10'000;
    static constexpr std::chrono::minutes memory{15};

    /// Borrows `clock`.
    explicit LoginThrottle(const base::Clock& clock) : clock_(clock) {}
    /// How long to wait before the next try; nothing: try now.
    [[nodiscard]] std::optional<std::chrono::milliseconds> wait_for(std::string_view login) const;
    void failed(std::string_view login);
    void succeeded(std::string_view login);

private:
    struct Failures {
        unsigned count = 0;
        base::TimePoint last;
    };
    const base::Clock& clock_;
    mutable std::mutex mutex_;  // guards all below
    std::map<std::string, Failures, std::less<>> by_login_;
    base::TimePoint minute_start_;
    unsigned this_minute_ = 0;
};

}  // namespace api
