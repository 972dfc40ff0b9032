// SPDX-License-Identifier: Apache-2.0
#include "cli/setup_command.h"

#include <fmt/format.h>

#include "base/clock.h"
#include "crypto/random.h"
#include "device/fleet_config.h"
#include "gateway/broker_config.h"
#include "identity/key_store.h"
#include "storage/files.h"

namespace cli {

mqtt::Credentials gateway_credentials(const identity::KeyStore& keys) {
    return {.client_id = std::string(gateway::gateway_user),
            .username = std::string(gateway::gateway_user),
            .password = gateway::gateway_password(keys.derived_key("broker"))};
}

base::Result<void> write_broker(const DataFolder& folder, std::uint16_t port) {
    const base::SystemClock clock;
    crypto::SystemRandom random;
    const auto keys = identity::KeyStore::open(folder.keys(), clock, random);
    if (!keys) return base::pass(keys);
    const auto fleet = device::read_fleet_config(folder.fleet() / "fleet.json");
    if (!fleet) return base::pass(fleet);
    gateway::BrokerSetup setup{.port = port, .tenant = fleet->tenant, .users = {}};
    const auto gateway = gateway_credentials(**keys);
    setup.users.push_back({gateway.username, gateway.password});
    for (const auto& device : fleet->devices) {
        setup.users.push_back({base::to_hex(device.id.view()), device.password});
    }
    const auto written = gateway::write_broker_config(folder.broker(), setup, random);
    return written ? base::Result<void>() : base::pass(written);
}

int setup_command(const SetupCommand& command) {
    const base::SystemClock clock;
    crypto::SystemRandom random;
    base::Result<void> done = storage::make_folder(command.folder.root);
    if (done) {
        const auto record = set_up(command.folder, command.demo, clock, random);
        done = record ? write_broker(command.folder, command.broker_port)
                      : base::Result<void>(base::pass(record));
    }
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
