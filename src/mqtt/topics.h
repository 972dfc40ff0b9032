// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mqtt {

/// Towards the gateway, or back.
enum class Direction : std::uint8_t { up = 1, down = 2 };
/// `salus/v1/<tenant>/cloud/<client>/<up|down>`: a PDA, or a device that seals to the cloud, and
/// the gateway. Names here are 32 lower-case hexadecimal digits of a DeviceId: an address, no
/// identity.
[[nodiscard]] std::string cloud_topic(std::string_view tenant, std::string_view client_hex,
                                      Direction direction);
/// `salus/v1/<tenant>/pda/<pda>/<device>/<up|down>`: a device and its PDA.
[[nodiscard]] std::string pda_topic(std::string_view tenant, std::string_view pda_hex,
                                    std::string_view device_hex, Direction direction);
/// `salus/v1/<tenant>/cloud/started`: an empty message says that the gateway is there (again), so
/// that nobody waits for what it has forgotten. Nobody vouches for it.
[[nodiscard]] std::string started_topic(std::string_view tenant);
/// `salus/v1/<tenant>/pda/<pda>/started`: the same of a PDA, for its devices.
[[nodiscard]] std::string pda_started_topic(std::string_view tenant, std::string_view pda_hex);
/// The client of a cloud topic of `tenant` and `direction`, a view into `topic`; nothing for any
/// other.
[[nodiscard]] std::optional<std::string_view> client_of_cloud_topic(std::string_view topic,
                                                                    std::string_view tenant,
                                                                    Direction direction);
struct PdaAddress {  // views into the topic
    std::string_view pda;
    std::string_view device;
};
[[nodiscard]] std::optional<PdaAddress> address_of_pda_topic(std::string_view topic,
                                                             std::string_view tenant,
                                                             Direction direction);
/// Whether `filter` (with + and #, MQTT 3.1.1 section 4.7) covers `topic`.
[[nodiscard]] bool filter_matches(std::string_view filter, std::string_view topic);

}  // namespace mqtt
