// SPDX-License-Identifier: Apache-2.0
#include "mqtt/topics.h"

namespace mqtt {
namespace {

constexpr std::string_view root = "salus/v1/";
constexpr std::string_view cloud_level = "/cloud/";
constexpr std::string_view pda_level = "/pda/";

std::string_view take_level(std::string_view& rest, bool& more) {
    const std::size_t slash = rest.find('/');
    more = slash != std::string_view::npos;
    const std::string_view level = rest.substr(0, slash);
    rest = more ? rest.substr(slash + 1) : std::string_view{};
    return level;
}

std::string_view name_of(Direction direction) {
    return direction == Direction::up ? "/up" : "/down";
}

/// What stands between `root`, the tenant and `kind` on one side and the direction on the other.
std::optional<std::string_view> inner(std::string_view topic, std::string_view tenant,
                                      std::string_view kind, Direction direction) {
    for (const std::string_view part : {root, tenant, kind}) {
        if (!topic.starts_with(part)) return std::nullopt;
        topic.remove_prefix(part.size());
    }
    if (!topic.ends_with(name_of(direction))) return std::nullopt;
    topic.remove_suffix(name_of(direction).size());
    return topic;
}

bool is_one_level(std::string_view text) {
    return !text.empty() && text.find('/') == std::string_view::npos;
}

}  // namespace

std::string cloud_topic(std::string_view tenant, std::string_view client_hex, Direction direction) {
    std::string out(root);
    return out.append(tenant).append(cloud_level).append(client_hex).append(name_of(direction));
}

std::string pda_topic(std::string_view tenant, std::string_view pda_hex,
                      std::string_view device_hex, Direction direction) {
    std::string out(root);
    out.append(tenant).append(pda_level).append(pda_hex).append("/").append(device_hex);
    return out.append(name_of(direction));
}

std::string started_topic(std::string_view tenant) {
    std::string out(root);
    return out.append(tenant).append(cloud_level).append("started");
}

std::string pda_started_topic(std::string_view tenant, std::string_view pda_hex) {
    std::string out(root);
    return out.append(tenant).append(pda_level).append(pda_hex).append("/started");
}

std::optional<std::string_view> client_of_cloud_topic(std::string_view topic,
                                                      std::string_view tenant,
                                                      Direction direction) {
    const auto client = inner(topic, tenant, cloud_level, direction);
    if (!client || !is_one_level(*client)) return std::nullopt;
    return client;
}

std::optional<PdaAddress> address_of_pda_topic(std::string_view topic, std::string_view tenant,
                                               Direction direction) {
    const auto both = inner(topic, tenant, pda_level, direction);
    if (!both) return std::nullopt;
    const std::size_t slash = both->find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const PdaAddress out{both->substr(0, slash), both->substr(slash + 1)};
    if (!is_one_level(out.pda) || !is_one_level(out.device)) return std::nullopt;
    return out;
}

bool filter_matches(std::string_view filter, std::string_view topic) {
    bool more_filter = true;
    bool more_topic = true;
    while (more_filter && more_topic) {
        const std::string_view wanted = take_level(filter, more_filter);
        const std::string_view level = take_level(topic, more_topic);
        if (wanted == "#") return true;
        if (wanted != "+" && wanted != level) return false;
    }
    // "a/#" covers "a" itself as well.
    return more_filter == more_topic || (more_filter && filter == "#");
}

}  // namespace mqtt
