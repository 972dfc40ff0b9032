// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <optional>
#include <thread>

#include "api/api.h"

namespace api {

/// Verification of the whole chain on a thread of its own, one at a time. Thread-safe.
class VerifyJob {
public:
    explicit VerifyJob(VerifyChain verify) : verify_(std::move(verify)) {}

    enum class State : std::uint8_t { idle, running, done };
    struct Progress {
        State state = State::idle;
        std::uint64_t done = 0;
        std::uint64_t total = 0;
        ChainVerdict verdict;  ///< Once done.
    };
    /// The job's number. Errors: `conflict` while one runs, `unavailable` if there is nothing to
    /// run.
    [[nodiscard]] base::Result<std::uint64_t> start();
    [[nodiscard]] Progress progress() const;

private:
    VerifyChain verify_;
    mutable std::mutex mutex_;  // guards all below but the thread, which `start` alone touches
    Progress progress_;
    std::uint64_t number_ = 0;
    std::mutex start_mutex_;
    std::jthread thread_;  // last: it uses all above
};

}  // namespace api
