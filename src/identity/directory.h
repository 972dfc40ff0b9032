// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"
#include "wire/vital.h"

namespace identity {

/// The link between a person and a LedgerId: off chain, here alone, gone after erasure.
struct Person {
    wire::LedgerId id;
    wire::Role role{};
    std::string name;           ///< For people, UTF-8, 1 to 80 characters.
    std::string login;          ///< 1 to 40 of [a-z0-9.-]; unique; empty: cannot log in.
    base::Bytes password_hash;  ///< crypto::hash_password; empty: cannot log in.
    // Patients only.
    std::string bed;
    std::optional<int> age_years;  ///< Nothing: unknown; then adult limits do not apply.
    std::string sex;               ///< FHIR administrative gender, or empty.
    wire::LedgerId responsible_doctor;
};
/// Revoked (its keys are not to be trusted any more) and retired (taken out of use) are final.
enum class DeviceState : std::uint8_t { active = 1, suspended = 2, revoked = 3, retired = 4 };
/// Who opens what a device seals: the patient's PDA, or the cloud server, for which the PDA then is
/// a mere relay.
enum class SealedTo : std::uint8_t { pda = 1, cloud = 2 };
[[nodiscard]] constexpr bool is_final(DeviceState state) {
    return state == DeviceState::revoked || state == DeviceState::retired;
}
/// The enumerator's own name.
[[nodiscard]] std::string_view name_of(DeviceState state);
[[nodiscard]] std::string_view name_of(SealedTo sealed_to);
[[nodiscard]] std::optional<DeviceState> device_state_from_name(std::string_view name);
[[nodiscard]] std::optional<SealedTo> sealed_to_from_name(std::string_view name);

/// What is known of a device. Its keys are agreed anew in each session and stand nowhere here.
struct DeviceRecord {
    wire::DeviceId id;
    std::string label;  ///< "Bedside monitor", ...
    wire::LedgerId patient;
    std::vector<wire::Vital> vitals;
    wire::DeviceId pda;  ///< The one that serves it: no other may relay its readings.
    SealedTo sealed_to = SealedTo::pda;
    std::uint32_t interval_ms = 1000;  ///< Expected between readings.
    DeviceState state = DeviceState::active;
    wire::LedgerId
        changed_by;  ///< Who set the state last; zeros: nobody, or an operator's command.
    [[nodiscard]] bool serving() const { return state == DeviceState::active; }
    [[nodiscard]] bool ended() const { return is_final(state); }
};
/// A patient's phone or hub, which relays the readings of that patient's devices.
struct PdaRecord {
    wire::DeviceId id;
    std::string label;
    wire::LedgerId patient;
    DeviceState state = DeviceState::active;
    wire::LedgerId
        changed_by;  ///< Who set the state last; zeros: nobody, or an operator's command.
    [[nodiscard]] bool serving() const { return state == DeviceState::active; }
    [[nodiscard]] bool ended() const { return is_final(state); }
};

/// People, devices and PDAs. Thread-safe; changes are on disk when the call returns.
class Directory {
public:
    /// Borrows `store`.
    [[nodiscard]] static base::Result<std::unique_ptr<Directory>> open(
        storage::KeyValueStore& store);
    ~Directory();

    /// Errors: `conflict` if the id or the login is taken, `malformed`.
    [[nodiscard]] base::Result<void> add(const Person& person);
    /// Devices and PDAs share their ids. Errors also: `not_found` unless the device's PDA is known
    /// and serves the same patient.
    [[nodiscard]] base::Result<void> add(const DeviceRecord& device);
    [[nodiscard]] base::Result<void> add(const PdaRecord& pda);
    [[nodiscard]] std::optional<Person> person(const wire::LedgerId& id) const;
    [[nodiscard]] std::optional<Person> person_by_login(std::string_view login) const;
    [[nodiscard]] std::vector<Person> people() const;
    [[nodiscard]] std::vector<Person> people(wire::Role role) const;
    [[nodiscard]] std::optional<DeviceRecord> device(const wire::DeviceId& id) const;
    [[nodiscard]] std::vector<DeviceRecord> devices() const;
    [[nodiscard]] std::vector<DeviceRecord> devices_of(const wire::LedgerId& patient) const;
    [[nodiscard]] std::optional<PdaRecord> pda(const wire::DeviceId& id) const;
    [[nodiscard]] std::vector<PdaRecord> pdas() const;
    /// Of a device or a PDA. Errors: `not_found`; `conflict` where the state it has is final.
    [[nodiscard]] base::Result<void> set_state(const wire::DeviceId& id, DeviceState state,
                                               const wire::LedgerId& by = {});
    /// Rises with each change of a device or a PDA: who keeps a copy asks this first.
    [[nodiscard]] std::uint64_t version() const;

private:
    struct State;
    explicit Directory(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace identity
