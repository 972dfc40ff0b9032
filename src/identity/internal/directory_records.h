// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "identity/directory.h"

namespace identity {

/// How the directory writes one record, and what it accepts.
[[nodiscard]] std::string to_json(const Person& person);
[[nodiscard]] std::string to_json(const DeviceRecord& device);
[[nodiscard]] std::string to_json(const PdaRecord& pda);
/// Errors: `corrupted`, since nobody but the directory writes these.
[[nodiscard]] base::Result<Person> person_from_json(std::string_view text);
[[nodiscard]] base::Result<DeviceRecord> device_from_json(std::string_view text);
[[nodiscard]] base::Result<PdaRecord> pda_from_json(std::string_view text);

/// Errors: `malformed`, naming the member that is wrong.
[[nodiscard]] base::Result<void> check_form(const Person& person);
[[nodiscard]] base::Result<void> check_form(const DeviceRecord& device);
[[nodiscard]] base::Result<void> check_form(const PdaRecord& pda);

}  // namespace identity
