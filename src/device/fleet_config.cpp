// SPDX-License-Identifier: Apache-2.0
#include "device/fleet_config.h"

#include <boost/json.hpp>

#include "device/config_file.h"
#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
namespace json = boost::json;

namespace {

constexpr std::size_t devices_max = 100'000;
constexpr std::int64_t format = 2;

json::object to_json(const FleetDevice& device) {
    return {{"id", base::to_hex(device.id.view())},
            {"credentials", device.credentials.string()},
            {"password", device.password},
            {"patient", device.patient},
            {"recording", device.recording.string()},
            {"source", device.source}};
}

base::Result<FleetDevice> device_from(const json::value& value, std::size_t index) {
    ConfigFields fields(value, "device " + std::to_string(index));
    FleetDevice out;
    out.id = fields.id("id");
    out.credentials = fields.text("credentials");
    out.password = fields.text("password");
    out.patient = static_cast<std::uint32_t>(fields.number("patient", UINT32_MAX));
    out.recording = fields.text("recording");
    out.source = fields.text("source");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    return out;
}

base::Result<FleetConfig> config_from(const json::value& value) {
    ConfigFields fields(value, "the fleet");
    FleetConfig out;
    const bool known = fields.number("format", UINT32_MAX) == format;
    if (fields.problem().empty() && !known) {
        return fail(ErrorCode::unsupported_version,
                    "the fleet: \"format\" is not 2; set the data folder up anew");
    }
    out.tenant = fields.text("tenant");
    out.seed = fields.number("seed", UINT64_MAX);
    const json::array* devices = fields.array("devices");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    if (devices->size() > devices_max)
        return fail(ErrorCode::too_large, "more than 100,000 devices");
    for (std::size_t i = 0; i < devices->size(); ++i) {
        auto device = device_from((*devices)[i], i);
        if (!device) return pass(device);
        out.devices.push_back(std::move(*device));
    }
    return out;
}

}  // namespace

base::Result<void> write_fleet_config(const std::filesystem::path& file,
                                      const FleetConfig& config) {
    json::array devices;
    for (const FleetDevice& device : config.devices) devices.push_back(to_json(device));
    const json::object out = {{"format", format},
                              {"tenant", config.tenant},
                              {"seed", config.seed},
                              {"devices", std::move(devices)}};
    return storage::write_file_synced(file, base::as_bytes(json::serialize(out)));
}

base::Result<FleetConfig> read_fleet_config(const std::filesystem::path& file) {
    const auto value = read_config_file(file);
    if (!value) return pass(value);
    auto config = config_from(*value);
    if (!config) return fail(config.error().code, file.string() + ": " + config.error().detail);
    return config;
}

}  // namespace device
