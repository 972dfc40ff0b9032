// SPDX-License-Identifier: Apache-2.0
#include "askg/polynomial.h"

#include <utility>

#include "base/check.h"

namespace askg {

base::Result<Share> Share::decode(base::ByteView bytes) {
    if (bytes.size() != share_bytes) {
        return base::fail(base::ErrorCode::malformed, "a share has 1,024 bytes");
    }
    std::array<FieldElement, share_coefficients> coefficients;
    for (std::size_t n = 0; n < coefficients.size(); ++n) {
        auto element = FieldElement::decode(
            bytes.subspan(n * FieldElement::size_bytes, FieldElement::size_bytes));
        if (!element) return base::pass(element);
        coefficients[n] = *element;
    }
    return Share(coefficients);
}

SymmetricPolynomial SymmetricPolynomial::draw(base::Random& random) {
    std::vector<FieldElement> coefficients(coefficient_count);
    for (auto& coefficient : coefficients) coefficient = FieldElement::draw(random);
    return from(std::move(coefficients));
}

SymmetricPolynomial SymmetricPolynomial::from(std::vector<FieldElement> upper_triangle) {
    CHECK(upper_triangle.size() == coefficient_count);
    SymmetricPolynomial out;
    out.upper_triangle_ = std::move(upper_triangle);
    return out;
}

const FieldElement& SymmetricPolynomial::coefficient(std::size_t m, std::size_t n) const {
    CHECK(m < share_coefficients && n < share_coefficients);
    if (m > n) std::swap(m, n);
    // Row m begins after the rows above it, of t + 1, t, .. elements.
    const std::size_t row_begins = m * share_coefficients - m * (m - 1) / 2;
    return upper_triangle_[row_begins + (n - m)];
}

// Source: docs/protocol.md 2.1. The coefficient of y^n in chi(x, y) is sum over m of a_mn x^m.
Share SymmetricPolynomial::share_of(const FieldElement& x) const {
    std::array<FieldElement, share_coefficients> out;
    std::vector<FieldElement> column(share_coefficients);
    for (std::size_t n = 0; n < share_coefficients; ++n) {
        for (std::size_t m = 0; m < share_coefficients; ++m) column[m] = coefficient(m, n);
        out[n] = FieldElement::evaluate(column, x);
    }
    return Share(std::move(out));
}

}  // namespace askg
