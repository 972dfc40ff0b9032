// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"

namespace gateway {

/// The gateway's user name at the broker; no device has it, since theirs are 32 hexadecimal digits.
inline constexpr std::string_view gateway_user = "gateway";

/// The broker's password of a device, derived from its frame key; 43 characters of base64url.
[[nodiscard]] std::string device_password(base::ByteView frame_key);
/// The gateway's own, derived from a 32-byte secret of the node
/// (`KeyStore::derived_key("broker")`).
[[nodiscard]] std::string gateway_password(base::ByteView node_secret);

struct BrokerUser {
    std::string name;  ///< [0-9A-Za-z_-], 1 to 64 characters.
    std::string password;
};
struct BrokerSetup {
    std::uint16_t port = 0;
    std::string tenant = "default";
    std::vector<BrokerUser> users;  ///< The gateway's and one a device.
};
/// Where everything stands in the broker's folder.
struct BrokerFiles {
    std::filesystem::path folder;
    [[nodiscard]] std::filesystem::path config() const { return folder / "mosquitto.conf"; }
    [[nodiscard]] std::filesystem::path passwords() const { return folder / "passwords"; }
    [[nodiscard]] std::filesystem::path access() const { return folder / "access"; }
    [[nodiscard]] std::filesystem::path ca() const { return folder / "ca.pem"; }
    [[nodiscard]] std::filesystem::path ca_key() const { return folder / "ca.key"; }
    [[nodiscard]] std::filesystem::path certificate() const { return folder / "server.pem"; }
    [[nodiscard]] std::filesystem::path key() const { return folder / "server.key"; }
    [[nodiscard]] std::filesystem::path data() const { return folder / "data"; }
};

/// Writes what `mosquitto -c` needs into `folder`: a listener on 127.0.0.1 alone, TLS 1.3, a
/// password for each user (salted hashes, so that no password stands in a file or on a command
/// line) and access rules: a device may write its own telemetry and read its own acknowledgements,
/// the gateway read all telemetry and write all acknowledgements. Certificates are made where they
/// are missing or end within 30 days. All files have mode 0600; `user root` is set where this
/// process is root, since mosquitto could not read them as another user. Errors: `malformed` for a
/// name that would change the file's meaning; those of files.
[[nodiscard]] base::Result<BrokerFiles> write_broker_config(const std::filesystem::path& folder,
                                                            const BrokerSetup& setup,
                                                            base::Random& random);

}  // namespace gateway
