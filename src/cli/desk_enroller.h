// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>

#include "api/pairing.h"
#include "cli/device_desk.h"

namespace cli {

/// The desk of a node that runs, for its API and for commands: one caller at a time.
class DeskEnroller final : public api::Enroller {
public:
    /// What the desk borrows must outlive this.
    explicit DeskEnroller(DeviceDesk desk) : desk_(std::move(desk)) {}

    [[nodiscard]] base::Result<api::EnrolledDevice> enrol(const api::DeviceClaim& claim) override;
    [[nodiscard]] base::Result<void> set_state(const wire::DeviceId& id,
                                               identity::DeviceState state,
                                               const wire::LedgerId& by) override;
    [[nodiscard]] base::Result<base::Bytes> register_user(const api::UserClaim& claim) override;
    /// `obey_device_orders`.
    [[nodiscard]] base::Result<void> obey_orders();

private:
    DeviceDesk desk_;
    std::mutex mutex_;  // held while the desk works
};

}  // namespace cli
