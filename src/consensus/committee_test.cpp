// SPDX-License-Identifier: Apache-2.0
// Goal: a committee of miners closes heights as docs/adr/0018 says, whoever is absent, killed or
// lying. Method: the production state machines on one thread; tests lose messages and kill nodes.
#include "consensus/committee.h"

#include <gtest/gtest.h>

#include <set>

#include "consensus/testing.h"
#include "ledger/quorum.h"

namespace consensus {
namespace {

using testing::Committee;
using testing::Founders;
using testing::MinerSite;
using testing::Person;
using testing::ShortConsent;

constexpr wire::ConsensusPolicy two_thirds{.quorum = wire::Quorum::two_thirds};
constexpr wire::ConsensusPolicy majority{.quorum = wire::Quorum::majority};

std::map<base::Bytes, base::Bytes> all_of(const storage::KeyValueStore& store) {
    std::map<base::Bytes, base::Bytes> out;
    const auto scanned = store.scan(base::Bytes{}, base::Bytes(80, 0xff),
                                    [&](base::ByteView key, base::ByteView value) {
                                        out.emplace(base::Bytes(key.begin(), key.end()),
                                                    base::Bytes(value.begin(), value.end()));
                                        return true;
                                    });
    CHECK(scanned.has_value());
    return out;
}

/// The same blocks at the same heights; stored bytes too, but for who approved a block.
void expect_equal_replicas(const Committee& committee) {
    const auto& own = *committee.own.application;
    for (const auto& miner : committee.miners) {
        const auto info = miner->application->info();
        EXPECT_EQ(info.height, own.info().height);
        EXPECT_EQ(info.app_hash, own.info().app_hash);
        EXPECT_EQ(all_of(miner->store), all_of(committee.own.store));
    }
}

std::vector<chain::Orphan> orphans_of(const MinerSite& miner) {
    return miner.node->orphans().list().value();
}

class CommitteeOf : public ::testing::TestWithParam<std::size_t> {};

TEST_P(CommitteeOf, ReachesTheSameBytesOnEveryNode) {
    Founders founders(GetParam(), two_thirds);
    Committee committee(founders);
    for (std::uint64_t i = 0; i < 2 * GetParam(); ++i) ASSERT_TRUE(committee.mine(i));
    committee.settle();
    EXPECT_EQ(committee.own.application->info().height, 2 * GetParam());
    expect_equal_replicas(committee);
    std::map<wire::LedgerId, int> mined;
    for (wire::Height height = 1; height <= 2 * GetParam(); ++height) {
        const auto block = committee.own.application->blocks().block(height).value();
        ++mined[block.header.miner];
        EXPECT_GE(block.seal.approvals.size(),
                  ledger::approvals_needed(wire::Quorum::two_thirds, GetParam()));
    }
    EXPECT_EQ(mined.size(), GetParam());
    for (const auto& [miner, blocks] : mined) EXPECT_EQ(blocks, 2);
}

INSTANTIATE_TEST_SUITE_P(Committee, CommitteeOf, ::testing::Values(4, 5, 6, 7));

TEST(Quorum, IsOverTwoThirdsOrOverHalf) {
    const std::vector<std::uint32_t> over_two_thirds{3, 4, 5, 5};
    const std::vector<std::uint32_t> over_half{3, 3, 4, 4};
    for (std::size_t i = 0; i < 4; ++i) {
        EXPECT_EQ(ledger::approvals_needed(wire::Quorum::two_thirds, 4 + i), over_two_thirds[i]);
        EXPECT_EQ(ledger::approvals_needed(wire::Quorum::majority, 4 + i), over_half[i]);
        EXPECT_EQ(ledger::approvals_needed(wire::Quorum::miner_alone, 4 + i), 0U);
    }
}

// Goal: an absent miner delays its own turns alone, loses none of them, and catches up.
TEST(Committee, GoesOnWithoutOneNodeAndKeepsItsTurn) {
    Founders founders(5, two_thirds);
    Committee committee(founders);
    ASSERT_TRUE(committee.mine(0));
    auto& absent = committee.at(committee.own.application->next_turn()->miner);
    absent.up = false;
    for (std::uint64_t i = 1; i < 4; ++i) ASSERT_TRUE(committee.mine(i));
    absent.up = true;
    ASSERT_TRUE(committee.mine(4));
    committee.settle();
    expect_equal_replicas(committee);
    const auto last = committee.own.application->blocks().block(5).value();
    EXPECT_EQ(last.header.miner, absent.person->id());  // its turn of this round was kept
    EXPECT_EQ(last.seal.round, 0U);
}

TEST(Committee, MakesNoBlockWithoutItsQuorumAndKeepsTheOrphan) {
    Founders founders(5, two_thirds);
    Committee committee(founders);
    ASSERT_TRUE(committee.mine(0));
    const auto turn = committee.own.application->next_turn().value();
    std::size_t down = 0;
    for (const auto& miner : committee.miners) {
        if (miner->person->id() == turn.miner || down == 2) continue;
        miner->up = false;
        ++down;
    }
    const auto state_before = all_of(committee.own.store);
    EXPECT_FALSE(committee.close({founders.enrolment(1)}, 12));
    EXPECT_EQ(committee.own.application->info().height, 1U);
    const auto& proposer = committee.at(turn.miner);
    const auto orphans = orphans_of(proposer);
    ASSERT_FALSE(orphans.empty());
    EXPECT_EQ(orphans.front().reason, chain::OrphanReason::too_few_approvals);
    EXPECT_EQ(orphans.front().height, 2U);
    EXPECT_EQ(orphans.front().parent, committee.own.application->info().app_hash);
    EXPECT_EQ(orphans.front().miner, turn.miner);
    EXPECT_EQ(orphans.front().approvals, 3U);
    EXPECT_EQ(orphans.front().needed, 4U);
    EXPECT_EQ(all_of(committee.own.store), state_before);
    EXPECT_EQ(all_of(proposer.store), state_before);
    // As soon as one of them is back the height closes.
    for (const auto& miner : committee.miners) miner->up = true;
    EXPECT_TRUE(committee.finish());
    committee.settle();
    expect_equal_replicas(committee);
}

// Goal: a crash between the commit of a block and the note that it is no orphan leaves none behind.
// Method: the notes are set back to what they were before the commit.
TEST(Committee, ABlockOfTheChainIsNoOrphanAfterACrashInItsCommit) {
    Founders founders(4, two_thirds);
    Committee committee(founders);
    auto& miner = *committee.miners.back();
    committee.lose_request = [&](const wire::LedgerId& to, const Request& request) {
        return to == miner.person->id() && std::holds_alternative<Deliver>(request);
    };
    ASSERT_TRUE(committee.mine(0));
    const auto block =
        std::make_shared<const wire::Block>(committee.own.application->blocks().block(1).value());
    // What it heard of an attempt at this block that failed, late.
    ASSERT_TRUE(miner.node->handle(GiveUp{.block = block, .approvals = 2, .needed = 3}));
    const auto header = wire::hash_of_header(block->header_bytes);
    ASSERT_TRUE(miner.node->orphans().contains(header));
    const auto before = all_of(miner.notes);
    ASSERT_TRUE(miner.node->handle(Deliver{.block = block}));
    ASSERT_EQ(miner.application->info().height, 1U);
    EXPECT_FALSE(miner.node->orphans().contains(header));
    storage::WriteBatch batch;
    for (const auto& [key, value] : before) batch.put(key, value);
    ASSERT_TRUE(miner.notes.write(batch));
    miner.restart();
    EXPECT_FALSE(miner.node->orphans().contains(header));
    EXPECT_TRUE(orphans_of(miner).empty());
}

// Goal: no node signs two blocks at one attempt, also not after a crash. Method: the node is killed
// after it has voted, and before its answer arrives; then it is offered another block.
TEST(Committee, ANodeKilledAfterItsVoteDoesNotVoteTwice) {
    Founders founders(4, two_thirds);
    Committee committee(founders);
    const auto turn = committee.own.application->next_turn().value();
    auto& proposer = committee.at(turn.miner);
    MinerSite two_faced(founders.genesis, proposer.person);
    const auto propose = [&](MinerSite& from, std::uint64_t number) {
        const auto answers = from.node->handle(
            AskProposal{.height = 1,
                        .passed_over = 0,
                        .time = committee.now,
                        .transactions = std::make_shared<const std::vector<base::Bytes>>(
                            std::vector<base::Bytes>{founders.enrolment(number)})});
        return std::get<Proposed>(answers->front()).block;
    };
    const auto first = propose(proposer, 0);
    const auto second = propose(two_faced, 1);
    ASSERT_NE(name_of(*first), name_of(*second));
    auto& voter = *committee.miners.back();
    ASSERT_NE(&voter, &proposer);
    const auto vote = voter.node->handle(Offer{.attempt = 0, .block = first, .grounds = {}});
    ASSERT_TRUE(std::holds_alternative<Voted>(vote->back()));
    voter.restart();
    const auto other = voter.node->handle(Offer{.attempt = 0, .block = second, .grounds = {}});
    ASSERT_TRUE(std::holds_alternative<Refused>(other->back()));
    EXPECT_EQ(std::get<Refused>(other->back()).reason.code, base::ErrorCode::conflict);
    const auto again = voter.node->handle(Offer{.attempt = 0, .block = first, .grounds = {}});
    EXPECT_TRUE(std::holds_alternative<Voted>(again->back()));
    const auto proposed_again = propose(proposer, 7);
    EXPECT_EQ(name_of(*proposed_again), name_of(*first));  // and it proposes one block a height
}

// Goal: what one node may have approved is not replaced. Method: all approvals are lost, the one
// node that has approved and the coordinator are killed, the proposer stays away, and another one
// has other transactions to mine.
TEST(Committee, ABlockThatMayBeApprovedIsOfferedAgainAfterACrash) {
    Founders founders(4, two_thirds);
    Committee committee(founders);
    committee.lose_answer = [](const wire::LedgerId&, const Answer& answer) {
        return std::holds_alternative<Approved>(answer);
    };
    const auto& witness = *committee.miners[2];
    committee.lose_request = [&](const wire::LedgerId& to, const Request& request) {
        return std::holds_alternative<AskApproval>(request) && to != witness.person->id();
    };
    EXPECT_FALSE(committee.close({founders.enrolment(0)}, 3));
    committee.lose_answer = nullptr;
    committee.lose_request = nullptr;
    committee.miners[2]->restart();
    committee.start_coordinator();
    committee.miners[0]->up = false;  // whose proposal it was
    ASSERT_TRUE(committee.close({founders.enrolment(1)}));
    committee.miners[0]->up = true;
    committee.settle();
    expect_equal_replicas(committee);
    const auto block = committee.own.application->blocks().block(1).value();
    const auto expected = wire::decode_transaction(block.transactions.front()).value();
    EXPECT_EQ(expected.body.sequence, 1U);  // the first enrolment, not the second
    EXPECT_GT(block.seal.attempt, 0U);
}

TEST(Committee, ACoordinatorKilledBeforeItsOwnCommitLearnsOfTheBlock) {
    Founders founders(4, two_thirds);
    Committee committee(founders);
    ASSERT_TRUE(committee.mine(0));
    Committee other(founders);  // the same miners' keys, and one block behind
    for (std::size_t i = 0; i < 4; ++i) std::swap(other.miners[i], committee.miners[i]);
    other.settle();
    EXPECT_EQ(other.own.application->info().height, 1U);
    ASSERT_TRUE(other.mine(1));
    other.settle();
    expect_equal_replicas(other);
}

// Goal: every message may be lost. Method: a seed decides which third of all messages is.
TEST(Committee, ClosesEveryHeightThoughMessagesAreLostAndNodesKilled) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        Founders founders(4, two_thirds);
        Committee committee(founders);
        base::SeededRandom random(seed);
        committee.lose_request = [&](const auto&, const auto&) { return random.below(3) == 0; };
        committee.lose_answer = [&](const auto&, const auto&) { return random.below(3) == 0; };
        for (std::uint64_t i = 0; i < 8; ++i) {
            if (random.below(2) == 0) committee.miners[random.below(4)]->restart();
            ASSERT_TRUE(committee.close({founders.enrolment(i)}, 5'000)) << "seed " << seed;
            if (random.below(3) == 0) committee.start_coordinator();
        }
        committee.lose_request = nullptr;
        committee.lose_answer = nullptr;
        committee.settle();
        expect_equal_replicas(committee);
    }
}

// Goal: a height whose transactions become void while it is being closed ends, instead of waiting
// for ever. Method: the miner whose turn it is is down until the consent is past its end.
TEST(Committee, DropsAHeightOfWhichNothingIsGoodAnyMore) {
    Founders founders(4, two_thirds);
    const ShortConsent consent(founders);
    Committee committee(founders);
    auto& absent = committee.at(committee.own.application->next_turn()->miner);
    absent.up = false;
    const auto grant = consent.until(committee.now + std::chrono::seconds{1});
    ASSERT_TRUE(committee.close({grant}, 40));
    EXPECT_EQ(committee.own.application->info().height, 0U);
    const auto again = committee.coordinator->begin({grant}, committee.now).value();
    EXPECT_EQ(static_cast<base::ErrorCode>(again.front().code), base::ErrorCode::expired);
    EXPECT_TRUE(committee.coordinator->idle());
    absent.up = true;
    ASSERT_TRUE(committee.mine(0));
    committee.settle();
    EXPECT_EQ(committee.own.application->info().height, 1U);
    expect_equal_replicas(committee);
}

// Goal: nobody is told a refusal while a block with the transaction may still come. Method: the
// miner proposed while the consent was good, and its answer is lost until the others had a turn.
TEST(Committee, ClosesAHeightWithABlockProposedWhileItsTransactionsWereGood) {
    Founders founders(4, two_thirds);
    const ShortConsent consent(founders);
    Committee committee(founders);
    const auto proposer = committee.own.application->next_turn()->miner;
    const auto lost_until = committee.now + two_thirds.turn_timeout;
    committee.lose_answer = [&](const wire::LedgerId& from, const Answer&) {
        return from == proposer && committee.now <= lost_until;
    };
    EXPECT_TRUE(committee.close({consent.until(committee.now + std::chrono::seconds{1})}));
    ASSERT_EQ(committee.own.application->info().height, 1U);
    EXPECT_EQ(committee.own.application->blocks().block(1)->header.miner, proposer);
    committee.settle();
    expect_equal_replicas(committee);
}

TEST(Committee, AMinerThatSealsTwoBlocksIsSuspended) {
    Founders founders(5, two_thirds);
    Committee committee(founders);
    const auto turn = committee.own.application->next_turn().value();
    auto& liar = committee.at(turn.miner);
    MinerSite two_faced(founders.genesis, liar.person);
    const auto second = two_faced.node->handle(
        AskProposal{.height = 1,
                    .passed_over = 0,
                    .time = committee.now,
                    .transactions = std::make_shared<const std::vector<base::Bytes>>(
                        std::vector<base::Bytes>{founders.enrolment(9)})});
    // Both of its blocks reach the coordinator.
    bool told = false;
    committee.lose_answer = [&](const wire::LedgerId& from, const Answer& answer) {
        if (from == turn.miner && std::holds_alternative<Proposed>(answer) && !told) {
            told = true;
            EXPECT_TRUE(committee.coordinator->handle(from, second->front(), committee.now));
        }
        return false;
    };
    ASSERT_TRUE(committee.mine(0));
    auto evidence = committee.coordinator->take_submitted();
    ASSERT_FALSE(evidence.empty());
    ASSERT_TRUE(committee.close({evidence.front()}));
    committee.settle();
    expect_equal_replicas(committee);
    EXPECT_EQ(committee.own.application->info().active_miners, 4U);
    for (std::uint64_t i = 1; i < 9; ++i) {
        ASSERT_TRUE(committee.mine(i));
        const auto tip = committee.own.application->info().height;
        EXPECT_NE(committee.own.application->blocks().block(tip)->header.miner, turn.miner);
    }
}

/// One miner of five shows each half of the others another face, over a partition.
struct TwoFaced {
    explicit TwoFaced(wire::ConsensusPolicy policy) : founders(5, policy) {
        left = std::make_unique<Committee>(
            founders,
            std::vector<Person>{founders.miners[0], founders.miners[1], founders.miners[2]});
        right = std::make_unique<Committee>(
            founders,
            std::vector<Person>{founders.miners[0], founders.miners[3], founders.miners[4]});
    }
    Founders founders;
    std::unique_ptr<Committee> left;
    std::unique_ptr<Committee> right;
};

// Goal: why the quorum is over two thirds. Method: the paper's majority, three of five: two halves
// that both hear the liar each close the height with a block of their own.
TEST(Committee, WithTheMajorityOneDoubleVoterAmongFiveForks) {
    TwoFaced halves(majority);
    ASSERT_TRUE(halves.left->mine(0));
    ASSERT_TRUE(halves.right->mine(1));
    EXPECT_EQ(halves.left->own.application->info().height, 1U);
    EXPECT_EQ(halves.right->own.application->info().height, 1U);
    EXPECT_NE(halves.left->own.application->info().app_hash,
              halves.right->own.application->info().app_hash);
}

TEST(Committee, WithOverTwoThirdsItDoesNot) {
    TwoFaced halves(two_thirds);
    EXPECT_FALSE(halves.left->close({halves.founders.enrolment(0)}, 40));
    EXPECT_FALSE(halves.right->close({halves.founders.enrolment(1)}, 40));
    EXPECT_EQ(halves.left->own.application->info().height, 0U);
    EXPECT_EQ(halves.right->own.application->info().height, 0U);
}

TEST(Committee, ABlockOnAnotherParentBecomesAnOrphan) {
    TwoFaced halves(majority);
    ASSERT_TRUE(halves.left->mine(0));
    ASSERT_TRUE(halves.right->mine(1));
    ASSERT_TRUE(halves.left->mine(2));
    const auto stranger = std::make_shared<const wire::Block>(
        halves.left->own.application->blocks().block(2).value());
    auto& miner = *halves.right->miners[2];
    const auto before = all_of(miner.store);
    const auto answers = miner.node->handle(Offer{.attempt = 0, .block = stranger, .grounds = {}});
    ASSERT_TRUE(std::holds_alternative<Refused>(answers->back()));
    const auto orphans = orphans_of(miner);
    ASSERT_EQ(orphans.size(), 1U);
    EXPECT_EQ(orphans[0].reason, chain::OrphanReason::parent_mismatch);
    EXPECT_EQ(orphans[0].parent,
              halves.left->own.application->blocks().block(2)->header.previous_hash);
    EXPECT_EQ(all_of(miner.store), before);
}

TEST(Committee, NamedHospitalsMineInTurn) {
    auto policy = two_thirds;
    policy.engine = wire::EngineKind::authority;
    Founders founders(4, policy);
    Committee committee(founders);
    for (std::uint64_t i = 0; i < 8; ++i) {
        ASSERT_TRUE(committee.mine(i));
        const auto block = committee.own.application->blocks().block(i + 1).value();
        EXPECT_EQ(block.header.miner, founders.miners[i % 4]->id());
    }
    committee.settle();
    expect_equal_replicas(committee);
}

TEST(Committee, ProofOfWorkMeetsItsTarget) {
    auto policy = two_thirds;
    policy.engine = wire::EngineKind::proof_of_work;
    policy.difficulty_bits = 6;
    Founders founders(4, policy);
    Committee committee(founders);
    for (std::uint64_t i = 0; i < 6; ++i) {
        const auto target = committee.own.application->next_turn()->target;
        ASSERT_TRUE(committee.mine(i));
        const auto block = committee.own.application->blocks().block(i + 1).value();
        EXPECT_TRUE(meets({.height = i + 1, .header_bytes = block.header_bytes, .target = target},
                          block.seal.nonce));
    }
    committee.settle();
    expect_equal_replicas(committee);
}

}  // namespace
}  // namespace consensus
