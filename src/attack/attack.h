// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/random.h"

namespace attack {

/// What came of one attack on ours.
struct Verdict {
    bool resisted = false;
    std::string detail;  ///< One plain sentence: what was tried how often, or what gave way.
};

/// One row of docs/security.md. Its name is what files and pages call it.
struct Attack {
    std::string_view name;
    bool paper;              ///< One of the six that [0] of docs/references.md names.
    std::string_view title;  ///< For people.
    /// Builds who is attacked, gives the attacker what the row says and lets it try. Everything
    /// drawn comes from `random`, so that a seed repeats it.
    Verdict (*run)(base::Random& random);
};

/// All twelve, in the order of the table.
[[nodiscard]] std::span<const Attack> all_attacks();
/// Null for a name that none has.
[[nodiscard]] const Attack* find_attack(std::string_view name);

}  // namespace attack
