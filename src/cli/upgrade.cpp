// SPDX-License-Identifier: Apache-2.0
#include "cli/upgrade.h"

#include <fmt/format.h>

#include "cli/office.h"

namespace cli {
namespace {

base::Result<void> leave_upgrade(const UpgradeCommand& command) {
    Office office(command.folder);
    if (auto opened = office.open(); !opened) return opened;
    const auto administrator = office.administrator(command.password);
    if (!administrator) return base::pass(administrator);
    return office.leave(**administrator, wire::ScheduleUpgrade{.version = command.version,
                                                               .height = command.height});
}

}  // namespace

int upgrade_command(const UpgradeCommand& command) {
    if (const auto left = leave_upgrade(command); !left) {
        fmt::print(stderr, "salus: {}\n", left.error().detail);
        return 1;
    }
    fmt::print("rules of version {} from block {} on, once the node has started\n", command.version,
               command.height);
    const auto newest = ledger::ApplicationOptions{}.newest_version;
    if (command.version > newest) {
        fmt::print(
            "this program knows versions up to {}: from that block on it answers questions "
            "only, until a newer one is started\n",
            newest);
    }
    return 0;
}

}  // namespace cli
