// SPDX-License-Identifier: Apache-2.0
#include <boost/json.hpp>

#include "api/internal/body.h"
#include "api/internal/service.h"

namespace api::routes {
namespace json = boost::json;
using base::ErrorCode;

base::Result<Response> admin_people(Service& service, const Call& call) {
    const auto page = page_of(call.request, false);
    if (!page) return base::pass(page);
    return page_response(
        service.parts.directory.people(), *page,
        [](const identity::Person& person) { return hex(person.id); },
        [&](const identity::Person& person) {
            const auto& doctor = person.responsible_doctor;
            return json::object{
                {"id", hex(person.id)},
                {"name", person.name},
                {"role", wire::name_of(person.role)},
                {"login", person.login.empty() ? json::value(nullptr) : json::value(person.login)},
                {"bed", person.bed},
                {"doctor", doctor.is_zero() ? json::value(nullptr)
                                            : json::value(service.views.person_ref(doctor))}};
        });
}

base::Result<Response> admin_miners(Service& service, const Call& call) {
    const auto page = page_of(call.request, false);
    if (!page) return base::pass(page);
    const auto mining = chain::mining(service.parts.blocks);
    if (!mining) return base::pass(mining);
    const auto all = service.views.miners(*mining);
    return page_response(
        std::vector<json::value>(all.begin(), all.end()), *page,
        [](const json::value& miner) { return std::string(miner.at("id").as_string()); },
        [](const json::value& miner) { return miner; });
}

base::Result<Response> admin_refusals(Service& service, const Call&) {
    if (!service.parts.gateway) {
        return base::fail(ErrorCode::unavailable, "this node has no gateway");
    }
    const auto stats = service.parts.gateway();
    json::array items;
    for (const auto& [reason, count] : stats.refused) {
        items.emplace_back(json::object{{"reason", reason}, {"count", count}});
    }
    if (service.parts.users != nullptr) {
        for (const auto& [reason, count] : service.parts.users->refusals()) {
            items.emplace_back(json::object{{"reason", "login " + reason}, {"count", count}});
        }
    }
    return json_response(json::object{{"since_ms", ms(stats.since)}, {"items", std::move(items)}});
}

base::Result<Response> admin_storage(Service& service, const Call&) {
    if (!service.parts.storage) {
        return base::fail(ErrorCode::unavailable, "this node does not measure its storage");
    }
    const auto stats = service.parts.storage();
    json::array items;
    for (const auto& item : stats.items) {
        items.emplace_back(
            json::object{{"name", item.name}, {"bytes", item.bytes}, {"files", item.files}});
    }
    return json_response(
        json::object{{"items", std::move(items)}, {"free_bytes", stats.free_bytes}});
}

base::Result<Response> admin_health(Service& service, const Call&) {
    json::array items;
    const auto add = [&](std::string_view name, bool ok, std::string_view detail) {
        items.emplace_back(json::object{{"name", name}, {"ok", ok}, {"detail", detail}});
    };
    const auto failure = service.parts.read_model.failure();
    add("read model", !failure,
        failure
            ? failure->detail
            : "follows the chain, at block " + std::to_string(service.parts.read_model.height()));
    if (service.parts.gateway) {
        const bool connected = service.parts.gateway().connected;
        add("broker", connected, connected ? "connected" : "not connected; trying again");
    }
    if (service.parts.health) {
        for (const auto& item : service.parts.health()) add(item.name, item.ok, item.detail);
    }
    return json_response(json::object{{"items", std::move(items)}});
}

}  // namespace api::routes
