// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>

#include "api/internal/access_control.h"
#include "api/internal/http.h"
#include "api/internal/sessions.h"
#include "identity/directory.h"

namespace api {

struct Service;

/// Who asks, and for what: made by the service after the route's rule was met.
struct Call {
    const Request& request;
    std::string_view param;         ///< What stands for {id}, {ref} or {height}.
    const identity::Person& asker;  ///< Public routes: nobody in particular.
    SessionKey session;
    base::TimePoint session_until;
    std::optional<wire::LedgerId> patient;  ///< Rules `own_record` and `consent`: {id}.
    std::optional<Basis> basis;             ///< Rule `consent`.
};
using Handler = base::Result<Response> (*)(Service&, const Call&);

/// What must hold besides the role, before the handler runs.
enum class Rule : std::uint8_t {
    open,        ///< Nothing.
    own_record,  ///< {id} is the asker. Otherwise `not_found`.
    consent,     ///< {id} is the asker, or a patient whose consent for the asker stands; logged.
    resource,    ///< The handler finds out whose resource it is, then asks AccessControl itself.
};

using Roles = std::uint32_t;  ///< One bit a wire::Role.
[[nodiscard]] constexpr Roles roles(std::initializer_list<wire::Role> list) {
    Roles out = 0;
    for (const auto role : list) out |= 1U << static_cast<unsigned>(role);
    return out;
}
inline constexpr Roles signed_in = ~Roles{1};  ///< Every role, but a session is needed.
inline constexpr Roles anyone = ~Roles{0};     ///< No session is needed.

struct Route {
    Method method;
    std::string_view pattern;  ///< One segment may be a parameter in braces.
    std::string_view name;     ///< In logs, metrics and the access log.
    Roles allowed;
    Rule rule;
    Handler handler;
};

/// The one table of who may do what. GET also answers HEAD.
[[nodiscard]] std::span<const Route> all_routes();

struct RouteMatch {
    const Route* route = nullptr;  ///< Null: no route has this method and path.
    std::string_view param;
    std::string allowed_methods;  ///< Where the path is known, but not with this method.
};
[[nodiscard]] RouteMatch find_route(Method method, std::string_view path);

namespace routes {
// routes_session.cpp
base::Result<Response> login(Service& service, const Call& call);
base::Result<Response> register_client(Service& service, const Call& call);
/// No route: of a user who agreed on keys (UserAgreement::OpenSession). Answers Me.
std::optional<std::string> open_agreed_session(Service& service, const wire::LedgerId& user,
                                               const std::string& session_token);
base::Result<Response> logout(Service& service, const Call& call);
base::Result<Response> me(Service& service, const Call& call);
// routes_public.cpp
base::Result<Response> info(Service& service, const Call& call);
base::Result<Response> trust(Service& service, const Call& call);
base::Result<Response> vitals(Service& service, const Call& call);
base::Result<Response> healthz(Service& service, const Call& call);
base::Result<Response> readyz(Service& service, const Call& call);
base::Result<Response> metrics(Service& service, const Call& call);
base::Result<Response> openapi(Service& service, const Call& call);
base::Result<Response> events(Service& service, const Call& call);
// routes_patients.cpp
base::Result<Response> ward(Service& service, const Call& call);
base::Result<Response> patient(Service& service, const Call& call);
base::Result<Response> patient_series(Service& service, const Call& call);
base::Result<Response> patient_strip(Service& service, const Call& call);
base::Result<Response> patient_alarms(Service& service, const Call& call);
base::Result<Response> acknowledge_alarm(Service& service, const Call& call);
// routes_reports.cpp
base::Result<Response> patient_reports(Service& service, const Call& call);
base::Result<Response> reports(Service& service, const Call& call);
base::Result<Response> report(Service& service, const Call& call);
base::Result<Response> approve_report(Service& service, const Call& call);
base::Result<Response> refuse_report(Service& service, const Call& call);
base::Result<Response> report_receipt(Service& service, const Call& call);
// routes_consents.cpp
base::Result<Response> consents(Service& service, const Call& call);
base::Result<Response> grant_consent(Service& service, const Call& call);
base::Result<Response> withdraw_consent(Service& service, const Call& call);
base::Result<Response> patient_access_log(Service& service, const Call& call);
base::Result<Response> people(Service& service, const Call& call);
// routes_ledger.cpp
base::Result<Response> blocks(Service& service, const Call& call);
base::Result<Response> block(Service& service, const Call& call);
base::Result<Response> block_file(Service& service, const Call& call);
base::Result<Response> transaction(Service& service, const Call& call);
base::Result<Response> transaction_receipt(Service& service, const Call& call);
base::Result<Response> mining(Service& service, const Call& call);
base::Result<Response> orphans(Service& service, const Call& call);
base::Result<Response> search(Service& service, const Call& call);
// routes_receipts.cpp
base::Result<Response> consent_receipt(Service& service, const Call& call);
base::Result<Response> no_consent_receipt(Service& service, const Call& call);
base::Result<Response> key_destroyed_receipt(Service& service, const Call& call);
// routes_checkpoints.cpp
base::Result<Response> checkpoint(Service& service, const Call& call);
base::Result<Response> consistency(Service& service, const Call& call);
base::Result<Response> add_cosignatures(Service& service, const Call& call);
// routes_admin.cpp
base::Result<Response> admin_people(Service& service, const Call& call);
base::Result<Response> admin_miners(Service& service, const Call& call);
base::Result<Response> admin_refusals(Service& service, const Call& call);
base::Result<Response> admin_storage(Service& service, const Call& call);
base::Result<Response> admin_health(Service& service, const Call& call);
// routes_audit.cpp
base::Result<Response> audit_access_log(Service& service, const Call& call);
base::Result<Response> audit_refusals(Service& service, const Call& call);
base::Result<Response> start_verify_chain(Service& service, const Call& call);
base::Result<Response> verify_chain_state(Service& service, const Call& call);
// routes_devices.cpp
base::Result<Response> patient_devices(Service& service, const Call& call);
base::Result<Response> admin_devices(Service& service, const Call& call);
base::Result<Response> open_ticket(Service& service, const Call& call);
base::Result<Response> withdraw_ticket(Service& service, const Call& call);
base::Result<Response> pair_device(Service& service, const Call& call);
base::Result<Response> change_device(Service& service, const Call& call);
// routes_attacks.cpp
base::Result<Response> attacks(Service& service, const Call& call);
}  // namespace routes

}  // namespace api
