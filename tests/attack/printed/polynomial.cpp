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

Share interpolate(const std::vector<CapturedShare>& points, const FieldElement& x) {
    Share out(points.front().share.size());
    for (const auto& point : points) {
        auto numerator = FieldElement::of(1);
        auto denominator = FieldElement::of(1);
        for (const auto& other : points) {
            if (other.x == point.x) continue;
            numerator = numerator * (x - other.x);
            denominator = denominator * (point.x - other.x);
        }
        const auto weight = numerator * denominator.inverse();
        for (std::size_t i = 0; i < out.size(); ++i) out[i] = out[i] + weight * point.share[i];
    }
    return out;
}

}  // namespace printed
