// SPDX-License-Identifier: Apache-2.0
#include "api/internal/routes.h"

#include <algorithm>
#include <array>

namespace api {
namespace {

using wire::Role;
constexpr auto clinicians = roles({Role::doctor, Role::nurse});
constexpr auto clinical = roles({Role::patient, Role::doctor, Role::nurse, Role::family});
constexpr auto patients = roles({Role::patient});
constexpr auto doctors = roles({Role::doctor});
constexpr auto administrators = roles({Role::administrator});
constexpr auto auditors = roles({Role::auditor});
constexpr auto own_or_audited = roles({Role::patient, Role::auditor});
constexpr auto get = Method::get;
constexpr auto post = Method::post;

constexpr std::array table{
    Route{post, "/api/v1/login", "login", anyone, Rule::open, routes::login},
    Route{post, "/api/v1/logout", "logout", anyone, Rule::open, routes::logout},
    Route{get, "/api/v1/me", "read_me", signed_in, Rule::open, routes::me},
    Route{post, "/api/v1/me/agreement", "register_client", signed_in, Rule::open,
          routes::register_client},
    Route{get, "/api/v1/info", "read_info", anyone, Rule::open, routes::info},
    Route{get, "/api/v1/trust", "read_trust", anyone, Rule::open, routes::trust},
    Route{get, "/api/v1/vitals", "read_vitals", anyone, Rule::open, routes::vitals},
    Route{get, "/api/v1/ward", "read_ward", clinicians, Rule::resource, routes::ward},
    Route{get, "/api/v1/patients/{id}", "read_patient", clinical, Rule::consent, routes::patient},
    Route{get, "/api/v1/patients/{id}/series", "read_series", clinical, Rule::consent,
          routes::patient_series},
    Route{get, "/api/v1/patients/{id}/strip", "read_strip", clinical, Rule::consent,
          routes::patient_strip},
    Route{get, "/api/v1/patients/{id}/alarms", "read_alarms", clinical, Rule::consent,
          routes::patient_alarms},
    Route{get, "/api/v1/patients/{id}/reports", "read_reports", clinical, Rule::consent,
          routes::patient_reports},
    Route{get, "/api/v1/patients/{id}/devices", "read_devices",
          roles({Role::patient, Role::doctor, Role::nurse}), Rule::consent,
          routes::patient_devices},
    Route{post, "/api/v1/patients/{id}/devices/tickets", "open_ticket",
          roles({Role::patient, Role::administrator}), Rule::resource, routes::open_ticket},
    Route{post, "/api/v1/tickets/{id}/withdraw", "withdraw_ticket",
          roles({Role::patient, Role::administrator}), Rule::resource, routes::withdraw_ticket},
    Route{post, "/api/v1/devices/pair", "pair_device", anyone, Rule::open, routes::pair_device},
    Route{post, "/api/v1/devices/{id}/state", "change_device",
          roles({Role::patient, Role::administrator}), Rule::resource, routes::change_device},
    Route{get, "/api/v1/patients/{id}/consents", "read_consents",
          roles({Role::patient, Role::doctor}), Rule::resource, routes::consents},
    Route{post, "/api/v1/patients/{id}/consents", "grant_consent", patients, Rule::own_record,
          routes::grant_consent},
    Route{post, "/api/v1/consents/{ref}/withdraw", "withdraw_consent", patients, Rule::resource,
          routes::withdraw_consent},
    Route{get, "/api/v1/patients/{id}/access-log", "read_access_log", patients, Rule::own_record,
          routes::patient_access_log},
    Route{get, "/api/v1/people", "read_people", roles({Role::patient, Role::administrator}),
          Rule::open, routes::people},
    Route{post, "/api/v1/alarms/{id}/acknowledge", "acknowledge_alarm", clinicians, Rule::resource,
          routes::acknowledge_alarm},
    Route{get, "/api/v1/reports", "read_queue", doctors, Rule::resource, routes::reports},
    Route{get, "/api/v1/reports/{id}", "read_report", roles({Role::doctor, Role::patient}),
          Rule::resource, routes::report},
    Route{post, "/api/v1/reports/{id}/approve", "approve_report", doctors, Rule::resource,
          routes::approve_report},
    Route{post, "/api/v1/reports/{id}/refuse", "refuse_report", doctors, Rule::resource,
          routes::refuse_report},
    Route{get, "/api/v1/reports/{id}/receipt", "read_report_receipt",
          roles({Role::doctor, Role::patient}), Rule::resource, routes::report_receipt},
    Route{get, "/api/v1/ledger/blocks", "read_blocks", signed_in, Rule::open, routes::blocks},
    Route{get, "/api/v1/ledger/blocks/{height}", "read_block", signed_in, Rule::open,
          routes::block},
    Route{get, "/api/v1/ledger/blocks/{height}/file", "read_block_file", signed_in, Rule::open,
          routes::block_file},
    Route{get, "/api/v1/ledger/transactions/{id}", "read_transaction", signed_in, Rule::open,
          routes::transaction},
    Route{get, "/api/v1/ledger/transactions/{id}/receipt", "read_receipt", signed_in,
          Rule::resource, routes::transaction_receipt},
    Route{get, "/api/v1/receipts/consent", "read_consent_receipt", own_or_audited, Rule::resource,
          routes::consent_receipt},
    Route{get, "/api/v1/receipts/no-consent", "read_no_consent_receipt", own_or_audited,
          Rule::resource, routes::no_consent_receipt},
    Route{get, "/api/v1/receipts/key-destroyed", "read_key_destroyed_receipt", own_or_audited,
          Rule::resource, routes::key_destroyed_receipt},
    Route{get, "/api/v1/ledger/mining", "read_mining", signed_in, Rule::open, routes::mining},
    Route{get, "/api/v1/ledger/orphans", "read_orphans", signed_in, Rule::open, routes::orphans},
    Route{get, "/api/v1/ledger/search", "search_ledger", signed_in, Rule::open, routes::search},
    Route{get, "/api/v1/ledger/checkpoint", "read_checkpoint", anyone, Rule::open,
          routes::checkpoint},
    Route{get, "/api/v1/ledger/consistency", "read_consistency", anyone, Rule::open,
          routes::consistency},
    Route{post, "/api/v1/ledger/cosignatures", "add_cosignatures", anyone, Rule::open,
          routes::add_cosignatures},
    Route{get, "/api/v1/admin/people", "read_admin_people", administrators, Rule::open,
          routes::admin_people},
    Route{get, "/api/v1/admin/devices", "read_admin_devices", administrators, Rule::open,
          routes::admin_devices},
    Route{get, "/api/v1/admin/miners", "read_admin_miners", administrators, Rule::open,
          routes::admin_miners},
    Route{get, "/api/v1/admin/refusals", "read_refused_frames", administrators, Rule::open,
          routes::admin_refusals},
    Route{get, "/api/v1/admin/storage", "read_storage", administrators, Rule::open,
          routes::admin_storage},
    Route{get, "/api/v1/admin/health", "read_health", administrators, Rule::open,
          routes::admin_health},
    Route{get, "/api/v1/audit/access-log", "audit_access_log", auditors, Rule::open,
          routes::audit_access_log},
    Route{get, "/api/v1/audit/refusals", "audit_refusals", auditors, Rule::open,
          routes::audit_refusals},
    Route{post, "/api/v1/audit/verify-chain", "verify_chain", auditors, Rule::open,
          routes::start_verify_chain},
    Route{get, "/api/v1/audit/verify-chain", "read_verify_chain", auditors, Rule::open,
          routes::verify_chain_state},
    Route{get, "/api/v1/attacks", "read_attacks", roles({Role::administrator, Role::auditor}),
          Rule::open, routes::attacks},
    Route{get, "/api/v1/events", "follow_events", signed_in, Rule::resource, routes::events},
    Route{get, "/healthz", "healthz", anyone, Rule::open, routes::healthz},
    Route{get, "/readyz", "readyz", anyone, Rule::open, routes::readyz},
    Route{get, "/metrics", "metrics", anyone, Rule::open, routes::metrics},
    Route{get, "/openapi.json", "openapi", anyone, Rule::open, routes::openapi},
};

std::string_view next_segment(std::string_view& rest) {
    const auto end = std::min(rest.find('/'), rest.size());
    const auto segment = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return segment;
}

bool matches(std::string_view pattern, std::string_view path, std::string_view& param) {
    if (std::ranges::count(pattern, '/') != std::ranges::count(path, '/')) return false;
    while (!pattern.empty() || !path.empty()) {
        const auto wanted = next_segment(pattern);
        const auto given = next_segment(path);
        if (wanted.starts_with('{')) {
            if (given.empty()) return false;
            param = given;
        } else if (wanted != given) {
            return false;
        }
    }
    return true;
}

}  // namespace

std::span<const Route> all_routes() {
    return table;
}

RouteMatch find_route(Method method, std::string_view path) {
    RouteMatch match;
    for (const auto& route : table) {
        std::string_view param;
        if (!matches(route.pattern, path, param)) continue;
        if (route.method == method) return {&route, param, {}};
        if (!match.allowed_methods.empty()) match.allowed_methods += ", ";
        match.allowed_methods += route.method == Method::get ? "GET, HEAD" : "POST";
    }
    return match;
}

}  // namespace api
