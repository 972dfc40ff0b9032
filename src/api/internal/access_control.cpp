// SPDX-License-Identifier: Apache-2.0
#include "api/internal/access_control.h"

#include <algorithm>

namespace api {
namespace {

using base::ErrorCode;
constexpr std::chrono::milliseconds remembered_for{1'000};
/// More pairs than a clinic has open streams times patients; then all are asked anew.
constexpr std::size_t remembered_max = 100'000;

std::unexpected<base::Error> no_such_patient() {
    return base::fail(ErrorCode::not_found, "there is no such patient, or none you may know of");
}

}  // namespace

std::string text_of(const Basis& basis) {
    if (!basis.consent) return "self";
    return "consent " + base::to_hex(basis.consent->consent.view());
}

bool AccessControl::knows_of(const identity::Person& asker, const identity::Person& patient) const {
    if (patient.responsible_doctor == asker.id) return true;
    const auto consents = parts_.read_model.consents_of(patient.id);
    return consents && std::ranges::any_of(*consents, [&](const readmodel::ConsentRow& row) {
               return row.grantee == asker.id;
           });
}

base::Result<Basis> AccessControl::basis(const identity::Person& asker,
                                         const wire::LedgerId& patient) const {
    const auto found = parts_.directory.person(patient);
    if (!found || found->role != wire::Role::patient) return no_such_patient();
    if (asker.id == patient) return Basis{};
    if (asker.role == wire::Role::patient) return no_such_patient();
    auto standing = chain::standing_consent(parts_.blocks, {.patient = patient,
                                                            .readers = {asker.id},
                                                            .category = wire::Category::vital_signs,
                                                            .purpose = wire::Purpose::treatment,
                                                            .at = parts_.clock.now()});
    if (standing) return Basis{*standing};
    if (standing.error().code != ErrorCode::consent_missing) return base::pass(standing);
    if (!knows_of(asker, *found)) return no_such_patient();
    return base::fail(ErrorCode::consent_missing,
                      "no consent of this patient for you stands now; ask the patient to grant it");
}

bool AccessControl::may_see(const identity::Person& asker, const wire::LedgerId& patient) {
    const auto key = std::pair{asker.id, patient};
    const auto now = parts_.clock.now();
    std::uint64_t seen = 0;
    {
        const std::scoped_lock lock(mutex_);
        const auto found = remembered_.find(key);
        if (found != remembered_.end() && now - found->second.asked_at < remembered_for &&
            now >= found->second.asked_at) {
            return found->second.allowed;
        }
        seen = blocks_seen_;
    }
    const auto answer = basis(asker, patient);
    const std::scoped_lock lock(mutex_);
    // An answer from before the newest block is used once, and not remembered.
    if (seen == blocks_seen_) {
        if (remembered_.size() >= remembered_max) remembered_.clear();
        remembered_.insert_or_assign(key, Remembered{answer.has_value(), now});
    }
    return answer.has_value();
}

void AccessControl::forget() {
    const std::scoped_lock lock(mutex_);
    ++blocks_seen_;
    remembered_.clear();
}

readmodel::Access AccessControl::entry(const Look& look, bool allowed,
                                       std::string basis_text) const {
    return {.time = parts_.clock.now(),
            .actor = look.asker.id,
            .role = look.asker.role,
            .patient = look.patient,
            .action = std::string(look.action),
            .what = look.what,
            .basis = std::move(basis_text),
            .allowed = allowed};
}

base::Result<void> AccessControl::record(const Look& look, bool allowed,
                                         std::string basis_text) const {
    return parts_.access_log.append({entry(look, allowed, std::move(basis_text))});
}

base::Result<Basis> AccessControl::admit(const Look& look) const {
    auto granted = basis(look.asker, look.patient);
    // Of somebody who is no patient there is no record, and nobody whose log it could stand on.
    const auto patient = parts_.directory.person(look.patient);
    if (!patient || patient->role != wire::Role::patient) return granted;
    const auto text =
        granted ? text_of(*granted) : std::string(base::name_of(granted.error().code));
    if (const auto written = record(look, granted.has_value(), text); !written) {
        return base::pass(written);
    }
    return granted;
}

}  // namespace api
