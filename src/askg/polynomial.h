// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <vector>

#include "base/error.h"
#include "base/random.h"
#include "crypto/field25519.h"
#include "crypto/secret.h"

namespace askg {

using crypto::FieldElement;

/// t: the degree in each variable, and how many shares of one polynomial may be known before the
/// next one gives everything away. Source: docs/protocol.md 2.1.
inline constexpr std::size_t collusion_bound = 31;
inline constexpr std::size_t share_coefficients = collusion_bound + 1;
inline constexpr std::size_t share_bytes = share_coefficients * FieldElement::size_bytes;

/// chi(x_X, .): what a party gets of its patient's polynomial. 1,024 bytes, wiped when it goes.
class Share {
public:
    Share() = default;
    explicit Share(std::array<FieldElement, share_coefficients> coefficients)
        : coefficients_(std::move(coefficients)) {}
    /// The coefficients, the constant one first. Errors: `malformed` unless they are
    /// `share_bytes` bytes of elements in their one encoding.
    [[nodiscard]] static base::Result<Share> decode(base::ByteView bytes);

    /// phi = chi(x_X, y), by Horner's rule.
    [[nodiscard]] FieldElement at(const FieldElement& y) const {
        return FieldElement::evaluate(coefficients_, y);
    }
    [[nodiscard]] const std::array<FieldElement, share_coefficients>& coefficients() const {
        return coefficients_;
    }
    friend bool operator==(const Share&, const Share&) = default;

private:
    std::array<FieldElement, share_coefficients> coefficients_;
};

/// chi(x, y) = sum of a_mn x^m y^n with a_mn = a_nm, m and n from 0 to t: one a patient and
/// generation. Source: Blundo et al., "Perfectly-secure key distribution for dynamic conferences";
/// docs/protocol.md 2.1.
class SymmetricPolynomial {
public:
    /// a_mn for m <= n.
    static constexpr std::size_t coefficient_count =
        share_coefficients * (share_coefficients + 1) / 2;

    /// Every coefficient uniform in GF(2^255 - 19).
    [[nodiscard]] static SymmetricPolynomial draw(base::Random& random);
    /// In the order (0,0), (0,1), .. (0,t), (1,1), ..; CHECKs that they are `coefficient_count`.
    [[nodiscard]] static SymmetricPolynomial from(std::vector<FieldElement> upper_triangle);

    [[nodiscard]] Share share_of(const FieldElement& x) const;
    [[nodiscard]] const FieldElement& coefficient(std::size_t m, std::size_t n) const;
    [[nodiscard]] const std::vector<FieldElement>& upper_triangle() const {
        return upper_triangle_;
    }

private:
    std::vector<FieldElement> upper_triangle_;
};

}  // namespace askg
