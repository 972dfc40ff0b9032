// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/bench_load.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>

namespace consensus {

using base::Result;

namespace {

using Steady = std::chrono::steady_clock;

/// Counts outcomes, keeps the first error, and wakes whoever waits with the last one.
class Tally {
public:
    explicit Tally(std::size_t expected) : left_(expected) {}
    void take(const Result<chain::Committed>& outcome) {
        const std::lock_guard lock(mutex_);
        if (!outcome && !error_) error_ = outcome.error();
        if (--left_ == 0) done_.notify_all();
    }
    Result<void> wait() {
        std::unique_lock lock(mutex_);
        done_.wait(lock, [&] { return left_ == 0; });
        if (error_) return std::unexpected(*error_);
        return {};
    }

private:
    std::mutex mutex_;
    std::condition_variable done_;
    std::size_t left_;
    std::optional<base::Error> error_;
};

}  // namespace

Result<double> commit_all(chain::TransactionSubmitter& chain, std::vector<base::Bytes> envelopes) {
    Tally tally(envelopes.size());
    const auto begin = Steady::now();
    for (auto& envelope : envelopes) {
        chain.submit(std::move(envelope), [&tally](const auto& outcome) { tally.take(outcome); });
    }
    if (auto done = tally.wait(); !done) return base::pass(done);
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

Result<std::vector<double>> commit_at_rate(chain::TransactionSubmitter& chain,
                                           std::vector<base::Bytes> envelopes, double per_second) {
    Tally tally(envelopes.size());
    std::vector<double> latencies(envelopes.size());
    const auto begin = Steady::now();
    for (std::size_t i = 0; i < envelopes.size(); ++i) {
        const auto due =
            begin + std::chrono::duration_cast<Steady::duration>(
                        std::chrono::duration<double>(static_cast<double>(i) / per_second));
        std::this_thread::sleep_until(due);
        chain.submit(
            std::move(envelopes[i]), [&tally, &latency = latencies[i], due](const auto& outcome) {
                latency = std::chrono::duration<double, std::milli>(Steady::now() - due).count();
                tally.take(outcome);
            });
    }
    if (auto done = tally.wait(); !done) return base::pass(done);
    return latencies;
}

double quantile(std::vector<double> values, double share) {
    if (values.empty()) return 0;
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size() - 1));
    std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(rank));
    return values[rank];
}

}  // namespace consensus
