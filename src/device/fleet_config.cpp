// SPDX-License-Identifier: Apache-2.0
#include "device/fleet_config.h"

#include <boost/json.hpp>

#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
namespace json = boost::json;

namespace {

constexpr std::size_t file_bytes_max = 64 << 20;
constexpr std::size_t devices_max = 100'000;
constexpr std::size_t key_bytes = 32;
constexpr std::int64_t format = 1;

json::object to_json(const FleetDevice& device) {
    return {{"id", base::to_hex(device.id.view())},
            {"frame_key", base::to_hex(device.frame_key)},
            {"ack_key", base::to_hex(device.ack_key)},
            {"password", device.password},
            {"patient", device.patient},
            {"recording", device.recording.string()},
            {"source", device.source}};
}

/// Reads fields of one object; the first that is missing or wrong is kept as `problem`. The values
/// themselves are secrets and are never named.
class Fields {
public:
    Fields(const json::value& value, std::string where) : where_(std::move(where)) {
        object_ = value.if_object();
        if (object_ == nullptr) problem_ = where_ + " is not an object";
    }
    std::string text(std::string_view key) {
        const json::value* value = find(key);
        if (value == nullptr) return {};
        if (const json::string* text = value->if_string()) return std::string(*text);
        complain(key, "is not a string");
        return {};
    }
    std::uint64_t number(std::string_view key, std::uint64_t max) {
        const json::value* value = find(key);
        if (value == nullptr) return 0;
        // The parser keeps what fits as int64, the rest up to 2^64 as uint64.
        if (const auto* big = value->if_uint64(); big != nullptr && *big <= max) return *big;
        const auto* number = value->if_int64();
        if (number != nullptr && *number >= 0 && static_cast<std::uint64_t>(*number) <= max) {
            return static_cast<std::uint64_t>(*number);
        }
        complain(key, "is not a number in range");
        return 0;
    }
    base::Bytes key(std::string_view name) {
        auto bytes = base::from_hex(text(name));
        if (bytes && bytes->size() == key_bytes) return std::move(*bytes);
        complain(name, "is not a key of 64 lower-case hexadecimal digits");
        return {};
    }
    wire::DeviceId id(std::string_view name) {
        if (const auto id = base::fixed_from_hex<wire::DeviceId>(text(name))) return *id;
        complain(name, "is not an id of 32 lower-case hexadecimal digits");
        return {};
    }
    const json::array* array(std::string_view key) {
        const json::value* value = find(key);
        if (value == nullptr) return nullptr;
        if (value->if_array() == nullptr) complain(key, "is not a list");
        return value->if_array();
    }
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    const json::value* find(std::string_view key) {
        if (object_ == nullptr) return nullptr;
        const json::value* value = object_->if_contains(key);
        if (value == nullptr) complain(key, "is missing");
        return value;
    }
    void complain(std::string_view key, std::string_view what) {
        if (problem_.empty())
            problem_ = where_ + ": \"" + std::string(key) + "\" " + std::string(what);
    }

    const json::object* object_ = nullptr;
    std::string where_;
    std::string problem_;
};

base::Result<FleetDevice> device_from(const json::value& value, std::size_t index) {
    Fields fields(value, "device " + std::to_string(index));
    FleetDevice out;
    out.id = fields.id("id");
    out.frame_key = fields.key("frame_key");
    out.ack_key = fields.key("ack_key");
    out.password = fields.text("password");
    out.patient = static_cast<std::uint32_t>(fields.number("patient", UINT32_MAX));
    out.recording = fields.text("recording");
    out.source = fields.text("source");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    return out;
}

base::Result<FleetConfig> config_from(const json::value& value) {
    Fields fields(value, "the fleet");
    FleetConfig out;
    const bool known = fields.number("format", format) == format;
    out.tenant = fields.text("tenant");
    out.seed = fields.number("seed", UINT64_MAX);
    const json::array* devices = fields.array("devices");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    if (!known) return fail(ErrorCode::malformed, "the fleet: \"format\" is not 1");
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
    std::error_code error;
    const auto status = std::filesystem::status(file, error);
    constexpr auto others = std::filesystem::perms::group_all | std::filesystem::perms::others_all;
    if (!error && std::filesystem::exists(status) &&
        (status.permissions() & others) != std::filesystem::perms::none) {
        return fail(ErrorCode::not_authorised,
                    file.string() + " holds keys and others may read it; run chmod 600 on it");
    }
    const auto bytes = storage::read_file(file, file_bytes_max);
    if (!bytes) return pass(bytes);
    boost::system::error_code broken;
    const json::value value = json::parse(base::as_text(*bytes), broken);
    if (broken) {
        return fail(ErrorCode::malformed, file.string() + " is not JSON: " + broken.message());
    }
    auto config = config_from(value);
    if (!config) return fail(config.error().code, file.string() + ": " + config.error().detail);
    return config;
}

}  // namespace device
