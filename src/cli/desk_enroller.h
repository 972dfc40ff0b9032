// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "api/pairing.h"
#include "cli/device_desk.h"

namespace cli {

/// The desk of a node that runs, for its API and for commands: one caller at a time, each for as
/// long as the disk takes. Nobody holds it while waiting for a block, and whoever ends a device
/// waits for none.
class DeskEnroller final : public api::Enroller {
public:
    /// How long who enrols waits until the chain shows it; then `unavailable`, and the same request
    /// again gets its answer. Chosen by us: many blocks of a committee, and below the ten seconds
    /// after which clients give up.
    static constexpr std::chrono::seconds confirmation_max{8};

    /// What the desk borrows must outlive this; its `chain` must be there.
    explicit DeskEnroller(DeviceDesk desk, std::chrono::milliseconds patience = confirmation_max)
        : desk_(std::move(desk)), patience_(patience) {}

    [[nodiscard]] base::Result<api::EnrolledDevice> enrol(const api::DeviceClaim& claim) override;
    [[nodiscard]] base::Result<void> set_state(const wire::DeviceId& id,
                                               identity::DeviceState state,
                                               const wire::LedgerId& by) override;
    [[nodiscard]] base::Result<base::Bytes> register_user(const api::UserClaim& claim) override;
    /// `obey_device_orders`, unless somebody else is served: then with the next call.
    [[nodiscard]] base::Result<void> obey_orders();
    /// `cli::take_up`.
    [[nodiscard]] base::Result<void> take_up();
    /// `take_up` where it, or the end of a device, failed before (the disk, an operator's command
    /// that held the key generator); and `renew_credentials` once the 30 days are others than at
    /// the last call, so that a node that runs for months keeps its PDAs. Call it each second.
    [[nodiscard]] base::Result<void> tick();

private:
    [[nodiscard]] base::Result<void> take_up_locked();
    [[nodiscard]] base::Result<void> confirmed(const askg::Record& record);

    DeviceDesk desk_;
    std::chrono::milliseconds patience_;
    std::mutex mutex_;  // held while the desk works
    bool unfinished_ = false;
    std::optional<std::int64_t> renewed_for_;  // the 30 days that everybody has credentials for
};

}  // namespace cli
