// SPDX-License-Identifier: Apache-2.0
#include "cli/device_kit.h"

#include <boost/json.hpp>

#include "askg/secret_bytes.h"

namespace cli {

namespace json = boost::json;

base::Bytes to_json(const DeviceKit& kit) {
    const auto text = json::serialize(json::object{{"grant", base::to_hex(askg::encode(kit.grant))},
                                                   {"tenant", kit.tenant},
                                                   {"password", kit.password},
                                                   {"broker_port", kit.broker_port},
                                                   {"broker_ca", kit.broker_ca}});
    const auto bytes = base::as_bytes(text);
    return {bytes.begin(), bytes.end()};
}

base::Result<DeviceKit> kit_from_json(base::ByteView text) {
    const auto malformed = [] {
        return base::fail(base::ErrorCode::malformed, "the node's answer is no device's kit");
    };
    boost::system::error_code broken;
    const auto value = json::parse(base::as_text(text), broken);
    const auto* object = broken ? nullptr : value.if_object();
    if (object == nullptr) return malformed();
    const auto string_in = [&](std::string_view name) {
        const auto* member = object->if_contains(name);
        return member != nullptr && member->is_string() ? std::string(member->get_string())
                                                        : std::string();
    };
    DeviceKit kit;
    kit.tenant = string_in("tenant");
    kit.password = string_in("password");
    kit.broker_ca = string_in("broker_ca");
    const auto* port = object->if_contains("broker_port");
    if (port != nullptr) kit.broker_port = port->to_number<std::uint16_t>(broken);
    auto raw = base::from_hex(string_in("grant"));
    if (port == nullptr || broken || !raw || kit.tenant.empty() || kit.password.empty()) {
        return malformed();
    }
    const askg::WipeAtEnd wipe(*raw);
    auto grant = askg::decode<askg::DeviceGrant>(*raw);
    if (!grant) return base::pass(grant);
    kit.grant = *std::move(grant);
    return kit;
}

}  // namespace cli
