// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "base/random.h"
#include "crypto/field25519.h"

namespace printed {

/// The coefficients of chi(x, .), the constant one first.
using Share = std::vector<crypto::FieldElement>;

/// The paper's symmetric bivariate polynomial chi(x, y) of degree t in both: one for everybody.
class Polynomial {
public:
    Polynomial(std::size_t degree, base::Random& random);
    [[nodiscard]] Share share(const crypto::FieldElement& x) const;

private:
    std::vector<Share> coefficients_;  // a_mn = a_nm
};

}  // namespace printed
