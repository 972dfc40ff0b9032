// SPDX-License-Identifier: Apache-2.0
#include "cli/setup_command.h"

#include <fmt/format.h>

#include <set>

#include "askg/secret_bytes.h"
#include "base/clock.h"
#include "cli/device_desk.h"
#include "cli/own_desk.h"
#include "crypto/random.h"
#include "gateway/broker_config.h"
#include "identity/key_store.h"
#include "storage/files.h"

namespace cli {

mqtt::Credentials gateway_credentials(const identity::KeyStore& keys) {
    const std::string user(gateway::gateway_user);
    base::Bytes secret = keys.derived_key("broker");
    const askg::WipeAtEnd wipe(secret);
    return {
        .client_id = user, .username = user, .password = gateway::broker_password(secret, user)};
}

base::Result<void> write_broker(const DataFolder& folder, const BrokerListener& listener,
                                const identity::Directory& directory,
                                const identity::KeyStore& keys, base::Random& random) {
    gateway::BrokerSetup setup;
    setup.port = listener.port;
    setup.tls_min = listener.tls_min;
    setup.node_secret = keys.derived_key("broker");
    const askg::WipeAtEnd wipe(setup.node_secret);
    std::set<wire::DeviceId> pdas;
    for (const auto& pda : directory.pdas()) {
        if (!pda.ended()) pdas.insert(pda.id);
    }
    setup.pdas.assign(pdas.begin(), pdas.end());
    for (const auto& device : directory.devices()) {
        if (device.ended() || !pdas.contains(device.pda)) continue;
        setup.devices.push_back(
            {device.id, device.pda, device.sealed_to == identity::SealedTo::cloud});
    }
    const auto written = gateway::write_broker_config(folder.broker(), setup, random);
    return written ? base::Result<void>() : base::pass(written);
}

base::Result<void> prepare_start(const DataFolder& folder, const BrokerListener& broker) {
    OwnDesk own(folder);
    if (auto opened = own.open(); !opened) return opened;
    const DeviceDesk desk = own.desk();
    if (auto renewed = renew_credentials(desk); !renewed) return renewed;
    return write_broker(folder, broker, desk.directory, desk.keys, desk.random);
}

int setup_command(const SetupCommand& command) {
    const base::SystemClock clock;
    crypto::SystemRandom random;
    base::Result<void> done = storage::make_folder(command.folder.root);
    if (done) {
        const auto record = set_up(command.folder, command.demo, clock, random);
        done = record ? prepare_start(command.folder, command.broker)
                      : base::Result<void>(base::pass(record));
    }
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
