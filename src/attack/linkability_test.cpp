// SPDX-License-Identifier: Apache-2.0
#include "attack/linkability.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace attack {
namespace {

/// Samples of 64 drawn bytes, by turns of either party.
std::vector<Sample> drawn(std::size_t count) {
    base::SeededRandom random(5);
    std::vector<Sample> out(count);
    for (auto& sample : out) {
        sample.bytes.resize(64);
        random.fill(sample.bytes);
        sample.first = random.below(2) == 0;
    }
    return out;
}

TEST(Linkability, DrawnBytesAreToldApartByChance) {
    const auto samples = drawn(1'000);
    EXPECT_NEAR(share_told_apart(samples), 0.5, 0.1);
    EXPECT_EQ(strings_in_common(samples), 0U);
}

// Goal: the classifier finds what links. Method: one byte that leans, and one that gives away.
TEST(Linkability, OneByteOfANameIsEnough) {
    auto samples = drawn(1'000);
    for (auto& sample : samples) sample.bytes[40] = sample.first ? 17 : 18;
    EXPECT_EQ(share_told_apart(samples), 1.0);
}

TEST(Linkability, AByteThatLeansShows) {
    auto samples = drawn(1'000);
    for (auto& sample : samples) {
        if (sample.bytes[0] < 128 && sample.first) sample.bytes[40] = 17;
    }
    EXPECT_GT(share_told_apart(samples), 0.62);
}

TEST(Linkability, AStringOfEightBytesInTwoSamplesIsFoundWhereverItStands) {
    auto samples = drawn(10);
    std::copy_n(samples[1].bytes.begin() + 3, 8, samples[7].bytes.begin() + 20);
    EXPECT_EQ(strings_in_common(samples), 1U);
}

TEST(Linkability, AStringTwiceInOneSampleIsNoLink) {
    auto samples = drawn(10);
    std::copy_n(samples[1].bytes.begin() + 3, 8, samples[1].bytes.begin() + 50);
    EXPECT_EQ(strings_in_common(samples), 0U);
}

}  // namespace
}  // namespace attack
