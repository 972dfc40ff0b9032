// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <map>

#include "askg/provision.h"
#include "attack/dump.h"
#include "attack/live.h"
#include "keyagreement/credentials.h"
#include "storage/files.h"

namespace attack {
namespace json = boost::json;
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t file_bytes_max = 64U << 20U;

Result<json::object> read_object(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, file_bytes_max);
    if (!bytes) return base::pass(bytes);
    json::error_code problem;
    auto value = json::parse(base::as_text(*bytes), problem);
    if (problem || !value.is_object()) {
        return base::fail(ErrorCode::malformed, file.string() + " is no JSON object");
    }
    return std::move(value.as_object());
}

std::string text_of(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text == nullptr ? std::string{} : std::string(*text);
}

/// The accounts that a file lists under `name`, each with its credentials of type T.
template <class T, class Take>
Result<std::string> read_accounts(const std::filesystem::path& file, std::string_view name,
                                  const Take& take) {
    const auto object = read_object(file);
    if (!object) return base::pass(object);
    const auto* list = object->if_contains(name);
    if (list == nullptr || !list->is_array()) {
        return base::fail(ErrorCode::malformed, file.string() + " lists nobody");
    }
    for (const auto& entry : list->get_array()) {
        if (!entry.is_object()) continue;
        const auto& one = entry.get_object();
        const auto path = file.parent_path() / text_of(one, "credentials");
        const auto credentials = askg::read_file<T>(path);
        if (!credentials) return base::pass(credentials);
        take(Account{text_of(one, "id"), text_of(one, "password"), line_of(*credentials)},
             *credentials);
    }
    return text_of(*object, "tenant");
}

/// The cloud server's table and what it holds of `pda`; nothing where there is none.
StolenFiles steal_table(const std::filesystem::path& data, const Account& pda,
                        base::TimePoint now) {
    StolenFiles out;
    const auto server =
        askg::read_file<askg::CloudServerCredentials>(data / "keys" / "cloud_server.credentials");
    const auto sealed = storage::read_file(data / "provision.bin", file_bytes_max);
    if (!server || !sealed) return out;
    const auto provision = askg::open_provision(server->grant, *sealed, 0);
    if (!provision) return out;
    for (const auto& peer : provision->peers) {
        if (peer.name != pda.line.name) continue;
        const auto* key = peer.key_of(keyagreement::month_of(now));
        if (key != nullptr) out.table_psk = key->clone();
    }
    out.table = open_table(server->grant, *sealed);
    return out;
}

Result<std::uint16_t> port_of(const std::filesystem::path& data, std::string_view name) {
    const auto object = read_object(data / "pids.json");
    if (!object) return base::pass(object);
    const auto* port = object->if_contains(name);
    const auto* number = port == nullptr ? nullptr : port->if_int64();
    if (number == nullptr || *number <= 0 || *number > 65'535) {
        return base::fail(ErrorCode::malformed, "pids.json names no " + std::string(name));
    }
    return static_cast<std::uint16_t>(*number);
}

/// What the devices of one PDA hold of their patient's polynomial.
struct Member {
    std::string id;
    askg::DomainShare share;
    askg::FieldElement place_of_pda;
};

/// Everything but the second device's.
std::optional<CapturedDevices> capture_all_but(const std::vector<Account>& attacked,
                                               const std::vector<Member>& members) {
    const auto of = [&](const Account& account) {
        return std::ranges::find(members, account.id, &Member::id);
    };
    const auto first = of(attacked[0]), second = of(attacked[1]);
    if (first == members.end() || second == members.end()) return std::nullopt;
    CapturedDevices out{.shares = {first->share},
                        .place_of_second = second->share.x,
                        .place_of_pda = second->place_of_pda};
    for (const auto& one : members) {
        const bool other = one.id != first->id && one.id != second->id;
        if (other && one.share.generation == first->share.generation) {
            out.shares.push_back(one.share);
        }
    }
    return out;
}

}  // namespace

Result<Secret32> psk_from_generator(const std::filesystem::path& copy,
                                    const askg::UnlockSecret& unlock, const Line& device,
                                    base::Random& random) {
    const base::SystemClock clock;
    auto opened = askg::KeyGenerator::open(copy, unlock, clock, random);
    if (!opened) return base::pass(opened);
    const auto grant = (*opened)->renew_device(*wire::DeviceId::from(device.name.view()));
    if (!grant) return base::pass(grant);
    return askg::pair_secret(grant->domain, grant->pda_x);
}

Result<LiveTarget> read_target(const std::filesystem::path& data) {
    std::map<std::string, Account> pdas;
    std::map<std::string, std::vector<Secret32>> secrets;  // of each PDA
    const auto tenant = read_accounts<askg::PdaCredentials>(
        data / "pda" / "pdas.json", "pdas",
        [&](Account account, const askg::PdaCredentials& credentials) {
            auto& own = secrets[account.id];
            own.push_back(credentials.token.clone());
            for (const auto& one : credentials.grant.temporary) own.push_back(one.value.clone());
            auto id = account.id;
            pdas.emplace(std::move(id), std::move(account));
        });
    if (!tenant) return base::pass(tenant);
    std::map<std::string, std::vector<Account>> devices;  // by PDA, as the next
    std::map<std::string, std::vector<Member>> members;
    const auto fleet = read_accounts<askg::DeviceCredentials>(
        data / "fleet" / "fleet.json", "devices",
        [&](Account account, const askg::DeviceCredentials& credentials) {
            const auto& grant = credentials.grant;
            const auto pda = base::to_hex(grant.pda.view());
            members[pda].push_back({account.id, grant.domain, grant.pda_x});
            if (!grant.sealed_to_cloud && !grant.clockless) {
                devices[pda].push_back(std::move(account));
            }
        });
    if (!fleet) return base::pass(fleet);
    for (auto& [id, own] : devices) {
        const auto pda = pdas.find(id);
        if (own.size() < 2 || pda == pdas.end() || pdas.size() < 2) continue;
        const auto other = pdas.begin() == pda ? std::next(pda) : pdas.begin();
        LiveTarget out{.tenant = *tenant,
                       .pda = std::move(pda->second),
                       .other_pda = std::move(other->second),
                       .devices = {},
                       .files = {}};
        out.files = steal_table(data, out.pda, base::SystemClock().now());
        out.files.of_the_pda = std::move(secrets[out.pda.id]);
        out.devices.push_back(std::move(own[0]));
        out.devices.push_back(std::move(own[1]));
        out.files.captured = capture_all_but(out.devices, members[id]);
        return out;
    }
    return base::fail(ErrorCode::not_found,
                      "attacks on a running system need two PDAs, one of them with two devices");
}

Result<std::uint16_t> broker_port_of(const std::filesystem::path& data) {
    return port_of(data, "broker_port");
}

Result<std::uint16_t> node_port_of(const std::filesystem::path& data) {
    return port_of(data, "port");
}

}  // namespace attack
