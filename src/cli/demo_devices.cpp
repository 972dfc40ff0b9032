// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_devices.h"

#include <fmt/format.h>

#include "askg/secret_bytes.h"
#include "device/fleet_config.h"
#include "device/recording.h"
#include "device/sensors.h"
#include "gateway/broker_config.h"

namespace cli {
namespace {

using base::Result;

/// "bidmc_32" -> "32": what people call a recording by.
std::string short_name(const std::string& name) {
    const auto digits = name.find_last_of('_');
    const auto tail = digits == std::string::npos ? name : name.substr(digits + 1);
    const bool number = !tail.empty() && tail.find_first_not_of("0123456789") == std::string::npos;
    return number ? tail : name;
}

/// A login may hold a to z, 0 to 9, '.' and '-', and 40 characters.
std::string login_of(const std::string& name) {
    std::string out = "patient.";
    for (const char letter : name) {
        const bool lower = letter >= 'a' && letter <= 'z';
        const bool digit = letter >= '0' && letter <= '9';
        const bool upper = letter >= 'A' && letter <= 'Z';
        if (upper)
            out.push_back(static_cast<char>(letter - 'A' + 'a'));
        else
            out.push_back(lower || digit ? letter : '-');
    }
    return out.substr(0, 40);
}

}  // namespace

Result<std::vector<DemoPatient>> demo_patients(const DemoSetup& setup) {
    std::vector<DemoPatient> out;
    if (setup.replay.empty()) {
        for (std::size_t i = 0; i < setup.patients; ++i)
            out.push_back({demo_patient(i), {}, device::simulated_devices()});
        return out;
    }
    const auto files = device::Recording::find(setup.replay);
    if (!files) return base::pass(files);
    for (const auto& file : *files) {
        const auto recording = device::Recording::read(file);
        if (!recording) return base::pass(recording);
        const auto name = short_name(recording->name());
        out.push_back({.person = {.login = login_of(name),
                                  .name = "Recording " + name,
                                  .role = wire::Role::patient,
                                  .age_years = recording->age_years(),
                                  .sex = recording->sex()},
                       .recording = file,
                       .devices = {}});
        for (const auto& part : recording->parts()) out.back().devices.push_back(part.plan);
    }
    return out;
}

Result<void> enrol_devices(const std::vector<DemoPatient>& patients,
                           const std::vector<wire::LedgerId>& ids, std::uint64_t seed,
                           const Enrolment::Parts& parts, Enrolment& enrolment) {
    device::FleetConfig fleet;
    fleet.seed = seed;
    base::Bytes secret = parts.keys.derived_key("broker");
    const askg::WipeAtEnd wipe(secret);
    for (std::size_t i = 0; i < patients.size(); ++i) {
        const auto pda = enrolment.enrol_pda(ids[i], "Hub of " + patients[i].person.name);
        if (!pda) return base::pass(pda);
        for (const auto& plan : patients[i].devices) {
            const auto record = enrolment.enrol_device(
                {ids[i], plan.label, plan.vitals, plan.interval_ms}, identity::SealedTo::pda, {});
            if (!record) return base::pass(record);
            const auto id = base::to_hex(record->id.view());
            fleet.devices.push_back(
                {.id = record->id,
                 .credentials =
                     Enrolment::credentials_of_device(parts.folder, record->id).filename(),
                 .password = gateway::broker_password(secret, id),
                 .patient = static_cast<std::uint32_t>(i),
                 .recording = patients[i].recording.empty()
                                  ? std::filesystem::path()
                                  : std::filesystem::absolute(patients[i].recording),
                 .source = plan.source});
        }
    }
    return device::write_fleet_config(parts.folder.fleet() / "fleet.json", fleet);
}

}  // namespace cli
