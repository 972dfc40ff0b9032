// SPDX-License-Identifier: Apache-2.0
#include "api/internal/live_patients.h"

#include <algorithm>

namespace api {

void LivePatients::take(const series::StoredBatch& batch) {
    const std::scoped_lock lock(mutex_);
    auto& known = patients_[batch.patient];
    if (batch.clock >= known.clock) {
        known = {batch.clock, batch.gateway_time, batch.speed_milli};
    }
    devices_[batch.device] = batch.gateway_time;
}

base::TimePoint LivePatients::now(const wire::LedgerId& patient) const {
    const auto node_now = clock_.now();
    const std::scoped_lock lock(mutex_);
    const auto found = patients_.find(patient);
    if (found == patients_.end()) return node_now;
    const auto& known = found->second;
    const auto elapsed = std::max(node_now - known.gateway_time, std::chrono::milliseconds{0});
    const auto now = known.clock + elapsed * static_cast<std::int64_t>(known.speed_milli) / 1000;
    // A simulation that runs faster than time is ahead of the node's clock already; it goes on.
    if (known.clock > known.gateway_time) return now;
    return std::min(now, std::max(node_now, known.clock));
}

double LivePatients::speed(const wire::LedgerId& patient) const {
    const std::scoped_lock lock(mutex_);
    const auto found = patients_.find(patient);
    return found == patients_.end() ? 1.0 : found->second.speed_milli / 1000.0;
}

std::optional<base::TimePoint> LivePatients::last_seen(const wire::DeviceId& device) const {
    const std::scoped_lock lock(mutex_);
    const auto found = devices_.find(device);
    if (found == devices_.end()) return std::nullopt;
    return found->second;
}

}  // namespace api
