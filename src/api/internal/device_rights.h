// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "identity/directory.h"

namespace api {

/// A device or a PDA, as far as rights go.
struct DeviceStanding {
    wire::LedgerId patient;
    identity::DeviceState state = identity::DeviceState::active;
    wire::LedgerId changed_by;
    bool is_pda = false;
};
/// The states that `asker` may give it now. Administrators: all that can follow. Patients: their
/// own devices, which they may suspend and retire, and let send again what they suspended
/// themselves; not their PDA, on which all others depend.
[[nodiscard]] std::vector<identity::DeviceState> states_open_to(const identity::Person& asker,
                                                                const DeviceStanding& device);

}  // namespace api
