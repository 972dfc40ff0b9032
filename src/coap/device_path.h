// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mqtt/topics.h"

namespace coap {

/// The one resource of a device at its PDA: `/<tenant>/<pda>/<device>`. A POST to it carries a
/// frame up, an observation of it frames down. The same names as in the topics of MQTT.
struct DevicePath {
    std::string tenant;  ///< 1 to 64 of [0-9A-Za-z_-].
    std::string pda;     ///< 32 lower-case hexadecimal digits, as `device`.
    std::string device;

    [[nodiscard]] std::string topic(mqtt::Direction direction) const {
        return mqtt::pda_topic(tenant, pda, device, direction);
    }
    /// Without the leading slash.
    [[nodiscard]] std::string text() const { return tenant + "/" + pda + "/" + device; }
    friend auto operator<=>(const DevicePath&, const DevicePath&) = default;
};

/// From a Uri-Path with its segments joined by slashes; nothing for any other form.
[[nodiscard]] std::optional<DevicePath> parse_device_path(std::string_view text);
/// From `salus/v1/<tenant>/pda/<pda>/<device>/<up|down>`; nothing for any other topic.
[[nodiscard]] std::optional<DevicePath> path_of_topic(std::string_view topic,
                                                      mqtt::Direction direction);

}  // namespace coap
