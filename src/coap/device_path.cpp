// SPDX-License-Identifier: Apache-2.0
#include "coap/device_path.h"

namespace coap {
namespace {

constexpr std::size_t tenant_size_max = 64;
constexpr std::size_t id_digits = 32;

bool is_tenant(std::string_view text) {
    constexpr std::string_view allowed =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_-";
    return !text.empty() && text.size() <= tenant_size_max &&
           text.find_first_not_of(allowed) == std::string_view::npos;
}

bool is_id(std::string_view text) {
    return text.size() == id_digits &&
           text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

}  // namespace

std::optional<DevicePath> parse_device_path(std::string_view text) {
    const std::size_t first = text.find('/');
    if (first == std::string_view::npos) return std::nullopt;
    const std::size_t second = text.find('/', first + 1);
    if (second == std::string_view::npos) return std::nullopt;
    const std::string_view tenant = text.substr(0, first);
    const std::string_view pda = text.substr(first + 1, second - first - 1);
    const std::string_view device = text.substr(second + 1);
    if (!is_tenant(tenant) || !is_id(pda) || !is_id(device)) return std::nullopt;
    return DevicePath{std::string(tenant), std::string(pda), std::string(device)};
}

std::optional<DevicePath> path_of_topic(std::string_view topic, mqtt::Direction direction) {
    constexpr std::string_view root = "salus/v1/";
    if (!topic.starts_with(root)) return std::nullopt;
    const std::string_view rest = topic.substr(root.size());
    const std::string_view tenant = rest.substr(0, rest.find('/'));
    const auto address = mqtt::address_of_pda_topic(topic, tenant, direction);
    if (!address || !is_tenant(tenant) || !is_id(address->pda) || !is_id(address->device)) {
        return std::nullopt;
    }
    return DevicePath{std::string(tenant), std::string(address->pda), std::string(address->device)};
}

}  // namespace coap
