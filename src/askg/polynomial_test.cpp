// SPDX-License-Identifier: Apache-2.0
#include "askg/polynomial.h"

#include <gtest/gtest.h>

#include <set>

#include "askg/collusion.h"

namespace askg {
namespace {

class PolynomialTest : public ::testing::Test {
protected:
    std::vector<FieldElement> points(std::size_t count) {
        std::vector<FieldElement> out(count);
        for (auto& point : out) point = FieldElement::draw(random);
        return out;
    }
    std::vector<CapturedShare> capture(const std::vector<FieldElement>& at) const {
        std::vector<CapturedShare> out;
        for (const auto& x : at) out.push_back({.x = x, .share = chi.share_of(x)});
        return out;
    }

    base::SeededRandom random{31};
    SymmetricPolynomial chi = SymmetricPolynomial::draw(random);
};

TEST_F(PolynomialTest, BothEndsOfAPairComputeTheSame) {
    for (int round = 0; round < 20; ++round) {
        const auto pair = points(2);
        const auto forth = chi.share_of(pair[0]).at(pair[1]);
        EXPECT_TRUE(forth == chi.share_of(pair[1]).at(pair[0]));
        EXPECT_FALSE(forth == chi.share_of(pair[0]).at(pair[0]));
    }
}

// Method: chi(x, y) as the double sum of docs/protocol.md 2.1, term by term.
TEST_F(PolynomialTest, IsTheDoubleSumOfItsCoefficients) {
    const auto pair = points(2);
    FieldElement sum;
    FieldElement x_power = FieldElement::of(1);
    for (std::size_t m = 0; m < share_coefficients; ++m) {
        FieldElement y_power = FieldElement::of(1);
        for (std::size_t n = 0; n < share_coefficients; ++n) {
            EXPECT_TRUE(chi.coefficient(m, n) == chi.coefficient(n, m));
            sum = sum + chi.coefficient(m, n) * x_power * y_power;
            y_power = y_power * pair[1];
        }
        x_power = x_power * pair[0];
    }
    EXPECT_TRUE(chi.share_of(pair[0]).at(pair[1]) == sum);
}

TEST_F(PolynomialTest, HasFiveHundredAndTwentyEightCoefficientsAllDrawn) {
    std::set<base::Bytes> seen;
    for (const auto& coefficient : chi.upper_triangle()) {
        seen.insert({coefficient.bytes().begin(), coefficient.bytes().end()});
    }
    EXPECT_EQ(SymmetricPolynomial::coefficient_count, 528U);
    EXPECT_EQ(seen.size(), SymmetricPolynomial::coefficient_count);
    EXPECT_EQ(share_bytes, 1'024U);
}

// Goal: 31 captured shares say nothing about the key of another pair. Method: for drawn keys of
// that pair, a second symmetric polynomial that yields all 31 shares as they are and that key.
TEST_F(PolynomialTest, ThirtyOneCapturedSharesFitEveryKeyOfAnotherPair) {
    const auto captured = points(collusion_bound);
    const auto pair = points(2);
    const auto actual = chi.share_of(pair[0]).at(pair[1]);
    for (int round = 0; round < 5; ++round) {
        const auto wanted = FieldElement::draw(random);
        ASSERT_FALSE(wanted == actual);
        const auto other = consistent_alternative(chi, captured, {pair[0], pair[1]}, wanted);
        ASSERT_TRUE(other);
        for (const auto& x : captured) {
            ASSERT_TRUE(other->share_of(x) == chi.share_of(x)) << "a captured share differs";
        }
        EXPECT_TRUE(other->share_of(pair[0]).at(pair[1]) == wanted);
        EXPECT_TRUE(other->share_of(pair[1]).at(pair[0]) == wanted);
    }
    EXPECT_FALSE(recover(capture(captured))) << "31 shares are one too few";
}

TEST_F(PolynomialTest, OneShareMoreGivesThePolynomialAway) {
    const auto captured = points(share_coefficients);
    const auto found = recover(capture(captured));
    ASSERT_TRUE(found);
    const auto pair = points(2);
    EXPECT_TRUE(found->share_of(pair[0]).at(pair[1]) == chi.share_of(pair[0]).at(pair[1]));
    for (std::size_t i = 0; i < SymmetricPolynomial::coefficient_count; ++i) {
        ASSERT_TRUE(found->upper_triangle()[i] == chi.upper_triangle()[i]);
    }
    EXPECT_FALSE(consistent_alternative(chi, captured, {pair[0], pair[1]}, FieldElement::of(1)))
        << "no other polynomial of this degree is consistent with 32 shares";
}

TEST_F(PolynomialTest, AShareOfAKnownPointCountsOnce) {
    auto captured = capture(points(collusion_bound));
    captured.push_back(captured.front());
    EXPECT_FALSE(recover(captured));
}

TEST_F(PolynomialTest, AShareHasOneEncoding) {
    const auto share = chi.share_of(FieldElement::of(7));
    base::Bytes bytes;
    for (const auto& coefficient : share.coefficients()) base::append(bytes, coefficient.bytes());
    ASSERT_EQ(bytes.size(), share_bytes);
    EXPECT_TRUE(Share::decode(bytes).value() == share);
    EXPECT_FALSE(Share::decode(base::ByteView(bytes).first(share_bytes - 1)));
    bytes.back() |= 0x80U;  // above the prime
    EXPECT_FALSE(Share::decode(bytes));
}

}  // namespace
}  // namespace askg
