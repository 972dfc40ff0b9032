// SPDX-License-Identifier: Apache-2.0
#include "askg/collusion.h"

namespace askg {
namespace {

/// Coefficients, the constant one first.
using Coefficients = std::vector<FieldElement>;

/// The product of (x - point) over all points; times x^k up to `degree` where there are fewer.
Coefficients vanishing_at(std::span<const FieldElement> points, std::size_t degree) {
    Coefficients out{FieldElement::of(1)};
    for (const auto& point : points) {
        Coefficients next(out.size() + 1);
        for (std::size_t i = 0; i < out.size(); ++i) {
            next[i + 1] = next[i + 1] + out[i];
            next[i] = next[i] - out[i] * point;
        }
        out = std::move(next);
    }
    out.insert(out.begin(), degree + 1 - out.size(), FieldElement{});
    return out;
}

/// Synthetic division by (x - root), which divides `dividend`.
Coefficients without_root(const Coefficients& dividend, const FieldElement& root) {
    Coefficients out(dividend.size() - 1);
    FieldElement carry;
    for (std::size_t i = out.size(); i > 0; --i) {
        carry = dividend[i] + carry * root;
        out[i - 1] = carry;
    }
    return out;
}

bool distinct(std::span<const FieldElement> points) {
    for (std::size_t i = 0; i < points.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            if (points[i] == points[k]) return false;
        }
    }
    return true;
}

}  // namespace

// The coefficient of y^n in chi(x, y) is a polynomial in x of degree t, of which each share gives
// one value: Lagrange's interpolation finds a_0n .. a_tn.
std::optional<SymmetricPolynomial> recover(std::span<const CapturedShare> captured) {
    if (captured.size() < share_coefficients) return std::nullopt;
    captured = captured.first(share_coefficients);
    std::vector<FieldElement> points;
    for (const auto& one : captured) points.push_back(one.x);
    if (!distinct(points)) return std::nullopt;
    const auto all = vanishing_at(points, points.size());
    std::vector<Coefficients> basis;  // of each point: 1 there, 0 at the others
    for (const auto& point : points) {
        auto others = without_root(all, point);
        const auto scale = FieldElement::evaluate(others, point).inverse();
        for (auto& coefficient : others) coefficient = coefficient * scale;
        basis.push_back(std::move(others));
    }
    std::vector<FieldElement> upper_triangle;
    for (std::size_t m = 0; m < share_coefficients; ++m) {
        for (std::size_t n = m; n < share_coefficients; ++n) {
            FieldElement sum;
            for (std::size_t i = 0; i < captured.size(); ++i) {
                sum = sum + basis[i][m] * captured[i].share.coefficients()[n];
            }
            upper_triangle.push_back(sum);
        }
    }
    return SymmetricPolynomial::from(std::move(upper_triangle));
}

// chi'(x, y) = chi(x, y) + c Z(x) Z(y), where Z is 0 at every captured point: symmetric, and the
// share of each captured point is what it was. c is free, so any key of the pair can be reached.
std::optional<SymmetricPolynomial> consistent_alternative(const SymmetricPolynomial& actual,
                                                          std::span<const FieldElement> captured,
                                                          const Pair& pair,
                                                          const FieldElement& phi) {
    if (captured.size() > collusion_bound) return std::nullopt;
    const auto z = vanishing_at(captured, collusion_bound);
    const auto at_pair = FieldElement::evaluate(z, pair.x) * FieldElement::evaluate(z, pair.y);
    if (at_pair.is_zero()) return std::nullopt;
    const auto c = (phi - actual.share_of(pair.x).at(pair.y)) * at_pair.inverse();
    std::vector<FieldElement> upper_triangle;
    for (std::size_t m = 0; m < share_coefficients; ++m) {
        for (std::size_t n = m; n < share_coefficients; ++n) {
            upper_triangle.push_back(actual.coefficient(m, n) + c * z[m] * z[n]);
        }
    }
    return SymmetricPolynomial::from(std::move(upper_triangle));
}

}  // namespace askg
