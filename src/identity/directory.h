// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
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
struct DeviceRecord {
    wire::DeviceId id;
    std::string label;  ///< "Bedside monitor", ...
    wire::LedgerId patient;
    std::vector<wire::Vital> vitals;
    base::Bytes frame_key;             ///< 32 bytes, AES-256, device to gateway.
    base::Bytes ack_key;               ///< 32 bytes, gateway to device.
    std::uint32_t interval_ms = 1000;  ///< Expected between readings.
    bool suspended = false;
};

/// People and devices. Thread-safe; changes are on disk when the call returns.
class Directory {
public:
    /// Borrows `store`.
    [[nodiscard]] static base::Result<std::unique_ptr<Directory>> open(
        storage::KeyValueStore& store);
    ~Directory();

    /// Errors: `conflict` if the id or the login is taken, `malformed`.
    [[nodiscard]] base::Result<void> add(const Person& person);
    [[nodiscard]] base::Result<void> add(const DeviceRecord& device);
    [[nodiscard]] std::optional<Person> person(const wire::LedgerId& id) const;
    [[nodiscard]] std::optional<Person> person_by_login(std::string_view login) const;
    [[nodiscard]] std::vector<Person> people() const;
    [[nodiscard]] std::vector<Person> people(wire::Role role) const;
    [[nodiscard]] std::optional<DeviceRecord> device(const wire::DeviceId& id) const;
    [[nodiscard]] std::vector<DeviceRecord> devices() const;
    [[nodiscard]] std::vector<DeviceRecord> devices_of(const wire::LedgerId& patient) const;
    /// Errors: `not_found`.
    [[nodiscard]] base::Result<void> set_suspended(const wire::DeviceId& id, bool suspended);

private:
    struct State;
    explicit Directory(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace identity
