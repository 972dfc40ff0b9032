// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "askg/polynomial.h"

namespace askg {

// What those who captured shares of one polynomial know together: nothing about another pair up to
// `collusion_bound` shares, everything with one more. For tests and for `salus attack`; nothing
// else needs it.

struct CapturedShare {
    FieldElement x;
    Share share;
};

/// The polynomial itself, by interpolation. Nothing if there are fewer than `share_coefficients`
/// shares of different points.
[[nodiscard]] std::optional<SymmetricPolynomial> recover(std::span<const CapturedShare> captured);

/// Another symmetric polynomial of the same degree that agrees with `actual` in every share at the
/// `captured` points, `collusion_bound` at most, and in which the pair (x, y) has the key `phi`.
/// That there is one for every phi says that those shares tell nothing about that pair. Nothing if
/// x or y is among the captured points, or there are too many of them.
struct Pair {
    FieldElement x;
    FieldElement y;
};
[[nodiscard]] std::optional<SymmetricPolynomial> consistent_alternative(
    const SymmetricPolynomial& actual, std::span<const FieldElement> captured, const Pair& pair,
    const FieldElement& phi);

}  // namespace askg
