// SPDX-License-Identifier: Apache-2.0
#include "api/internal/login_throttle.h"

#include <algorithm>

namespace api {
namespace {
using std::chrono::milliseconds;
constexpr milliseconds minute{std::chrono::minutes{1}};
}  // namespace

std::optional<milliseconds> LoginThrottle::wait_for(std::string_view login) const {
    const auto now = clock_.now();
    const std::scoped_lock lock(mutex_);
    milliseconds wait{0};
    if (this_minute_ >= failures_per_minute_max) wait = minute_start_ + minute - now;
    const auto found = by_login_.find(login);
    if (found != by_login_.end() && found->second.count >= free_failures) {
        const auto doublings = std::min(found->second.count - free_failures, 6U);
        const auto pause = std::min<milliseconds>(std::chrono::seconds{1U << doublings}, wait_max);
        wait = std::max(wait, found->second.last + pause - now);
    }
    if (wait <= milliseconds{0}) return std::nullopt;
    return wait;
}

void LoginThrottle::failed(std::string_view login) {
    const auto now = clock_.now();
    const std::scoped_lock lock(mutex_);
    if (now - minute_start_ >= minute) {
        minute_start_ = now;
        this_minute_ = 0;
    }
    ++this_minute_;
    if (by_login_.size() >= logins_max) {
        std::erase_if(by_login_,
                      [&](const auto& entry) { return now - entry.second.last >= memory; });
    }
    // With that many names under attack the overall limit still holds.
    if (by_login_.size() >= logins_max && !by_login_.contains(login)) return;
    auto& failures = by_login_[std::string(login)];
    if (now - failures.last >= memory) failures.count = 0;
    ++failures.count;
    failures.last = now;
}

void LoginThrottle::succeeded(std::string_view login) {
    const std::scoped_lock lock(mutex_);
    if (const auto found = by_login_.find(login); found != by_login_.end()) by_login_.erase(found);
}

}  // namespace api
