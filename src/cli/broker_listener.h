// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "cli/data_folder.h"
#include "mqtt/mosquitto_network.h"
#include "mqtt/tls.h"

namespace cli {

/// The broker of a data folder, as the command line says it to each process; the rest stands in the
/// broker's own folder.
struct BrokerListener {
    std::uint16_t port = 0;  ///< On 127.0.0.1; 0: none runs.
    mqtt::TlsMin tls_min = mqtt::TlsMin::v1_3;
};

/// How this folder's processes reach it.
[[nodiscard]] inline mqtt::BrokerAddress address_of(const BrokerListener& broker,
                                                    const DataFolder& folder) {
    return {.host = "127.0.0.1",
            .port = broker.port,
            .ca_file = folder.broker() / "ca.pem",
            .tls_min = broker.tls_min};
}

}  // namespace cli
