// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/random.h"

namespace printed {

/// The same attack against the protocol as printed.
struct Control {
    bool succeeded = false;
    std::string detail;  ///< One plain sentence: what the attacker did with what.
};

/// Runs the control of the attack of this name (src/attack/attack.h). Nothing for a name without
/// one. Each attacker is given what the row says and computes the rest itself.
[[nodiscard]] std::optional<Control> run_control(std::string_view attack, base::Random& random);

}  // namespace printed
