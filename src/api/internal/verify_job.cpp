// SPDX-License-Identifier: Apache-2.0
#include "api/internal/verify_job.h"

namespace api {

base::Result<std::uint64_t> VerifyJob::start() {
    if (!verify_) {
        return base::fail(base::ErrorCode::unavailable, "this node cannot verify its chain itself");
    }
    const std::scoped_lock start_lock(start_mutex_);
    std::uint64_t number = 0;
    {
        const std::scoped_lock lock(mutex_);
        if (progress_.state == State::running) {
            return base::fail(base::ErrorCode::conflict,
                              "a verification is running already; see how far it is");
        }
        progress_ = {.state = State::running, .done = 0, .total = 0, .verdict = {}};
        number = ++number_;
    }
    thread_ = std::jthread([this](const std::stop_token& stop) {
        auto verdict = verify_([&](std::uint64_t done, std::uint64_t total) {
            const std::scoped_lock lock(mutex_);
            progress_.done = done;
            progress_.total = total;
            return !stop.stop_requested();
        });
        const std::scoped_lock lock(mutex_);
        progress_.state = State::done;
        progress_.verdict = std::move(verdict);
    });
    return number;
}

VerifyJob::Progress VerifyJob::progress() const {
    const std::scoped_lock lock(mutex_);
    return progress_;
}

}  // namespace api
