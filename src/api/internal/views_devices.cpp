// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>

#include "api/internal/device_rights.h"
#include "api/internal/views.h"

namespace api {
namespace json = boost::json;
namespace {

json::array names_of(const std::vector<identity::DeviceState>& states) {
    json::array out;
    for (const auto state : states) out.emplace_back(identity::name_of(state));
    return out;
}

}  // namespace

json::object Views::device(const identity::DeviceRecord& device,
                           const identity::Person& asker) const {
    json::array vitals;
    for (const auto vital : device.vitals) vitals.emplace_back(wire::info_of(vital).name);
    const auto open =
        states_open_to(asker, {device.patient, device.state, device.changed_by, false});
    return {{"id", hex(device.id)},
            {"label", device.label},
            {"kind", "sensor"},
            {"patient", person_ref(device.patient)},
            {"vitals", std::move(vitals)},
            {"state", identity::name_of(device.state)},
            {"sealed_to", identity::name_of(device.sealed_to)},
            {"pda", hex(device.pda)},
            {"last_seen_ms", ms(live_.last_seen(device.id))},
            {"may", names_of(open)}};
}

json::object Views::pda(const identity::PdaRecord& pda, const identity::Person& asker) const {
    std::optional<base::TimePoint> seen;
    for (const auto& device : parts_.directory.devices_of(pda.patient)) {
        const auto heard = device.pda == pda.id ? live_.last_seen(device.id) : std::nullopt;
        seen = std::max(seen, heard);
    }
    const auto open = states_open_to(asker, {pda.patient, pda.state, pda.changed_by, true});
    return {{"id", hex(pda.id)},
            {"label", pda.label},
            {"kind", "pda"},
            {"patient", person_ref(pda.patient)},
            {"vitals", json::array{}},
            {"state", identity::name_of(pda.state)},
            {"sealed_to", nullptr},
            {"pda", nullptr},
            {"last_seen_ms", ms(seen)},
            {"may", names_of(open)}};
}

}  // namespace api
