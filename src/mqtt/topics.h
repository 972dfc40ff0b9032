// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mqtt {

/// `salus/v1/<tenant>/<device>/<channel>`; the device is 32 lower-case hexadecimal digits.
[[nodiscard]] std::string telemetry_topic(std::string_view tenant, std::string_view device_hex);
[[nodiscard]] std::string acknowledgement_topic(std::string_view tenant,
                                                std::string_view device_hex);
/// The device part of a telemetry topic of `tenant`, a view into `topic`; nothing for any other.
[[nodiscard]] std::optional<std::string_view> device_of_telemetry(std::string_view topic,
                                                                  std::string_view tenant);
/// Whether `filter` (with + and #, MQTT 3.1.1 section 4.7) covers `topic`.
[[nodiscard]] bool filter_matches(std::string_view filter, std::string_view topic);

}  // namespace mqtt
