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
#include "mqtt/tls.h"
#include "wire/ids.h"

namespace gateway {

/// The gateway's user name at the broker; no device or PDA has it, since theirs are the 32
/// hexadecimal digits of their ids.
inline constexpr std::string_view gateway_user = "gateway";

/// The broker's password of a user, derived from a 32-byte secret of the node
/// (`KeyStore::derived_key("broker")`); 43 characters of base64url. It opens the broker alone:
/// what passes through is sealed under keys that neither knows.
[[nodiscard]] std::string broker_password(base::ByteView node_secret, std::string_view user);

/// A device, as the broker knows it.
struct BrokerDevice {
    wire::DeviceId id;
    wire::DeviceId pda;
    bool seals_to_cloud = false;  ///< Its PDA passes on what is for the gateway, unopened.
};
struct BrokerSetup {
    std::uint16_t port = 0;
    std::string tenant = "default";
    base::Bytes node_secret;  ///< All passwords come from it.
    std::vector<wire::DeviceId> pdas;
    std::vector<BrokerDevice> devices;
    mqtt::TlsMin tls_min = mqtt::TlsMin::v1_3;
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

/// Writes what `mosquitto -c` needs into `folder`: a listener on 127.0.0.1 alone, TLS, a
/// password for each user (salted hashes, so that no password stands in a file or on a command
/// line) and access rules, topic by topic: a device speaks with its own PDA, a PDA with its own
/// devices and with the gateway, for itself and for those of its devices that seal to the cloud;
/// the gateway with all of these. Certificates are made where they
/// are missing or end within 30 days. All files have mode 0600; `user root` is set where this
/// process is root, since mosquitto could not read them as another user. Errors: `malformed` for a
/// name that would change the file's meaning, or a device whose PDA is not named; those of files.
[[nodiscard]] base::Result<BrokerFiles> write_broker_config(const std::filesystem::path& folder,
                                                            const BrokerSetup& setup,
                                                            base::Random& random);

/// Makes certificates anew as `write_broker_config` does, for a broker that runs for long. True
/// where one was made: the broker reads it at SIGHUP; clients trust the authority, which stays for
/// ten years.
[[nodiscard]] base::Result<bool> renew_certificates(const BrokerFiles& files);

}  // namespace gateway
