// SPDX-License-Identifier: Apache-2.0
#include "api/internal/device_rights.h"

namespace api {

using identity::DeviceState;

std::vector<DeviceState> states_open_to(const identity::Person& asker,
                                        const DeviceStanding& device) {
    if (identity::is_final(device.state)) return {};
    const bool active = device.state == DeviceState::active;
    const auto other = active ? DeviceState::suspended : DeviceState::active;
    if (asker.role == wire::Role::administrator) {
        return {other, DeviceState::revoked, DeviceState::retired};
    }
    const bool own = asker.role == wire::Role::patient && asker.id == device.patient;
    if (!own || device.is_pda) return {};
    if (!active && device.changed_by != asker.id) return {DeviceState::retired};
    return {other, DeviceState::retired};
}

}  // namespace api
