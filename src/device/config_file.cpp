// SPDX-License-Identifier: Apache-2.0
#include "device/config_file.h"

#include "storage/files.h"

namespace device {

using base::ErrorCode;
using base::fail;
using base::pass;
namespace json = boost::json;

namespace {
constexpr std::size_t file_bytes_max = 64 << 20;
}

ConfigFields::ConfigFields(const json::value& value, std::string where)
    : object_(value.if_object()), where_(std::move(where)) {
    if (object_ == nullptr) problem_ = where_ + " is not an object";
}

std::string ConfigFields::text(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr) return {};
    if (const json::string* text = value->if_string()) return std::string(*text);
    complain(key, "is not a string");
    return {};
}

std::uint64_t ConfigFields::number(std::string_view key, std::uint64_t max) {
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

wire::DeviceId ConfigFields::id(std::string_view key) {
    if (const auto id = base::fixed_from_hex<wire::DeviceId>(text(key))) return *id;
    complain(key, "is not an id of 32 lower-case hexadecimal digits");
    return {};
}

const json::array* ConfigFields::array(std::string_view key) {
    const json::value* value = find(key);
    if (value == nullptr) return nullptr;
    if (value->if_array() == nullptr) complain(key, "is not a list");
    return value->if_array();
}

const json::value* ConfigFields::find(std::string_view key) {
    if (object_ == nullptr) return nullptr;
    const json::value* value = object_->if_contains(key);
    if (value == nullptr) complain(key, "is missing");
    return value;
}

void ConfigFields::complain(std::string_view key, std::string_view what) {
    if (problem_.empty()) {
        problem_ = where_ + ": \"" + std::string(key) + "\" " + std::string(what);
    }
}

base::Result<json::value> read_config_file(const std::filesystem::path& file) {
    const auto bytes = storage::read_private_file(file, file_bytes_max);
    if (!bytes) return pass(bytes);
    boost::system::error_code broken;
    json::value value = json::parse(base::as_text(*bytes), broken);
    if (broken) {
        return fail(ErrorCode::malformed, file.string() + " is not JSON: " + broken.message());
    }
    return value;
}

}  // namespace device
