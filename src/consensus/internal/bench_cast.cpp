// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/bench_cast.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace consensus {

using base::Result;

namespace {

/// Counts outcomes and keeps the first error.
class Tally {
public:
    chain::TransactionSubmitter::Done take() {
        return [this](const Result<chain::Committed>& outcome) {
            const std::lock_guard lock(mutex_);
            ++count_;
            if (!outcome && !error_) error_ = outcome.error();
            changed_.notify_all();
        };
    }
    Result<void> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return count_ >= count; });
        if (error_) return std::unexpected(*error_);
        return {};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_ = 0;
    std::optional<base::Error> error_;
};

}  // namespace

Result<std::vector<base::Bytes>> sign_reports(const Cast& cast, std::size_t count,
                                              const std::vector<wire::Hash256>& consents) {
    std::vector<Result<base::Bytes>> signed_ones(count, base::Bytes{});
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t n = next++; n < count; n = next++) {
            signed_ones[n] = cast.report(n, consents);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back(work);
    }
    work();
    for (auto& thread : threads) thread.join();
    std::vector<base::Bytes> out;
    out.reserve(count);
    for (auto& one : signed_ones) {
        if (!one) return base::pass(one);
        out.push_back(std::move(*one));
    }
    return out;
}

Result<void> submit_all(chain::TransactionSubmitter& submitter, std::vector<base::Bytes> envelopes) {
    Tally tally;
    const std::size_t count = envelopes.size();
    for (auto& envelope : envelopes) submitter.submit(std::move(envelope), tally.take());
    return tally.wait_for(count);
}

Result<std::vector<wire::Hash256>> grant_all(const Cast& cast, chain::TransactionSubmitter& submitter) {
    std::vector<base::Bytes> grants;
    std::vector<wire::Hash256> consents;
    for (std::size_t pair = 0; pair < cast.patients.size(); ++pair) {
        const auto body = cast.grant(pair);
        const std::array<const wire::Signer*, 1> signer{&cast.patients[pair]};
        auto envelope = wire::sign_transaction(body, signer);
        if (!envelope) return base::pass(envelope);
        grants.push_back(std::move(*envelope));
        consents.push_back(wire::body_ref(encode(body)));
    }
    if (auto granted = submit_all(submitter, std::move(grants)); !granted) {
        return base::pass(granted);
    }
    return consents;
}

}  // namespace consensus
