// SPDX-License-Identifier: Apache-2.0
#include "crypto/field25519.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/testing.h"
#include "crypto/internal/openssl.h"

namespace crypto {
namespace {

using Number = std::unique_ptr<BIGNUM, internal::Free<BN_free>>;
using Scratch = std::unique_ptr<BN_CTX, internal::Free<BN_CTX_free>>;

/// The same arithmetic without Montgomery and without constant time: OpenSSL's plain BN_mod_*.
class PlainArithmetic {
public:
    PlainArithmetic() {
        BN_set_bit(p_.get(), 255);
        BN_sub_word(p_.get(), 19);
    }
    [[nodiscard]] Number number(base::ByteView bytes) const {
        Number out(BN_new());
        BN_lebin2bn(bytes.data(), static_cast<int>(bytes.size()), out.get());
        return out;
    }
    [[nodiscard]] base::Bytes bytes(const Number& number) const {
        base::Bytes out(FieldElement::size_bytes);
        BN_bn2lebinpad(number.get(), out.data(), static_cast<int>(out.size()));
        return out;
    }
    using Operation = int (*)(BIGNUM*, const BIGNUM*, const BIGNUM*, const BIGNUM*, BN_CTX*);
    [[nodiscard]] base::Bytes apply(Operation operation, const FieldElement& a,
                                    const FieldElement& b) const {
        const Number out(BN_new());
        operation(out.get(), number(a.bytes()).get(), number(b.bytes()).get(), p_.get(),
                  scratch_.get());
        return bytes(out);
    }
    [[nodiscard]] base::Bytes remainder(base::ByteView wide) const {
        const Number out(BN_new());
        BN_nnmod(out.get(), number(wide).get(), p_.get(), scratch_.get());
        return bytes(out);
    }
    [[nodiscard]] base::Bytes inverse(const FieldElement& a) const {
        const Number out(BN_new());
        BN_mod_inverse(out.get(), number(a.bytes()).get(), p_.get(), scratch_.get());
        return bytes(out);
    }

private:
    Number p_{BN_new()};
    Scratch scratch_{BN_CTX_new()};
};

base::Bytes bytes_of(const FieldElement& element) {
    return {element.bytes().begin(), element.bytes().end()};
}

/// p - `distance`, as 32 bytes.
base::Bytes below_prime_by(unsigned distance) {
    base::Bytes bytes(FieldElement::size_bytes, 0xff);
    bytes.front() = static_cast<std::uint8_t>(0xed - distance);
    bytes.back() = 0x7f;
    return bytes;
}

/// The edges of the field and of its limbs, and drawn elements.
std::vector<FieldElement> samples(std::size_t drawn) {
    std::vector<FieldElement> out{FieldElement{}, FieldElement::of(1), FieldElement::of(2),
                                  FieldElement::of(19), FieldElement::of(~0ULL)};
    for (const unsigned distance : {1U, 2U, 18U, 19U, 20U}) {
        out.push_back(*FieldElement::decode(below_prime_by(distance)));
    }
    for (const std::size_t bit : {63U, 64U, 127U, 128U, 191U, 192U, 254U}) {
        base::Bytes bytes(FieldElement::size_bytes);
        bytes[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
        out.push_back(*FieldElement::decode(bytes));
    }
    base::SeededRandom random(25519);
    for (std::size_t i = 0; i < drawn; ++i) out.push_back(FieldElement::draw(random));
    return out;
}

// Goal: the constant-time field is the field. Method: every pair of edges and drawn elements
// against plain big-number arithmetic.
TEST(Field25519Test, AgreesWithPlainBigNumberArithmetic) {
    const PlainArithmetic plain;
    const auto elements = samples(base::testing::rounds<std::size_t>(60));
    for (const auto& a : elements) {
        for (const auto& b : elements) {
            ASSERT_EQ(bytes_of(a + b), plain.apply(BN_mod_add, a, b));
            ASSERT_EQ(bytes_of(a - b), plain.apply(BN_mod_sub, a, b));
            ASSERT_EQ(bytes_of(a * b), plain.apply(BN_mod_mul, a, b));
        }
    }
}

TEST(Field25519Test, InverseTimesTheElementIsOneAndZeroHasNone) {
    const PlainArithmetic plain;
    for (const auto& a : samples(20)) {
        if (a.is_zero()) {
            EXPECT_TRUE(a.inverse().is_zero());
            continue;
        }
        EXPECT_EQ(bytes_of(a.inverse()), plain.inverse(a));
        EXPECT_TRUE(a * a.inverse() == FieldElement::of(1));
    }
}

TEST(Field25519Test, ADigestIsReducedAsOneLittleEndianNumber) {
    const PlainArithmetic plain;
    base::SeededRandom random(7);
    Digest64 digest;
    for (int round = 0; round < 200; ++round) {
        random.fill(digest);
        EXPECT_EQ(bytes_of(FieldElement::reduce(digest)), plain.remainder(digest));
    }
    digest.fill(0xff);
    EXPECT_EQ(bytes_of(FieldElement::reduce(digest)), plain.remainder(digest));
}

// Goal: Horner's rule. Method: the sum of c_i x^i, each power multiplied out.
TEST(Field25519Test, EvaluatesAPolynomial) {
    base::SeededRandom random(31);
    for (std::size_t degree = 0; degree < 34; ++degree) {
        std::vector<FieldElement> coefficients(degree + 1);
        for (auto& coefficient : coefficients) coefficient = FieldElement::draw(random);
        const auto x = FieldElement::draw(random);
        FieldElement sum;
        FieldElement power = FieldElement::of(1);
        for (const auto& coefficient : coefficients) {
            sum = sum + coefficient * power;
            power = power * x;
        }
        EXPECT_TRUE(FieldElement::evaluate(coefficients, x) == sum);
        EXPECT_TRUE(FieldElement::evaluate(coefficients, FieldElement{}) == coefficients.front());
    }
}

TEST(Field25519Test, RefusesEveryOtherEncodingOfAnElement) {
    EXPECT_TRUE(FieldElement::decode(below_prime_by(1)));
    for (unsigned above = 0; above <= 18; ++above) {
        auto bytes = below_prime_by(0);
        bytes.front() = static_cast<std::uint8_t>(bytes.front() + above);
        EXPECT_FALSE(FieldElement::decode(bytes)) << "p + " << above;
    }
    auto high = below_prime_by(1);
    high.back() |= 0x80U;
    EXPECT_FALSE(FieldElement::decode(high));
    EXPECT_FALSE(FieldElement::decode(base::Bytes(31)));
    EXPECT_FALSE(FieldElement::decode(base::Bytes(33)));
    EXPECT_FALSE(FieldElement::decode({}));
}

/// Says p first, which is no element, and 5 then.
class FirstTooLarge final : public base::Random {
public:
    void fill(std::span<std::uint8_t> out) override {
        const auto bytes = calls_++ == 0 ? below_prime_by(0) : bytes_of(FieldElement::of(5));
        std::ranges::copy(bytes, out.begin());
    }
    int calls_ = 0;
};

TEST(Field25519Test, DrawsAgainWhatIsNotBelowThePrime) {
    FirstTooLarge random;
    EXPECT_TRUE(FieldElement::draw(random) == FieldElement::of(5));
    EXPECT_EQ(random.calls_, 2);
}

}  // namespace
}  // namespace crypto
