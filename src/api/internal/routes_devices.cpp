// SPDX-License-Identifier: Apache-2.0
// Devices and PDAs: lists, states, and the pairing of new ones (docs/formats/pairing.md).
#include <spdlog/spdlog.h>

#include <algorithm>
#include <boost/json.hpp>

#include "api/internal/body.h"
#include "api/internal/device_rights.h"
#include "api/internal/service.h"
#include "crypto/key_wrap.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
using identity::DeviceState;
constexpr std::size_t sealed_bytes_max = 4'096;
constexpr std::size_t label_bytes_max = 80;
constexpr std::size_t vitals_max = 16;
constexpr std::int64_t interval_ms_max = 86'400'000;

/// What stands for a device or a PDA in the directory.
struct Found {
    wire::DeviceId id;
    std::optional<identity::DeviceRecord> device;
    std::optional<identity::PdaRecord> pda;

    [[nodiscard]] DeviceStanding standing() const {
        if (pda) return {pda->patient, pda->state, pda->changed_by, true};
        return {device->patient, device->state, device->changed_by, false};
    }
    [[nodiscard]] DeviceChange changed_to(DeviceState state) const {
        return {.id = id,
                .patient = standing().patient,
                .label = pda ? pda->label : device->label,
                .vitals = device ? device->vitals : std::vector<wire::Vital>{},
                .state = state,
                .ticket = {}};
    }
    [[nodiscard]] json::object shown(const Service& service, const identity::Person& asker) const {
        return pda ? service.views.pda(*pda, asker) : service.views.device(*device, asker);
    }
};

std::optional<Found> find_device(const Service& service, const wire::DeviceId& id) {
    auto pda = service.parts.directory.pda(id);
    auto device = pda ? std::nullopt : service.parts.directory.device(id);
    if (!pda && !device) return std::nullopt;
    return Found{.id = id, .device = std::move(device), .pda = std::move(pda)};
}

/// PDAs first, then devices; all of them, or one patient's.
std::vector<Found> all_devices(const Service& service,
                               const std::optional<wire::LedgerId>& patient) {
    std::vector<Found> out;
    for (auto& pda : service.parts.directory.pdas()) {
        if (patient && pda.patient != *patient) continue;
        const auto id = pda.id;
        out.push_back({.id = id, .device = {}, .pda = std::move(pda)});
    }
    auto devices =
        patient ? service.parts.directory.devices_of(*patient) : service.parts.directory.devices();
    for (auto& device : devices) {
        const auto id = device.id;
        out.push_back({.id = id, .device = std::move(device), .pda = {}});
    }
    return out;
}

base::Result<Response> list_of(Service& service, const Call& call) {
    const auto page = page_of(call.request, false);
    if (!page) return base::pass(page);
    return page_response(
        all_devices(service, call.patient), *page, [](const Found& found) { return hex(found.id); },
        [&](const Found& found) { return found.shown(service, call.asker); });
}

std::unexpected<base::Error> no_such_device() {
    return base::fail(ErrorCode::not_found, "there is no such device, or none you may know of");
}

base::Result<void> check_change(const identity::Person& asker, const DeviceStanding& device,
                                DeviceState wanted) {
    const auto open = states_open_to(asker, device);
    if (std::ranges::find(open, wanted) != open.end()) return {};
    if (identity::is_final(device.state)) {
        return base::fail(ErrorCode::conflict,
                          "this device is out of use for good; pair it again as a new one");
    }
    return base::fail(ErrorCode::not_authorised,
                      "this change is the administration's to make; ask them");
}

/// Without the key generator a device can still be suspended.
base::Result<void> set_state(Service& service, const wire::DeviceId& id, DeviceState wanted,
                             const wire::LedgerId& by) {
    if (service.parts.enroller != nullptr) {
        return service.parts.enroller->set_state(id, wanted, by);
    }
    if (identity::is_final(wanted)) {
        return base::fail(ErrorCode::unavailable,
                          "this node cannot withdraw the device's certificate; suspend it");
    }
    return service.parts.directory.set_state(id, wanted, by);
}

/// A ticket's request, opened and read. Errors: `malformed`.
base::Result<DeviceClaim> claim_of(base::ByteView request) {
    auto body = Body::parse(base::as_text(request));
    if (!body) return base::pass(body);
    DeviceClaim claim;
    const auto key = base::from_hex(body->text("public_key", 64));
    const auto verifier = body->text("token_verifier", 64);
    claim.label = body->text("label", label_bytes_max);
    const auto names = body->texts("vitals", vitals_max);
    const auto interval_ms = body->integer("interval_ms");
    if (const auto read = body->finish(); !read) return base::pass(read);
    if (!key || key->size() != claim.static_public.size()) {
        return base::fail(ErrorCode::malformed, "public_key has 64 hexadecimal digits");
    }
    std::ranges::copy(*key, claim.static_public.begin());
    if (interval_ms < 1 || interval_ms > interval_ms_max) {
        return base::fail(ErrorCode::malformed, "interval_ms is from 1 to 86400000");
    }
    claim.interval_ms = static_cast<std::uint32_t>(interval_ms);
    for (const auto& name : names) {
        const auto vital = wire::vital_from_name(name);
        if (!vital) return base::fail(ErrorCode::malformed, "a vital's name is not known");
        claim.vitals.push_back(*vital);
    }
    if (verifier.empty()) return claim;
    const auto raw = base::from_hex(verifier);
    claim.token_verifier = raw ? crypto::Secret32::from(*raw) : std::nullopt;
    if (!claim.token_verifier) {
        return base::fail(ErrorCode::malformed, "token_verifier has 64 hexadecimal digits");
    }
    return claim;
}

base::Result<base::Bytes> enrolled(Service& service, const TicketDesk::Taken& ticket) {
    auto claim = claim_of(ticket.request);
    if (!claim) return base::pass(claim);
    claim->patient = ticket.patient;
    auto device = service.parts.enroller->enrol(*claim);
    if (!device) return base::pass(device);
    auto answer =
        seal_answer(ticket.secret, claim->static_public, device->kit, service.parts.random);
    crypto::wipe(device->kit);
    if (!answer) return base::fail(ErrorCode::bad_key, "the device's public key is no key");
    const auto& record = device->record;
    service.hub.publish(DeviceChange{.id = record.id,
                                     .patient = record.patient,
                                     .label = record.label,
                                     .vitals = record.vitals,
                                     .state = record.state,
                                     .ticket = id_of(ticket.secret)});
    spdlog::info(R"({{"event":"device_paired","device":"{}"}})", hex(record.id));
    return *std::move(answer);
}

Response pair_response(const base::Bytes& sealed) {
    return json_response(json::object{{"sealed", base::to_hex(sealed)}}, 201);
}

}  // namespace

base::Result<Response> patient_devices(Service& service, const Call& call) {
    return list_of(service, call);
}

base::Result<Response> admin_devices(Service& service, const Call& call) {
    return list_of(service, call);
}

base::Result<Response> open_ticket(Service& service, const Call& call) {
    const auto id = base::fixed_from_hex<wire::LedgerId>(call.param);
    if (!id) return base::fail(ErrorCode::malformed, "a patient's id has 32 hexadecimal digits");
    const auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    if (const auto read = body->finish(); !read) return base::pass(read);
    const bool own = call.asker.id == *id;
    const auto patient = service.parts.directory.person(*id);
    if ((!own && call.asker.role != wire::Role::administrator) || !patient ||
        patient->role != wire::Role::patient) {
        return base::fail(ErrorCode::not_found,
                          "there is no such patient, or none you may know of");
    }
    if (service.parts.enroller == nullptr) {
        return base::fail(ErrorCode::unavailable, "this node cannot enrol devices");
    }
    const auto pdas = service.parts.directory.pdas();
    const bool served = std::ranges::any_of(
        pdas, [&](const identity::PdaRecord& pda) { return pda.patient == *id && pda.serving(); });
    if (!served) {
        return base::fail(ErrorCode::conflict,
                          "a device needs a phone or hub that passes its readings on, and none is "
                          "in use for this patient");
    }
    const auto shown = service.tickets.open(*id);
    if (!shown) return base::pass(shown);
    const auto text = text_of({.secret = shown->secret.clone(),
                               .until = shown->until,
                               .address = "http://" + call.request.host});
    return json_response(json::object{{"id", hex(id_of(shown->secret))},
                                      {"patient", hex(*id)},
                                      {"code", code_of(shown->secret)},
                                      {"text", text},
                                      {"until_ms", ms(shown->until)}},
                         201);
}

base::Result<Response> withdraw_ticket(Service& service, const Call& call) {
    const auto id = base::fixed_from_hex<TicketId>(call.param);
    if (!id) return base::fail(ErrorCode::malformed, "a ticket's id has 16 hexadecimal digits");
    const auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    if (const auto read = body->finish(); !read) return base::pass(read);
    const auto withdrawn = service.tickets.withdraw(*id, [&](const wire::LedgerId& patient) {
        return call.asker.role == wire::Role::administrator || call.asker.id == patient;
    });
    if (!withdrawn) return base::pass(withdrawn);
    Response response;
    response.status = 204;
    return response;
}

base::Result<Response> pair_device(Service& service, const Call& call) {
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto id = base::fixed_from_hex<TicketId>(body->text("ticket", 16));
    const auto sealed = base::from_hex(body->text("sealed", 2 * sealed_bytes_max));
    if (const auto read = body->finish(); !read) return base::pass(read);
    if (!id || !sealed) {
        return base::fail(ErrorCode::malformed, "ticket and sealed are hexadecimal digits");
    }
    if (service.parts.enroller == nullptr) {
        return base::fail(ErrorCode::unavailable, "this node cannot enrol devices");
    }
    const auto ticket = service.tickets.take(*id, *sealed);
    if (!ticket) return base::pass(ticket);
    if (ticket->answered) return pair_response(*ticket->answered);
    const auto answer = enrolled(service, *ticket);
    if (!answer) {
        service.tickets.put_back(*id);
        return base::pass(answer);
    }
    service.tickets.answer(*id, *answer);
    return pair_response(*answer);
}

base::Result<Response> change_device(Service& service, const Call& call) {
    const auto id = base::fixed_from_hex<wire::DeviceId>(call.param);
    if (!id) return base::fail(ErrorCode::malformed, "a device's id has 32 hexadecimal digits");
    auto body = Body::parse(call.request.body);
    if (!body) return base::pass(body);
    const auto wanted = identity::device_state_from_name(body->text("state", 16));
    if (const auto read = body->finish(); !read) return base::pass(read);
    if (!wanted) {
        return base::fail(ErrorCode::malformed,
                          "state is one of active, suspended, revoked, retired");
    }
    const auto found = find_device(service, *id);
    const bool hidden = found && call.asker.role == wire::Role::patient &&
                        found->standing().patient != call.asker.id;
    if (!found || hidden) return no_such_device();
    if (found->standing().state != *wanted) {
        const auto allowed = check_change(call.asker, found->standing(), *wanted);
        if (!allowed) return base::pass(allowed);
        if (auto set = set_state(service, *id, *wanted, call.asker.id); !set) {
            return base::pass(set);
        }
        service.hub.publish(found->changed_to(*wanted));
    }
    return json_response(find_device(service, *id)->shown(service, call.asker));
}

}  // namespace api::routes
