// SPDX-License-Identifier: Apache-2.0
#include "cli/pair.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

#include "api/node_client.h"
#include "api/pairing_ticket.h"
#include "askg/secret_bytes.h"
#include "askg/user_secret.h"
#include "base/clock.h"
#include "cli/data_folder.h"
#include "cli/device_kit.h"
#include "crypto/random.h"
#include "device/fleet_config.h"
#include "device/sensors.h"
#include "gateway/broker_config.h"
#include "storage/files.h"

namespace cli {
namespace {

namespace json = boost::json;
using base::ErrorCode;
using base::Result;

constexpr std::string_view credentials_name = "device.credentials";

/// The first line of the file, or of standard input.
Result<std::string> read_line(const std::string& from) {
    std::string line;
    if (from == "-") {
        if (isatty(STDIN_FILENO) != 0) {
            fmt::print(stderr, "Pairing code, as the page shows or copies it: ");
        }
        std::getline(std::cin, line);
    } else {
        std::ifstream file(from);
        std::getline(file, line);
    }
    const auto begin = line.find_first_not_of(" \t\r");
    if (begin == line.npos) return base::fail(ErrorCode::malformed, "there is no pairing code");
    return line.substr(begin, line.find_last_not_of(" \t\r") + 1 - begin);
}

Result<api::PairingTicket> read_ticket(const PairCommand& command, const base::Clock& clock) {
    const auto line = read_line(command.ticket);
    if (!line) return base::pass(line);
    if (line->starts_with("SALUS:")) {
        auto ticket = api::ticket_of_text(*line);
        if (ticket && ticket->until <= clock.now()) {
            return base::fail(ErrorCode::expired, "this ticket has run out; show a new one");
        }
        if (ticket && !command.address.empty()) ticket->address = command.address;
        return ticket;
    }
    auto secret = api::secret_of_code(*line);
    if (!secret) return base::pass(secret);
    if (command.address.empty()) {
        return base::fail(ErrorCode::malformed, "a code alone needs --at http://HOST:PORT too");
    }
    return api::PairingTicket{
        .secret = *std::move(secret), .until = {}, .address = command.address};
}

Result<device::DevicePlan> plan_of(const PairCommand& command) {
    std::string names;
    for (auto& plan : device::simulated_devices()) {
        if (plan.source == command.source) {
            if (!command.label.empty()) plan.label = command.label;
            return plan;
        }
        names += (names.empty() ? "" : ", ") + plan.source;
    }
    return base::fail(ErrorCode::not_found, "simulated devices are: " + names);
}

/// What the device made itself.
struct OwnKeys {
    crypto::X25519PrivateKey key;
    askg::Secret32 token;
    std::string token_verifier;  ///< Hexadecimal; empty: it seals to the PDA.
};
OwnKeys draw_keys(bool seals_to_cloud, base::Random& random) {
    OwnKeys keys{.key = crypto::X25519PrivateKey::draw(random), .token = {}, .token_verifier = {}};
    if (seals_to_cloud) {
        keys.token = askg::Secret32::draw(random);
        keys.token_verifier = base::to_hex(askg::token_verifier(keys.token).view());
    }
    return keys;
}

/// The very same request again while the node or its chain is not available: it is the same device
/// then, however far the first try got.
Result<std::string> post_until_answered(const api::NodeClient& node, const std::string& request) {
    constexpr int tries = 6;  // the node itself waits 8 s for the chain; both chosen by us
    constexpr std::chrono::seconds pause{2};
    for (int i = 1;; ++i) {
        auto answer = node.post("/api/v1/devices/pair", request);
        if (answer || answer.error().code != ErrorCode::unavailable || i == tries) return answer;
        fmt::print(stderr, "not yet: {}\n", answer.error().detail);
        std::this_thread::sleep_for(pause);
    }
}

Result<DeviceKit> ask(const api::PairingTicket& ticket, const device::DevicePlan& plan,
                      const OwnKeys& keys, base::Random& random) {
    json::array vitals;
    for (const auto vital : plan.vitals) vitals.emplace_back(wire::info_of(vital).name);
    const auto claim =
        json::serialize(json::object{{"public_key", base::to_hex(keys.key.public_key())},
                                     {"token_verifier", keys.token_verifier},
                                     {"label", plan.label},
                                     {"vitals", std::move(vitals)},
                                     {"interval_ms", plan.interval_ms}});
    const auto sealed = api::seal_request(ticket.secret, base::as_bytes(claim), random);
    const auto node = api::NodeClient::open(ticket.address);
    if (!node) return base::pass(node);
    const auto answer = post_until_answered(
        *node,
        json::serialize(json::object{{"ticket", base::to_hex(api::id_of(ticket.secret).view())},
                                     {"sealed", base::to_hex(sealed)}}));
    if (!answer) return base::pass(answer);
    boost::system::error_code broken;
    const auto value = json::parse(*answer, broken);
    const auto* object = broken ? nullptr : value.if_object();
    const auto* member = object == nullptr ? nullptr : object->if_contains("sealed");
    const auto raw = member != nullptr && member->is_string()
                         ? base::from_hex(std::string_view(member->get_string()))
                         : std::nullopt;
    if (!raw) return base::fail(ErrorCode::malformed, "the node's answer is not understood");
    auto kit = api::open_answer(ticket.secret, keys.key, *raw);
    if (!kit) {
        return base::fail(ErrorCode::bad_signature,
                          "the answer is not from the node that showed this ticket");
    }
    const askg::WipeAtEnd wipe(*kit);
    return kit_from_json(*kit);
}

/// A folder as `salus simulate` reads it, with this one device.
Result<void> write_folder(const std::filesystem::path& out, const device::DevicePlan& plan,
                          OwnKeys keys, DeviceKit kit) {
    const DataFolder folder{out};
    for (const auto& each : {out, folder.fleet(), folder.broker()}) {
        if (auto made = storage::make_folder(each); !made) return made;
    }
    askg::DeviceCredentials credentials{.static_private = keys.key.to_bytes(),
                                        .token = std::move(keys.token),
                                        .grant = std::move(kit.grant)};
    const auto id = credentials.grant.id;
    // Read back before it is kept: every record is then checked, and that the grant is this key's.
    const auto checked = askg::decode<askg::DeviceCredentials>(askg::encode(credentials));
    if (!checked) return base::pass(checked);
    const auto file = folder.fleet() / credentials_name;
    if (auto written = askg::write_file(file, credentials); !written) return written;
    const auto ca = gateway::BrokerFiles{folder.broker()}.ca();
    if (auto written = storage::write_file_synced(ca, base::as_bytes(kit.broker_ca)); !written) {
        return written;
    }
    device::FleetConfig fleet;
    fleet.tenant = kit.tenant;
    fleet.devices.push_back({.id = id,
                             .credentials = credentials_name,
                             .password = kit.password,
                             .patient = 0,
                             .recording = {},
                             .source = plan.source});
    if (auto written = device::write_fleet_config(folder.fleet() / "fleet.json", fleet); !written) {
        return written;
    }
    fmt::print("paired: {}, device {}\n", plan.label, base::to_hex(id.view()));
    fmt::print("to let it send: salus simulate --data {} --broker-port {} --endless\n",
               out.string(), kit.broker_port);
    return {};
}

Result<void> run(const PairCommand& command) {
    std::error_code error;
    if (std::filesystem::exists(command.out, error)) {
        return base::fail(ErrorCode::conflict, command.out.string() + " exists already");
    }
    const base::SystemClock clock;
    crypto::SystemRandom random;
    const auto plan = plan_of(command);
    if (!plan) return base::pass(plan);
    const auto ticket = read_ticket(command, clock);
    if (!ticket) return base::pass(ticket);
    auto keys = draw_keys(command.sealed_to == "cloud", random);
    auto kit = ask(*ticket, *plan, keys, random);
    if (!kit) return base::pass(kit);
    return write_folder(command.out, *plan, std::move(keys), *std::move(kit));
}

}  // namespace

int pair_command(const PairCommand& command) {
    const auto done = run(command);
    if (done) return 0;
    fmt::print(stderr, "salus: {}\n", done.error().detail);
    return 1;
}

}  // namespace cli
