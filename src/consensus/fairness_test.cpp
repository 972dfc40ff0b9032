// SPDX-License-Identifier: Apache-2.0
// Goal: the report of turns agrees with the ledger, and names who had too many or none. Method:
// chains made by the ledger, then the same blocks with their seals and miners changed.
#include "consensus/fairness.h"

#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace consensus {
namespace {

using ledger::testing::Chain;

FairnessReport report_of(const Chain& chain, const std::function<void(wire::Block&)>& change = {}) {
    const auto report =
        fairness_of(chain.genesis(), chain.app->info().height, [&](wire::Height height) {
            auto block = chain.app->blocks().block(height);
            if (block && change) change(*block);
            return block;
        });
    CHECK(report.has_value());
    return *report;
}

// The figure of the paper [0]: all 100 miners are used before any mines again.
TEST(Fairness, AHundredMinersMineTwiceEachInTwoHundredBlocks) {
    Chain chain({.miners = 100});
    for (int i = 0; i < 200; ++i) chain.enrolled(wire::Role::patient);
    const auto report = report_of(chain);
    EXPECT_EQ(report.height, 200U);
    ASSERT_EQ(report.miners.size(), 100U);
    for (const auto& miner : report.miners) EXPECT_EQ(miner.blocks, 2U);
    EXPECT_EQ(report.complete_rounds, 1U);  // the second ends with the 201st block
    EXPECT_TRUE(report.is_fair());
    EXPECT_TRUE(report.forfeited.empty());
}

TEST(Fairness, NamesWhoMinedTwiceAndWhoNotAtAll) {
    Chain chain({.miners = 3});
    for (int i = 0; i < 7; ++i) chain.enrolled(wire::Role::patient);
    const auto greedy = chain.miners[0]->id();
    const auto robbed = chain.miners[1]->id();
    const auto report = report_of(chain, [&](wire::Block& block) {
        if (block.header.height == 5) block.header.miner = greedy;
    });
    EXPECT_FALSE(report.is_fair());
    ASSERT_EQ(report.twice.size(), 1U);
    EXPECT_EQ(report.twice[0].miner, greedy);
    EXPECT_EQ(report.twice[0].round, 1U);
    ASSERT_EQ(report.forfeited.size(), 1U);
    EXPECT_EQ(report.forfeited[0].miner, robbed);
    EXPECT_EQ(report.miners[1].forfeits, 1U);
}

TEST(Fairness, AsksNothingOfAMinerThatLeftInTheRound) {
    Chain chain({.miners = 3});
    chain.must_accept(
        {chain.signed_by(chain.admin, wire::ChangeMining{.subject = chain.miners[2]->id(),
                                                         .standing = wire::MinerStanding::left})});
    for (int i = 0; i < 6; ++i) chain.enrolled(wire::Role::patient);
    const auto report = report_of(chain);
    EXPECT_TRUE(report.is_fair());
    EXPECT_TRUE(report.forfeited.empty());
    EXPECT_FALSE(report.miners[2].active);
    EXPECT_EQ(report.miners[2].blocks, 0U);
}

TEST(Fairness, AMinerThatJoinsHasItsTurnInTheRoundThatIsRunning) {
    Chain chain({.miners = 3});
    const auto newcomer = chain.enrolled(wire::Role::miner);
    for (int i = 0; i < 4; ++i) chain.enrolled(wire::Role::patient);
    const auto report = report_of(chain);
    ASSERT_EQ(report.miners.size(), 4U);
    EXPECT_EQ(report.miners[3].id, newcomer->id());
    EXPECT_EQ(report.miners[3].blocks, 1U);
    EXPECT_EQ(report.complete_rounds, 1U);
    EXPECT_TRUE(report.is_fair());
    EXPECT_TRUE(report.forfeited.empty());
}

}  // namespace
}  // namespace consensus
