// SPDX-License-Identifier: Apache-2.0
// A block that is executed upon before it is on disk.
#include <gtest/gtest.h>

#include "base/check.h"
#include "chain/queries.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using wire::Role;

/// A chain whose blocks are taken ahead of their write.
struct AheadTest : ::testing::Test {
    /// The next block upon the newest, as an engine makes it.
    [[nodiscard]] Candidate next(std::vector<base::Bytes> transactions) const {
        const auto standing = chain.app->standing();
        CHECK(standing.turn.has_value());
        return {.height = standing.info.height + 1,
                .time = chain.now,
                .miner = standing.turn->miner,
                .round = standing.turn->round,
                .transactions = std::move(transactions)};
    }
    void finalize(const Candidate& candidate) {
        const auto finalized = chain.app->finalize_block(candidate);
        ASSERT_TRUE(finalized) << finalized.error().detail;
        for (const auto& result : finalized->results) ASSERT_EQ(result.code, 0U) << result.detail;
        header = finalized->header_bytes;
    }
    void go_ahead(const Candidate& candidate) {
        finalize(candidate);
        const auto taken = chain.app->go_ahead(chain.seal(candidate, header));
        ASSERT_TRUE(taken) << taken.error().detail;
    }

    Chain chain;
    Chain::Cast cast = chain.cast();
    base::Bytes header;  ///< Of the block finalized last.
};

TEST_F(AheadTest, ABlockIsSeenOnceItIsOnDisk) {
    const auto before = chain.app->info();
    const auto envelope = chain.signed_report(cast);
    const auto id = wire::id_of(*wire::decode_transaction(envelope));
    const auto candidate = next({envelope});
    go_ahead(candidate);
    EXPECT_EQ(chain.app->standing().info.height, before.height + 1);
    EXPECT_EQ(chain.app->info().height, before.height);
    EXPECT_EQ(chain.app->info().app_hash, before.app_hash);
    EXPECT_EQ(chain.app->next_turn()->miner, candidate.miner);
    EXPECT_FALSE(chain.app->blocks().block(before.height + 1));
    EXPECT_FALSE(*chain.app->blocks().place_of(id));
    EXPECT_FALSE(chain.app->query(chain::path::mining, {}, before.height + 1));
    const auto block = chain.app->write_ahead();
    ASSERT_TRUE(block);
    EXPECT_EQ(block->transactions, candidate.transactions);
    EXPECT_EQ(chain.app->info().app_hash, chain.app->standing().info.app_hash);
    EXPECT_EQ(chain.app->info().height, before.height + 1);
    EXPECT_TRUE(*chain.app->blocks().place_of(id));
    EXPECT_TRUE(chain.app->query(chain::path::mining, {}, before.height + 1));
}

// Goal: nothing of the block ahead is missed, though no page of it is in the store. Method: no node
// stays in memory, and the next block repeats one of its transactions.
TEST_F(AheadTest, TheNextBlockStandsUponIt) {
    chain.open({.tree = {.cached_nodes_max = 1}});
    const auto doctor = chain.person(Role::doctor);
    const auto enrolment = chain.signed_by(chain.admin, doctor->enrolment());
    go_ahead(next({enrolment}));
    const auto granting =
        chain.sign(chain.body(cast.patient, chain.grant_to(doctor)), {cast.patient});
    const auto finalized = chain.app->finalize_block(next({enrolment, granting}));
    ASSERT_TRUE(finalized) << finalized.error().detail;
    EXPECT_EQ(finalized->results[0].code, static_cast<std::uint32_t>(ErrorCode::already_committed));
    EXPECT_EQ(finalized->results[0].place->height, chain.app->standing().info.height);
    EXPECT_EQ(finalized->results[1].code, 0U) << finalized->results[1].detail;
}

TEST_F(AheadTest, OnlyOneBlockIsAhead) {
    go_ahead(next({chain.signed_report(cast)}));
    const auto second = next({chain.signed_report(cast)});
    finalize(second);
    const auto seal = chain.seal(second, header);
    EXPECT_EQ(chain.app->go_ahead(seal).error().code, ErrorCode::conflict);
    EXPECT_EQ(chain.app->commit(seal).error().code, ErrorCode::conflict);
    ASSERT_TRUE(chain.app->write_ahead());
    EXPECT_TRUE(chain.app->go_ahead(seal));
    EXPECT_TRUE(chain.app->write_ahead());
}

TEST_F(AheadTest, AWriteThatFailedCanBeTriedAgain) {
    const auto before = chain.app->info().height;
    go_ahead(next({chain.signed_report(cast)}));
    chain.store.set_full(true);
    EXPECT_EQ(chain.app->write_ahead().error().code, ErrorCode::storage_full);
    EXPECT_EQ(chain.app->info().height, before);
    chain.store.set_full(false);
    EXPECT_TRUE(chain.app->write_ahead());
    EXPECT_EQ(chain.app->info().height, before + 1);
}

// Goal: what was given up leaves nothing behind, in memory or on disk. Method: the same blocks with
// and without a block that was given up before them; pages of both have the same names, and with
// one node in memory each is read again.
TEST_F(AheadTest, WhatIsGivenUpNeverWas) {
    chain.open({.tree = {.cached_nodes_max = 1}});
    const auto before = chain.app->standing();
    const auto lost = chain.signed_by(chain.admin, chain.person(Role::doctor)->enrolment());
    go_ahead(next({lost}));
    finalize(next({chain.signed_by(chain.admin, chain.person(Role::patient)->enrolment())}));
    chain.store.set_full(true);
    EXPECT_FALSE(chain.app->write_ahead());
    chain.store.set_full(false);
    chain.app->give_up();
    EXPECT_EQ(chain.app->standing().info.app_hash, before.info.app_hash);
    EXPECT_EQ(chain.app->commit({}).error().code, ErrorCode::conflict) << "nothing is finalized";

    const auto doctor = chain.person(Role::doctor);
    const auto others = chain.signed_by(chain.admin, doctor->enrolment());
    const auto candidate = next({others, lost});
    finalize(candidate);
    const auto upon_what_was_given_up = header;
    chain.open();
    finalize(candidate);
    EXPECT_EQ(header, upon_what_was_given_up);
    ASSERT_TRUE(chain.app->commit(chain.seal(candidate, header)));
    chain.must_accept(
        {chain.sign(chain.body(cast.patient, chain.grant_to(doctor)), {cast.patient})});
}

TEST_F(AheadTest, ABlockThatWasAheadWhenTheProcessDiedIsExecutedAnew) {
    const auto before = chain.app->info();
    const auto candidate = next({chain.signed_report(cast)});
    go_ahead(candidate);
    const auto there = chain.app->standing().info.app_hash;
    chain.open();
    EXPECT_EQ(chain.app->standing().info.app_hash, before.app_hash);
    go_ahead(candidate);
    EXPECT_EQ(chain.app->standing().info.app_hash, there);
    EXPECT_TRUE(chain.app->write_ahead());
    chain.open();
    EXPECT_EQ(chain.app->info().app_hash, there);
}

}  // namespace
}  // namespace ledger
