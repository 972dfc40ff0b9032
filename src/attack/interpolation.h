// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "crypto/field25519.h"

namespace attack {

/// A captured party: where it stands, and the coefficients of chi(x, .), the constant one first.
struct Captured {
    crypto::FieldElement x;
    std::vector<crypto::FieldElement> share;
};

/// The share of whoever stands at `x`, by Lagrange's rule over the captured ones: the true one if
/// they are more than the polynomial's degree. CHECKs that there is one, and that no two stand at
/// one place.
[[nodiscard]] std::vector<crypto::FieldElement> interpolate(const std::vector<Captured>& captured,
                                                            const crypto::FieldElement& x);

}  // namespace attack
