// SPDX-License-Identifier: Apache-2.0
#include "cli/auto_approver.h"

#include <spdlog/spdlog.h>

namespace cli {
namespace {

/// Our side failed, not the report: worth another try.
bool may_pass(base::ErrorCode code) {
    return code == base::ErrorCode::unavailable || code == base::ErrorCode::busy ||
           code == base::ErrorCode::storage_full;
}

}  // namespace

AutoApprover::AutoApprover(review::Review& review, const wire::Signer& program)
    : review_(review), program_(program), thread_([this] { run(); }) {}

AutoApprover::~AutoApprover() {
    {
        const std::lock_guard guard(mutex_);
        stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void AutoApprover::wake() {
    {
        const std::lock_guard guard(mutex_);
        woken_ = true;
    }
    wake_.notify_all();
}

bool AutoApprover::idle() const {
    const auto pending = review_.reports(review::ReportState::pending, std::nullopt);
    const std::lock_guard guard(mutex_);
    for (const auto& report : pending) {
        if (!left_to_people_.contains(report.id)) return false;
    }
    return true;
}

void AutoApprover::run() {
    std::unique_lock lock(mutex_);
    while (!stopping_) {
        // Woken by each new report; once a second it looks again at what failed on our side.
        wake_.wait_for(lock, std::chrono::seconds{1}, [this] { return woken_ || stopping_; });
        woken_ = false;
        lock.unlock();
        approve_pending();
        lock.lock();
    }
}

void AutoApprover::approve_pending() {
    for (const auto& report : review_.reports(review::ReportState::pending, std::nullopt)) {
        {
            const std::lock_guard guard(mutex_);
            if (stopping_) return;
            if (left_to_people_.contains(report.id)) continue;
        }
        const auto approved = review_.approve(report.id, program_);
        if (approved || may_pass(approved.error().code)) continue;
        spdlog::warn("the demo program leaves report {} to a doctor: {}", report.id,
                     name_of(approved.error().code));
        const std::lock_guard guard(mutex_);
        left_to_people_.insert(report.id);
    }
}

}  // namespace cli
