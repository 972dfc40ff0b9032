// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "base/random.h"
#include "cli/broker_listener.h"
#include "cli/data_folder.h"
#include "cli/demo.h"
#include "identity/directory.h"
#include "identity/key_store.h"
#include "mqtt/transport.h"

namespace cli {

struct SetupCommand {
    DataFolder folder;
    DemoSetup demo;
    BrokerListener broker;
};
/// Sets the folder up, with a broker's configuration, for whoever starts the processes by other
/// means than `salus up`. Returns the exit code.
[[nodiscard]] int setup_command(const SetupCommand& command);

/// What stands before each start of the processes, and no process may run for: credentials of the
/// running 30 days, and the broker's configuration.
[[nodiscard]] base::Result<void> prepare_start(const DataFolder& folder,
                                               const BrokerListener& broker);
/// The broker's configuration: TLS, a user a device and a PDA, access rules. A broker that runs
/// reads it again at SIGHUP.
[[nodiscard]] base::Result<void> write_broker(const DataFolder& folder,
                                              const BrokerListener& listener,
                                              const identity::Directory& directory,
                                              const identity::KeyStore& keys, base::Random& random);

/// How the node's gateway signs in at the broker.
[[nodiscard]] mqtt::Credentials gateway_credentials(const identity::KeyStore& keys);

}  // namespace cli
