// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "askg/credentials.h"
#include "base/error.h"
#include "keyagreement/client.h"

namespace device {

// What credentials say to a handshake (docs/protocol.md 2).

/// A device and its PDA: profile 1. One without a clock states no time, and learns it.
[[nodiscard]] keyagreement::ClientSetup setup_with_pda(const askg::DeviceCredentials& device);

/// What an initiator of profile 2 has: a PDA, or a device that is sealed to the cloud.
struct CloudInitiator {  // all borrowed
    const askg::Secret32& static_private;
    const askg::Certificate& certificate;
    const askg::Secret32& pid_key;
    const std::vector<askg::EpochSecret>& temporary;
    const std::vector<askg::CloudServerEntry>& cloud_servers;
};
[[nodiscard]] CloudInitiator cloud_initiator(const askg::DeviceCredentials& device);
[[nodiscard]] CloudInitiator cloud_initiator(const askg::PdaCredentials& pda);
/// With the first cloud server that they name. The pre-shared key follows the 30-day epochs; after
/// the last one that was handed out its own stays, and the server refuses it.
/// Errors: `not_found` without a cloud server or a temporary credential.
[[nodiscard]] base::Result<keyagreement::ClientSetup> setup_with_cloud(
    const CloudInitiator& initiator);

}  // namespace device
