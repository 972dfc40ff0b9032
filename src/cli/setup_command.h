// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/error.h"
#include "cli/data_folder.h"
#include "cli/demo.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "mqtt/transport.h"

namespace cli {

struct SetupCommand {
    DataFolder folder;
    DemoSetup demo;
    std::uint16_t broker_port = 0;
};
/// Sets the folder up, with a broker's configuration, for whoever starts the processes by other
/// means than `salus up`. Returns the exit code.
[[nodiscard]] int setup_command(const SetupCommand& command);

/// The broker's configuration for a folder that was set up: TLS, a user a device and a PDA, access
/// rules. No process may have the folder's databases open.
[[nodiscard]] base::Result<void> write_broker(const DataFolder& folder, std::uint16_t port);
/// The same for who has them open. What a running broker has to know of it it reads at SIGHUP.
[[nodiscard]] base::Result<void> write_broker(const DataFolder& folder, std::uint16_t port,
                                              const identity::Directory& directory,
                                              const identity::KeyStore& keys, base::Random& random);

/// How the node's gateway signs in at the broker.
[[nodiscard]] mqtt::Credentials gateway_credentials(const identity::KeyStore& keys);

}  // namespace cli
