// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "attack/attack.h"

namespace attack {

// The rows of docs/security.md, one file each where they are long.

[[nodiscard]] Verdict replay(base::Random& random);
[[nodiscard]] Verdict man_in_the_middle(base::Random& random);
[[nodiscard]] Verdict impersonation(base::Random& random);
[[nodiscard]] Verdict ephemeral_leak(base::Random& random);
[[nodiscard]] Verdict insider(base::Random& random);
[[nodiscard]] Verdict device_capture(base::Random& random);
[[nodiscard]] Verdict stolen_verifier(base::Random& random);
[[nodiscard]] Verdict offline_guessing(base::Random& random);
[[nodiscard]] Verdict desynchronisation(base::Random& random);
[[nodiscard]] Verdict flooding(base::Random& random);
[[nodiscard]] Verdict traceability(base::Random& random);
[[nodiscard]] Verdict key_compromise(base::Random& random);

}  // namespace attack
