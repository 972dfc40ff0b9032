// SPDX-License-Identifier: Apache-2.0
#include "contracts/difficulty.h"

#include <gtest/gtest.h>

namespace contracts {
namespace {

using namespace std::chrono_literals;

wire::Hash256 number(std::uint8_t first, std::uint8_t last) {
    wire::Hash256 out;
    out.bytes.front() = first;
    out.bytes.back() = last;
    return out;
}

TEST(Difficulty, BitsAreLeadingZeros) {
    wire::Hash256 all;
    all.bytes.fill(0xff);
    EXPECT_EQ(target_of_bits(0), all);
    auto thirteen = all;
    thirteen.bytes[0] = 0;
    thirteen.bytes[1] = 0x07;
    EXPECT_EQ(target_of_bits(13), thirteen);
    wire::Hash256 one;
    one.bytes.back() = 1;
    EXPECT_EQ(target_of_bits(255), one);
}

TEST(Difficulty, TheTargetGrowsAsBlocksTakeLongerThanPlanned) {
    EXPECT_EQ(retargeted(number(0, 100), 3s, 2s), number(0, 150));
    EXPECT_EQ(retargeted(number(0, 100), 1s, 2s), number(0, 50));
    EXPECT_EQ(retargeted(number(0x10, 0), 4s, 2s), number(0x20, 0));
    EXPECT_EQ(retargeted(number(0x10, 7), 2s, 2s), number(0x10, 7));
}

TEST(Difficulty, AChangeIsAtMostFourfoldAndStaysAPositiveNumber) {
    EXPECT_EQ(retargeted(number(0, 8), 1'000h, 1s), number(0, 32));
    EXPECT_EQ(retargeted(number(0, 8), 0s, 1s), number(0, 2));
    EXPECT_EQ(retargeted(number(0, 8), -5s, 1s), number(0, 2));
    EXPECT_EQ(retargeted(number(0, 1), 0s, 1s), number(0, 1)) << "never 0";
    wire::Hash256 all;
    all.bytes.fill(0xff);
    EXPECT_EQ(retargeted(number(0x80, 0), 4s, 2s), all) << "2^256 - 1 is the most there is";
}

TEST(Difficulty, PeriodsOfWeeksAreCountedToo) {
    const auto weeks = std::chrono::milliseconds{24h} * 1'000;
    EXPECT_EQ(retargeted(number(0x10, 0), weeks * 2, weeks).bytes.front(), 0x20);
}

TEST(Difficulty, WorkIsTheDoubleHashOfHeaderAndNonce) {
    const base::Bytes header{1, 2, 3};
    const auto hash = work_hash(header, 7);
    EXPECT_NE(hash, work_hash(header, 8));
    EXPECT_TRUE(meets_target(header, 7, hash));
    auto below = hash;
    --below.bytes[30];
    EXPECT_FALSE(meets_target(header, 7, below));
}

}  // namespace
}  // namespace contracts
