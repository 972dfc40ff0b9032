// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "cli/broker_listener.h"
#include "cli/data_folder.h"
#include "coap/address.h"

namespace cli {

struct PdaOptions {
    DataFolder folder;
    BrokerListener broker;
    std::optional<coap::Address> coap;  ///< Where devices are served over CoAP too.
    int ready_fd = -1;                  ///< Told with one byte once the PDAs are set up.
};
/// All PDAs of the folder in one process, until SIGINT or SIGTERM. Writes their summary. Returns
/// the exit code.
[[nodiscard]] int run_pda(const PdaOptions& options);

}  // namespace cli
