// SPDX-License-Identifier: Apache-2.0
#include "gateway/attribution.h"

namespace gateway {

void Attribution::renew() {
    // Asked before the copy is made: a change in between is taken over the next time.
    const std::uint64_t version = directory_.version();
    if (version == version_) return;
    devices_.clear();
    for (const identity::DeviceRecord& device : directory_.devices()) {
        devices_.emplace(device.id,
                         Known{device.patient, device.pda, device.sealed_to, device.state});
    }
    version_ = version;
}

std::expected<const Attribution::Known*, Refusal> Attribution::serving(
    const wire::DeviceId& device) const {
    const auto found = devices_.find(device);
    if (found == devices_.end()) return std::unexpected(Refusal::unknown_device);
    switch (found->second.state) {
        case identity::DeviceState::active:
            return &found->second;
        case identity::DeviceState::suspended:
            return std::unexpected(Refusal::suspended_device);
        case identity::DeviceState::revoked:
        case identity::DeviceState::retired:
            break;
    }
    return std::unexpected(Refusal::revoked_device);
}

std::expected<wire::LedgerId, Refusal> Attribution::relayed(const wire::DeviceId& device,
                                                            const wire::DeviceId& pda) const {
    const auto known = serving(device);
    if (!known) return std::unexpected(known.error());
    // What a device seals to the cloud, its PDA cannot have opened.
    const bool served = (*known)->pda == pda && (*known)->sealed_to == identity::SealedTo::pda;
    if (!served) return std::unexpected(Refusal::foreign_device);
    return (*known)->patient;
}

std::expected<wire::LedgerId, Refusal> Attribution::direct(const wire::DeviceId& device) const {
    const auto known = serving(device);
    if (!known) return std::unexpected(known.error());
    if ((*known)->sealed_to != identity::SealedTo::cloud) {
        return std::unexpected(Refusal::foreign_device);
    }
    return (*known)->patient;
}

}  // namespace gateway
