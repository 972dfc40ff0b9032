// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "wire/ids.h"

namespace cli {

/// One person of the demo. Nobody here exists; recorded patients are named by their recording.
struct CastMember {
    std::string login;
    std::string name;
    wire::Role role{};
    std::optional<int> age_years;
    std::string sex;
};

/// The staff: an administrator first, two doctors, two nurses, an auditor.
[[nodiscard]] std::vector<CastMember> demo_staff();
/// The simulated patient at `index`; names repeat with a number after the first twelve.
[[nodiscard]] CastMember demo_patient(std::size_t index);

}  // namespace cli
