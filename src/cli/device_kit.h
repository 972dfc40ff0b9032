// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "askg/credentials.h"
#include "base/error.h"

namespace cli {

/// What a device that was just paired needs to work: docs/formats/pairing.md.
struct DeviceKit {
    askg::DeviceGrant grant;
    std::string tenant = "default";
    std::string password;           ///< The broker's; the user name is the device's id.
    std::uint16_t broker_port = 0;  ///< On the node's machine.
    std::string broker_ca;          ///< PEM.
};
[[nodiscard]] base::Bytes to_json(const DeviceKit& kit);
/// Errors: `malformed`; those of `askg::decode`.
[[nodiscard]] base::Result<DeviceKit> kit_from_json(base::ByteView text);

}  // namespace cli
