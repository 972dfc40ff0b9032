// SPDX-License-Identifier: Apache-2.0
#include "attack/attack.h"

#include <gtest/gtest.h>

#include <set>

#include "crypto/random.h"

namespace attack {
namespace {

// Goal: each row of docs/security.md holds. Method: the attack itself, which holds its own controls
// and counts as resisted only if they come out as they must.
class AttackTest : public testing::TestWithParam<const char*> {};

TEST_P(AttackTest, IsResisted) {
    crypto::SystemRandom random;
    const auto* attack = find_attack(GetParam());
    ASSERT_NE(attack, nullptr);
    const auto verdict = attack->run(random);
    EXPECT_TRUE(verdict.resisted) << verdict.detail;
    EXPECT_FALSE(verdict.detail.empty());
}

INSTANTIATE_TEST_SUITE_P(All, AttackTest,
                         testing::Values("replay", "man_in_the_middle", "impersonation",
                                         "ephemeral_leak", "insider", "device_capture",
                                         "stolen_verifier", "offline_guessing", "desynchronisation",
                                         "flooding", "traceability", "key_compromise"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Attacks, AreTwelveOfWhichThePaperNamesTheFirstSix) {
    std::set<std::string_view> names;
    std::size_t paper = 0;
    for (const auto& attack : all_attacks()) {
        names.insert(attack.name);
        paper += attack.paper ? 1 : 0;
    }
    EXPECT_EQ(names.size(), 12U);
    EXPECT_EQ(paper, 6U);
    EXPECT_TRUE(all_attacks()[5].paper);
    EXPECT_FALSE(all_attacks()[6].paper);
}

TEST(Attacks, AnUnknownNameIsNone) {
    EXPECT_EQ(find_attack("witchcraft"), nullptr);
}

}  // namespace
}  // namespace attack
