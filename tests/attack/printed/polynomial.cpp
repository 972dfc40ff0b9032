// SPDX-License-Identifier: Apache-2.0
#include "printed/polynomial.h"

namespace printed {

using crypto::FieldElement;

Polynomial::Polynomial(std::size_t degree, base::Random& random)
    : coefficients_(degree + 1, Share(degree + 1)) {
    for (std::size_t m = 0; m <= degree; ++m) {
        for (std::size_t n = m; n <= degree; ++n) {
            coefficients_[m][n] = coefficients_[n][m] = FieldElement::draw(random);
        }
    }
}

Share Polynomial::share(const FieldElement& x) const {
    Share out;
    for (const auto& column : coefficients_) out.push_back(FieldElement::evaluate(column, x));
    return out;
}

}  // namespace printed
