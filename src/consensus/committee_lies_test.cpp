// SPDX-License-Identifier: Apache-2.0
// Goal: one miner of four that lies about the time or about the others moves neither. Method: it
// obeys what it wishes that it had been asked, so that its blocks are right but for the lie.
#include <gtest/gtest.h>

#include "chain/mining.h"
#include "chain/queries.h"
#include "consensus/testing.h"

namespace consensus {
namespace {

using testing::Committee;
using testing::Founders;
using testing::MinerSite;
using namespace std::chrono_literals;

class CommitteeWithALiar : public ::testing::Test {
protected:
    /// The liar obeys `lie` of what it is asked for.
    void lies(std::function<void(AskProposal&)> lie) {
        committee.retold = [this, lie = std::move(lie)](const wire::LedgerId& to, Request request) {
            auto* ask = std::get_if<AskProposal>(&request);
            if (ask != nullptr && to == liar) lie(*ask);
            return request;
        };
    }
    [[nodiscard]] wire::Block tip() const {
        const auto& application = *committee.own.application;
        return application.blocks().block(application.info().height).value();
    }

    Founders founders{4, {.quorum = wire::Quorum::two_thirds}};
    Committee committee{founders};
    wire::LedgerId liar = founders.miners[1]->id();
};

TEST_F(CommitteeWithALiar, BlockTimeStaysNearTheCoordinatorsClock) {
    lies([&](AskProposal& ask) {
        ask.time = std::max(ask.time, committee.own.application->info().time) + 4min;
    });
    bool dated_ahead = false;
    for (std::uint64_t i = 0; i < 24; ++i) {
        ASSERT_TRUE(committee.mine(i));
        EXPECT_LE(tip().header.time, committee.now + 5min) << "block " << tip().header.height;
        dated_ahead = dated_ahead || tip().header.time > committee.now + 3min;
    }
    EXPECT_TRUE(dated_ahead) << "else nobody lied";
}

TEST_F(CommitteeWithALiar, NobodyIsPassedOverWhoWasNotAsked) {
    lies([](AskProposal& ask) { ask.passed_over += 4; });
    for (std::uint64_t i = 0; i < 12; ++i) {
        ASSERT_TRUE(committee.mine(i));
        const auto raw = committee.own.application->query(chain::path::mining, {}).value();
        const auto mining = chain::encoding::decode_mining_view(raw).value();
        for (const auto& miner : mining.miners) {
            if (miner.id == liar)
                continue;  // its own turn is over when its proposals are not taken
            EXPECT_EQ(miner.passes, 0U) << "block " << tip().header.height;
            EXPECT_EQ(miner.forfeits, 0U) << "block " << tip().header.height;
        }
    }
}

// A proposal that was asked for before the coordinator was killed is still a proposal: its turn
// comes again.
TEST_F(CommitteeWithALiar, AProposalOfBeforeACrashIsTakenWhenItsTurnComes) {
    auto& first = committee.at(committee.own.application->next_turn()->miner);
    first.up = false;
    committee.lose_answer = [](const wire::LedgerId&, const Answer& answer) {
        return std::holds_alternative<Proposed>(answer);
    };
    EXPECT_FALSE(committee.close({founders.enrolment(0)}, 12));
    committee.lose_answer = nullptr;
    committee.start_coordinator();
    ASSERT_TRUE(committee.mine(1));
    EXPECT_GE(tip().seal.passed_over, 1U);
    first.up = true;
    ASSERT_TRUE(committee.mine(2));
}

/// One that seals two blocks at height 1, seen by all.
class CommitteeWithTwoFaces : public ::testing::Test {
protected:
    CommitteeWithTwoFaces() {
        MinerSite two_faced(founders.genesis, founders.miners.front());
        CHECK(committee.own.application->next_turn()->miner == liar);
        const auto second = two_faced.node->handle(
            AskProposal{.height = 1,
                        .passed_over = 0,
                        .time = committee.now,
                        .transactions = std::make_shared<const std::vector<base::Bytes>>(
                            std::vector<base::Bytes>{founders.enrolment(99)})});
        bool told = false;
        committee.lose_answer = [&](const wire::LedgerId& from, const Answer& answer) {
            if (from == liar && std::holds_alternative<Proposed>(answer) && !told) {
                told = true;
                CHECK(committee.coordinator->handle(from, second->front(), committee.now)
                          .has_value());
            }
            return false;
        };
        CHECK(committee.mine(0));
        committee.lose_answer = nullptr;
    }
    [[nodiscard]] std::uint64_t active() const {
        return committee.own.application->info().active_miners;
    }

    Founders founders{4, {.quorum = wire::Quorum::two_thirds}};
    Committee committee{founders};
    wire::LedgerId liar = founders.miners.front()->id();
};

// Goal: evidence is not lost with whoever should have carried it. Method: all that is sent at first
// is thrown away, and every process is killed.
TEST_F(CommitteeWithTwoFaces, EvidenceComesAgainUntilTheChainHoldsIt) {
    ASSERT_FALSE(committee.coordinator->take_submitted().empty());
    for (const auto& miner : committee.miners) miner->restart();
    committee.start_coordinator();
    committee.settle();
    EXPECT_FALSE(committee.coordinator->take_submitted().empty()) << "to the new coordinator";
    for (std::uint64_t i = 1; i < 4; ++i) ASSERT_TRUE(committee.mine(i));
    committee.settle();
    const auto evidence = committee.coordinator->take_submitted();
    ASSERT_FALSE(evidence.empty()) << "to one that lost it";
    ASSERT_EQ(active(), 4U);
    ASSERT_TRUE(committee.close({evidence.front()}));
    EXPECT_EQ(active(), 3U);
    committee.settle();
    (void)committee.coordinator->take_submitted();

    for (std::uint64_t i = 4; i < 10; ++i) ASSERT_TRUE(committee.mine(i));
    committee.settle();
    EXPECT_TRUE(committee.coordinator->take_submitted().empty()) << "it is in the chain";
    for (const auto& miner : committee.miners) miner->restart();
    committee.start_coordinator();
    committee.settle();
    EXPECT_TRUE(committee.coordinator->take_submitted().empty()) << "and forgotten on disk";
}

}  // namespace
}  // namespace consensus
