// SPDX-License-Identifier: Apache-2.0
// Who mines, as a chain sees it: standings, absences, evidence, engines and the seals of blocks.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::EngineKind;
using wire::MinerStanding;
using wire::Role;
using namespace std::chrono_literals;

class MinersTest : public ::testing::Test {
protected:
    explicit MinersTest(wire::ConsensusPolicy policy = {})
        : chain({.miners = 3, .policy = policy}) {}

    base::Bytes change(const Person& by, const Person& miner, MinerStanding standing) {
        return chain.signed_by(by, wire::ChangeMining{miner->id(), standing});
    }
    ErrorCode changed(const Person& by, const Person& miner, MinerStanding standing) {
        return chain.refusal(change(by, miner, standing));
    }
    base::Bytes something() {
        return chain.signed_by(chain.admin, chain.person(Role::nurse)->enrolment());
    }
    void mine(std::uint32_t passed_over = 0) {
        const auto mined = chain.mine({something()}, passed_over);
        ASSERT_EQ(mined.results.front().code, 0U) << mined.results.front().detail;
    }
    [[nodiscard]] ::chain::MiningView mining(wire::Height height = 0) const {
        return *::chain::encoding::decode_mining_view(
            *chain.app->query(::chain::path::mining, {}, height));
    }
    [[nodiscard]] base::Result<::chain::FairnessView> fairness(
        std::optional<std::uint64_t> round = std::nullopt) const {
        const auto answer =
            chain.app->query(::chain::path::fairness, ::chain::encoding::encode_round(round));
        if (!answer) return base::pass(answer);
        return ::chain::encoding::decode_fairness_view(*answer);
    }

    Chain chain;
};

TEST_F(MinersTest, AMinerLeavesAndComesBackInALaterRound) {
    const auto& miner = chain.miners[2];
    EXPECT_EQ(changed(miner, miner, MinerStanding::left), ErrorCode{});  // mined by 0
    EXPECT_EQ(changed(miner, miner, MinerStanding::left), ErrorCode::not_authorised);
    EXPECT_EQ(changed(chain.admin, miner, MinerStanding::left), ErrorCode::conflict);
    EXPECT_EQ(changed(miner, miner, MinerStanding::active), ErrorCode::conflict) << "this round";
    mine();  // by 1: the round ends
    EXPECT_EQ(mining().round, 1U);
    EXPECT_EQ(changed(miner, miner, MinerStanding::active), ErrorCode{});
    EXPECT_EQ(mining().miners[2].standing, MinerStanding::active);
    EXPECT_EQ(mining().miners[2].joined_height, chain.app->info().height);
    EXPECT_EQ(chain.app->info().active_miners, 3U);
}

TEST_F(MinersTest, OnlyAnAdministratorSuspendsAndEndsASuspension) {
    const auto& miner = chain.miners[2];
    const auto nurse = chain.enrolled(Role::nurse);
    EXPECT_EQ(changed(nurse, miner, MinerStanding::left), ErrorCode::not_authorised);
    EXPECT_EQ(changed(chain.miners[1], miner, MinerStanding::left), ErrorCode::not_authorised);
    EXPECT_EQ(changed(miner, miner, MinerStanding::suspended), ErrorCode::not_authorised);
    EXPECT_EQ(changed(chain.admin, nurse, MinerStanding::suspended), ErrorCode::not_found);
    EXPECT_EQ(changed(chain.admin, miner, MinerStanding::suspended), ErrorCode{});
    EXPECT_EQ(changed(miner, miner, MinerStanding::active), ErrorCode::not_authorised);
    EXPECT_EQ(changed(chain.admin, miner, MinerStanding::left), ErrorCode{});
    mine();
    mine();
    EXPECT_EQ(changed(miner, miner, MinerStanding::active), ErrorCode{}) << "it counts as left";
}

TEST_F(MinersTest, TheLastActiveMinerStays) {
    EXPECT_EQ(changed(chain.admin, chain.miners[0], MinerStanding::suspended), ErrorCode{});
    EXPECT_EQ(changed(chain.admin, chain.miners[1], MinerStanding::left), ErrorCode{});
    EXPECT_EQ(changed(chain.admin, chain.miners[2], MinerStanding::left), ErrorCode::conflict);
    EXPECT_EQ(chain.refusal(chain.signed_by(chain.admin, wire::RevokeKey{chain.miners[2]->id()})),
              ErrorCode::conflict);
}

TEST_F(MinersTest, OneWhoseKeyIsRevokedHasNoTurnsAndNeverComesBack) {
    chain.must_accept({chain.signed_by(chain.admin, wire::RevokeKey{chain.miners[1]->id()})});
    EXPECT_EQ(mining().miners[1].standing, MinerStanding::left);
    EXPECT_EQ(chain.app->next_turn()->miner, chain.miners[2]->id());
    mine();
    EXPECT_EQ(changed(chain.admin, chain.miners[1], MinerStanding::active),
              ErrorCode::key_not_valid);
}

TEST_F(MinersTest, AnAbsentMinerIsPassedOverAfterItsTimeoutAndNotBefore) {
    chain.now = Chain::start();
    const auto turn = chain.app->next_turn(1);
    ASSERT_TRUE(turn);
    EXPECT_EQ(turn->miner, chain.miners[1]->id());
    EXPECT_EQ(turn->not_before, chain.app->info().time + 2s);
    auto early = chain.candidate({something()}, 1);
    early.time = turn->not_before - 1ms;
    EXPECT_EQ(chain.app->finalize_block(early).error().code, ErrorCode::not_eligible);
    EXPECT_EQ(chain.app->process_proposal(early).error().code, ErrorCode::not_eligible);
    early.time = turn->not_before;
    EXPECT_TRUE(chain.app->process_proposal(early));
    auto far = chain.candidate({something()});
    far.passed_over = 1'000'000;
    far.time += 1'000'000h;
    EXPECT_EQ(chain.app->finalize_block(far).error().code, ErrorCode::not_eligible);
    mine(1);
    EXPECT_EQ(mining().miners[0].passes, 1U);
    EXPECT_EQ(mining().coming.front(), 2U);
    EXPECT_EQ(mining().coming[1], 0U) << "its kept turn";
}

TEST_F(MinersTest, TheFairnessOfARoundNamesEachTurnAndEachForfeit) {
    EXPECT_EQ(fairness().error().code, ErrorCode::not_found) << "none is complete";
    for (int i = 0; i < 3; ++i) mine();
    const auto first = fairness();
    ASSERT_TRUE(first) << first.error().detail;
    EXPECT_EQ(first->round, 0U);
    EXPECT_EQ(first->first_height, 1U);
    EXPECT_EQ(first->last_height, 3U);
    EXPECT_TRUE(first->complete);
    for (const auto& miner : first->miners) {
        EXPECT_EQ(miner.turns, 1U);
        EXPECT_EQ(miner.forfeits, 0U);
    }
    // In the next round miner 2 never comes; the block that begins round 2 lets its turn go.
    mine();
    mine();
    EXPECT_FALSE(fairness(1)->complete);
    mine(4);
    const auto second = fairness();
    ASSERT_TRUE(second) << second.error().detail;
    EXPECT_EQ(second->round, 1U);
    EXPECT_EQ(second->miners[0].turns, 1U);
    EXPECT_EQ(second->miners[2].turns, 0U);
    EXPECT_EQ(second->miners[2].forfeits, 1U);
    EXPECT_EQ(fairness(7).error().code, ErrorCode::not_found);
    EXPECT_EQ(mining(3).round, 1U) << "as of a past height";
    EXPECT_EQ(mining(3).miners[0].turns, 1U);
}

/// Blocks of one height and miner that were never both committed.
class EvidenceTest : public MinersTest {
protected:
    /// The miner's seal of a header with another time.
    wire::Evidence two_blocks() {
        const auto one = chain.candidate({something()});
        auto other = one;
        other.time += 1s;
        wire::Evidence evidence;
        const auto first = chain.app->finalize_block(one)->header_bytes;
        evidence.header_a = first;
        evidence.seal_a = encode(chain.seal(one, first));
        const auto second = chain.app->finalize_block(other)->header_bytes;
        evidence.header_b = second;
        evidence.seal_b = encode(chain.seal(other, second));
        return evidence;
    }
    ErrorCode refused(const wire::Evidence& evidence) {
        return chain.refusal(chain.signed_by(chain.admin, evidence));
    }
};

TEST_F(EvidenceTest, WhoSealsTwoBlocksOfOneHeightIsSuspended) {
    const auto evidence = two_blocks();
    const auto nurse = chain.enrolled(Role::nurse);
    EXPECT_EQ(chain.refusal(chain.signed_by(nurse, evidence)), ErrorCode{});
    EXPECT_EQ(mining().miners[0].standing, MinerStanding::suspended);
    EXPECT_EQ(refused(evidence), ErrorCode::conflict) << "known already";
}

TEST_F(EvidenceTest, WhatProvesNothingIsRefused) {
    const auto good = two_blocks();
    auto same = good;
    same.header_b = same.header_a;
    same.seal_b = same.seal_a;
    EXPECT_EQ(refused(same), ErrorCode::malformed);
    auto swapped = good;
    std::swap(swapped.seal_a, swapped.seal_b);
    EXPECT_EQ(refused(swapped), ErrorCode::bad_signature);
    auto broken = good;
    broken.header_a.pop_back();
    EXPECT_EQ(refused(broken), ErrorCode::undecodable);
    auto header = *wire::decode_header(good.header_b);
    const auto with = [&](auto edit) {
        auto changed = header;
        edit(changed);
        auto evidence = good;
        evidence.header_b = encode(changed);
        return refused(evidence);
    };
    EXPECT_EQ(with([](auto& h) { ++h.height; }), ErrorCode::malformed);
    EXPECT_EQ(with([&](auto& h) { h.miner = chain.miners[1]->id(); }), ErrorCode::malformed);
    EXPECT_EQ(with([](auto& h) { h.chain_id = "elsewhere"; }), ErrorCode::wrong_chain);
    auto stranger = good;
    auto one = *wire::decode_header(good.header_a);
    one.miner = header.miner = chain.admin->id();
    stranger.header_a = encode(one);
    stranger.header_b = encode(header);
    EXPECT_EQ(refused(stranger), ErrorCode::not_found);
    EXPECT_EQ(refused(good), ErrorCode{});
}

TEST_F(EvidenceTest, ARotatedKeyStillConvicts) {
    const auto evidence = two_blocks();
    const auto fresh = std::make_shared<testing::Identity>(chain.miners[0]->id(), Role::miner);
    chain.must_accept({chain.signed_by(chain.miners[0],
                                       wire::RotateKey{fresh->public_key(), wire::Custody::node})});
    EXPECT_EQ(refused(evidence), ErrorCode{});
    EXPECT_EQ(mining().miners[0].standing, MinerStanding::suspended);
}

TEST_F(EvidenceTest, TheLastActiveMinerIsRecordedAndStays) {
    const auto evidence = two_blocks();
    EXPECT_EQ(changed(chain.admin, chain.miners[1], MinerStanding::left), ErrorCode{});
    EXPECT_EQ(changed(chain.admin, chain.miners[2], MinerStanding::left), ErrorCode{});
    EXPECT_EQ(refused(evidence), ErrorCode{});
    EXPECT_EQ(mining().miners[0].standing, MinerStanding::active);
    EXPECT_EQ(refused(evidence), ErrorCode::conflict);
}

class QuorumTest : public MinersTest {
protected:
    QuorumTest() : MinersTest({.quorum = wire::Quorum::two_thirds}) {
        chain.approving = chain.miners;
    }
    /// What becomes of a seal that `change` was let loose on.
    ErrorCode sealed(auto change) {
        const auto next = chain.candidate({something()});
        const auto finalized = chain.app->finalize_block(next);
        EXPECT_TRUE(finalized);
        auto seal = chain.seal(next, finalized->header_bytes);
        change(seal, finalized->header_bytes);
        const auto checked = chain.app->check_seal(seal);
        const auto committed = chain.app->commit(seal);
        EXPECT_EQ(checked.has_value(), committed.has_value());
        if (committed) return {};
        EXPECT_EQ(checked.error().code, committed.error().code);
        return committed.error().code;
    }
    static wire::Approval approval(const Person& miner, const wire::Seal& seal,
                                   base::ByteView header) {
        return {.miner = miner->id(),
                .signature = *miner->sign(wire::approval_message(header, seal))};
    }
};

TEST_F(QuorumTest, OverTwoThirdsOfTheActiveMinersMustApprove) {
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.approvals.pop_back(); }),
              ErrorCode::not_authorised);
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.approvals.clear(); }), ErrorCode::not_authorised);
    EXPECT_EQ(sealed([](auto&, auto&) {}), ErrorCode{});
    chain.must_accept({change(chain.admin, chain.miners[2], MinerStanding::suspended)});
    EXPECT_EQ(sealed([](auto&, auto&) {}), ErrorCode::not_eligible) << "one is not active now";
    chain.approving.pop_back();
    EXPECT_EQ(sealed([](auto&, auto&) {}), ErrorCode{}) << "two of two";
}

TEST_F(QuorumTest, EachApprovalIsAnActiveMinersOwnOfThisAttempt) {
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.approvals[1] = seal.approvals[0]; }),
              ErrorCode::malformed);
    EXPECT_EQ(sealed([&](auto& seal, auto& header) {
                  seal.approvals[1] = approval(chain.admin, seal, header);
              }),
              ErrorCode::unknown_signer);
    EXPECT_EQ(sealed([](auto& seal, auto&) {
                  seal.approvals[1].signature = seal.approvals[0].signature;
              }),
              ErrorCode::bad_signature);
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.attempt = 1; }), ErrorCode::bad_signature);
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.approvals[0].signature = seal.signature; }),
              ErrorCode::bad_signature)
        << "a miner's seal is not its approval";
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.nonce = 1; }), ErrorCode::malformed);
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.passed_over = 1; }), ErrorCode::not_eligible);
    EXPECT_EQ(sealed([](auto& seal, auto&) { seal.round = 9; }), ErrorCode::not_eligible);
    EXPECT_EQ(sealed([](auto&, auto&) {}), ErrorCode{});
}

class WorkTest : public MinersTest {
protected:
    WorkTest()
        : MinersTest({.engine = EngineKind::proof_of_work,
                      .difficulty_bits = 4,
                      .retarget_blocks = 4,
                      .block_target = 1s}) {}
};

TEST_F(WorkTest, ABlockNeedsWorkAndAnyMinerMayDoIt) {
    auto next = chain.candidate({something()});
    next.miner = chain.miners[2]->id();
    const auto finalized = chain.app->finalize_block(next);
    ASSERT_TRUE(finalized) << finalized.error().detail;
    auto seal = chain.seal(next, finalized->header_bytes);
    const auto target = chain.app->next_turn()->target;
    while (contracts::meets_target(finalized->header_bytes, seal.nonce, target)) ++seal.nonce;
    EXPECT_EQ(chain.app->commit(seal).error().code, ErrorCode::not_eligible);
    EXPECT_TRUE(chain.app->commit(chain.seal(next, finalized->header_bytes)));
    EXPECT_EQ(mining().miners[2].turns, 1U);
    next = chain.candidate({something()});
    next.miner = chain.admin->id();
    EXPECT_EQ(chain.app->finalize_block(next).error().code, ErrorCode::not_eligible);
    EXPECT_EQ(chain.app->next_turn(1).error().code, ErrorCode::not_eligible);
}

TEST_F(WorkTest, TheTargetFollowsTheTimeThatBlocksTook) {
    const auto first = chain.app->next_turn()->target;
    EXPECT_EQ(first, contracts::target_of_bits(4));
    for (int i = 0; i < 4; ++i) mine();  // two hours after the genesis: at most four times easier
    const auto easier = contracts::retargeted(first, 16s, 4s);
    EXPECT_EQ(chain.app->next_turn()->target, easier);
    for (int i = 0; i < 4; ++i) mine();  // four seconds, as planned
    EXPECT_EQ(chain.app->next_turn()->target, easier);
}

}  // namespace
}  // namespace ledger
