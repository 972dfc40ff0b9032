// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

namespace base {

/// The last 10,000 latencies (the number is ours), for two figures over them. Not thread-safe: copy
/// it under the owner's lock and ask the copy, so that nobody waits for the sorting.
class RecentLatencies {
public:
    struct Percentiles {
        double p50_ms;
        double p99_ms;
    };

    void add(double ms) {
        latencies_ms_.push_back(ms);
        if (latencies_ms_.size() > kept_max) latencies_ms_.pop_front();
    }
    /// Nothing before the first.
    [[nodiscard]] std::optional<Percentiles> percentiles() const {
        if (latencies_ms_.empty()) return std::nullopt;
        std::vector<double> sorted(latencies_ms_.begin(), latencies_ms_.end());
        std::ranges::sort(sorted);
        const auto at = [&](std::size_t percent) {
            return sorted[(sorted.size() - 1) * percent / 100];
        };
        return Percentiles{at(50), at(99)};
    }

private:
    static constexpr std::size_t kept_max = 10'000;
    std::deque<double> latencies_ms_;
};

}  // namespace base
