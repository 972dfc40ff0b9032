// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <span>

#include "base/bytes.h"
#include "base/error.h"
#include "base/random.h"
#include "crypto/hash.h"

namespace crypto {

/// An element of GF(p), p = 2^255 - 19. Wiped when it goes. Every operation takes the same steps
/// whatever the values are: OpenSSL's Montgomery products of BIGNUMs marked as secret. What its
/// BIGNUMs do show is whether a value's highest 64-bit word is zero (one value in 2^63).
class FieldElement {
public:
    static constexpr std::size_t size_bytes = 32;

    /// Zero.
    FieldElement() = default;
    FieldElement(const FieldElement&) = default;
    FieldElement& operator=(const FieldElement&) = default;
    ~FieldElement();

    /// Errors: `malformed` unless `little_endian` are 32 bytes of a number below p: one encoding
    /// for each element.
    [[nodiscard]] static base::Result<FieldElement> decode(base::ByteView little_endian);
    /// The number that `digest` is, little-endian, modulo p: 2^-256 away from uniform.
    [[nodiscard]] static FieldElement reduce(const Digest64& digest);
    /// Uniform in GF(p): draws 255 bits until they are below p.
    [[nodiscard]] static FieldElement draw(base::Random& random);
    [[nodiscard]] static FieldElement of(std::uint64_t small);

    /// 32 bytes, little-endian.
    [[nodiscard]] base::ByteView bytes() const { return bytes_; }
    [[nodiscard]] bool is_zero() const;
    /// Constant time.
    friend bool operator==(const FieldElement& a, const FieldElement& b);

    friend FieldElement operator+(const FieldElement& a, const FieldElement& b);
    friend FieldElement operator-(const FieldElement& a, const FieldElement& b);
    friend FieldElement operator*(const FieldElement& a, const FieldElement& b);
    /// a^(p-2): 1/a, and zero of zero.
    [[nodiscard]] FieldElement inverse() const;

    /// The polynomial with these coefficients, the constant one first, at `x`; by Horner's rule.
    /// CHECKs that there is a coefficient.
    [[nodiscard]] static FieldElement evaluate(std::span<const FieldElement> coefficients,
                                               const FieldElement& x);

private:
    std::array<std::uint8_t, size_bytes> bytes_{};
};

}  // namespace crypto
