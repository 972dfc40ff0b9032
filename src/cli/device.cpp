// SPDX-License-Identifier: Apache-2.0
#include "cli/device.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/demo.h"
#include "cli/own_desk.h"
#include "storage/rocks_store.h"

namespace cli {
namespace {

namespace json = boost::json;
using base::Result;

int complain(const base::Error& error) {
    fmt::print(stderr, "salus: {}\n", error.detail);
    return 1;
}

int print_outcome(const Result<json::object>& outcome, bool as_json) {
    if (!outcome) return complain(outcome.error());
    if (as_json) {
        fmt::print("{}\n", json::serialize(*outcome));
    } else {
        for (const auto& [name, value] : *outcome) {
            fmt::print("{:10} {}\n", std::string_view(name), std::string_view(value.as_string()));
        }
    }
    return 0;
}

json::object common(const wire::DeviceId& id, std::string_view kind, const std::string& label,
                    const wire::LedgerId& patient, identity::DeviceState state) {
    return {{"id", base::to_hex(id.view())},
            {"kind", kind},
            {"label", label},
            {"patient", base::to_hex(patient.view())},
            {"state", identity::name_of(state)}};
}

Result<json::array> list(const DataFolder& folder) {
    if (auto setup = read_setup(folder); !setup) return base::pass(setup);
    const auto store = storage::RocksStore::open_read_only(folder.database("identity"));
    if (!store) return base::pass(store);
    const auto directory = identity::Directory::open(**store);
    if (!directory) return base::pass(directory);
    json::array out;
    for (const auto& pda : (*directory)->pdas()) {
        out.push_back(common(pda.id, "pda", pda.label, pda.patient, pda.state));
        for (const auto& device : (*directory)->devices()) {
            if (device.pda != pda.id) continue;
            auto entry = common(device.id, "device", device.label, device.patient, device.state);
            entry["pda"] = base::to_hex(device.pda.view());
            entry["sealed_to"] = identity::name_of(device.sealed_to);
            json::array vitals;
            for (const auto vital : device.vitals) vitals.emplace_back(wire::info_of(vital).name);
            entry["vitals"] = std::move(vitals);
            entry["interval_ms"] = device.interval_ms;
            out.push_back(std::move(entry));
        }
    }
    return out;
}

}  // namespace

int device_list_command(const DeviceCommand& command) {
    const auto all = list(command.folder);
    if (!all) return complain(all.error());
    if (command.json) {
        fmt::print("{}\n", json::serialize(*all));
        return 0;
    }
    for (const auto& entry : *all) {
        const auto& one = entry.as_object();
        const bool pda = one.at("kind") == "pda";
        fmt::print("{}{}  {:9}  {}{}\n", pda ? "" : "  ", one.at("id").as_string().c_str(),
                   one.at("state").as_string().c_str(), one.at("label").as_string().c_str(),
                   !pda && one.at("sealed_to") == "cloud" ? ", sealed to the cloud" : "");
    }
    return 0;
}

int device_enrol_command(const DeviceCommand& command) {
    json::array vitals;
    for (const auto& name : command.vitals) vitals.emplace_back(name);
    const json::object order{{"order", "enrol"},
                             {"patient", command.patient},
                             {"label", command.label},
                             {"vitals", std::move(vitals)},
                             {"interval_ms", command.interval_ms},
                             {"sealed_to", command.sealed_to},
                             {"out", std::filesystem::absolute(command.out).string()}};
    return print_outcome(carry_out(command.folder, order), command.json);
}

int device_state_command(const DeviceCommand& command, identity::DeviceState state) {
    const json::object order{
        {"order", "state"}, {"id", command.id}, {"state", identity::name_of(state)}};
    return print_outcome(carry_out(command.folder, order), command.json);
}

}  // namespace cli
