// SPDX-License-Identifier: Apache-2.0
// What a replica does with its past: questions about it, snapshots of it, and letting go of it.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using wire::Role;

/// A replica that holds nothing yet.
struct Replica {
    storage::MemoryStore store;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();
    std::unique_ptr<Application> app = *Application::open(store, *verifier);

    void open() {
        app.reset();
        app = *Application::open(store, *verifier);
    }
};

class PastTest : public ::testing::Test {
protected:
    void mine() { chain.must_accept({chain.signed_report(cast)}); }
    [[nodiscard]] TrustedHeader trusted() const {
        const auto info = chain.app->info();
        return {.height = info.height, .hash = info.app_hash};
    }
    [[nodiscard]] base::Bytes chunk(const Snapshot& snapshot, std::uint32_t index) const {
        return *chain.app->load_snapshot_chunk(snapshot.height, snapshot.format, index);
    }
    void restore(Replica& replica, const Snapshot& snapshot) const {
        ASSERT_TRUE(replica.app->offer_snapshot(snapshot, trusted()));
        for (std::uint32_t i = 0; i < snapshot.chunks; ++i) {
            const auto done = replica.app->apply_snapshot_chunk(i, chunk(snapshot, i));
            ASSERT_TRUE(done) << done.error().detail;
            EXPECT_EQ(done->complete, i + 1 == snapshot.chunks);
        }
    }
    /// The other replica executes what this chain mines next.
    void mine_on_both(Replica& replica) {
        const auto candidate = chain.candidate({chain.signed_report(cast)});
        chain.must_accept(candidate.transactions);
        const auto finalized = replica.app->finalize_block(candidate);
        ASSERT_TRUE(finalized) << finalized.error().detail;
        const auto block = chain.app->blocks().block(candidate.height);
        EXPECT_EQ(finalized->header_bytes, block->header_bytes);
        ASSERT_TRUE(replica.app->commit(block->seal));
    }
    [[nodiscard]] base::Bytes key_question() const {
        const auto id = cast.doctor->id();
        return {id.bytes.begin(), id.bytes.end()};
    }

    Chain chain;
    Chain::Cast cast = chain.cast();
};

TEST_F(PastTest, StateIsAskedAsOfAHeight) {
    const auto before = chain.app->info().height;
    chain.must_accept({chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()})});
    const auto until = [&](wire::Height height) {
        const auto answer = chain.app->query(chain::path::key, key_question(), height);
        if (!answer) ADD_FAILURE() << answer.error().detail;
        return chain::encoding::decode_key_view(*answer)->valid_until;
    };
    EXPECT_EQ(until(before), 0U);
    EXPECT_EQ(until(before + 1), before + 2);
    EXPECT_EQ(until(0), before + 2) << "the newest";
    EXPECT_EQ(chain.app->query(chain::path::key, key_question(), 1).error().code,
              ErrorCode::not_found)
        << "not enrolled then";
    EXPECT_EQ(chain.app->query(chain::path::key, key_question(), before + 2).error().code,
              ErrorCode::not_found)
        << "above the tip";
    EXPECT_EQ(chain.app->query(chain::path::transaction, base::Bytes(64), 1).error().code,
              ErrorCode::malformed);
}

TEST_F(PastTest, ARestoredReplicaGoesOnLikeAnyOther) {
    mine();
    const auto snapshot = chain.app->take_snapshot();
    ASSERT_TRUE(snapshot) << snapshot.error().detail;
    EXPECT_EQ(*chain.app->list_snapshots(), std::vector{*snapshot});
    Replica replica;
    restore(replica, *snapshot);
    EXPECT_EQ(replica.app->info().app_hash, chain.app->info().app_hash);
    EXPECT_EQ(replica.app->next_turn()->miner, chain.app->next_turn()->miner);
    mine_on_both(replica);
    replica.open();
    mine_on_both(replica);
    // A report may name a header from before the snapshot, a withdrawal a grant from before it.
    auto old = chain.report(cast);
    old.header_hash = wire::header_ref(chain.app->blocks().block(1)->header_bytes);
    const auto candidate = chain.candidate(
        {Chain::sign(chain.body(cast.cloud_server, old), {cast.cloud_server, cast.doctor}),
         chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent})});
    const auto finalized = replica.app->finalize_block(candidate);
    ASSERT_TRUE(finalized) << finalized.error().detail;
    for (const auto& result : finalized->results) {
        EXPECT_EQ(result.code, 0U) << result.detail;
    }
}

TEST_F(PastTest, TheSnapshotIsTheSameOnEveryReplica) {
    Replica replica;
    restore(replica, *chain.app->take_snapshot());
    mine_on_both(replica);
    mine_on_both(replica);
    const auto here = chain.app->take_snapshot();
    const auto there = replica.app->take_snapshot();
    ASSERT_TRUE(here && there);
    EXPECT_EQ(*here, *there);
    for (std::uint32_t i = 0; i < here->chunks; ++i) {
        EXPECT_EQ(chunk(*here, i),
                  *replica.app->load_snapshot_chunk(there->height, there->format, i));
    }
}

TEST_F(PastTest, ARestoredReplicaSaysWhatLiesBeforeIt) {
    mine();
    const auto old_id = wire::id_of(*wire::decode_transaction(
        chain.app->blocks().block(chain.app->info().height - 1)->transactions.front()));
    Replica replica;
    restore(replica, *chain.app->take_snapshot());
    const auto missing = replica.app->blocks().block(1);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_NE(missing.error().detail.find("before this replica's snapshot"), std::string::npos);
    EXPECT_TRUE(replica.app->blocks().block(replica.app->info().height));
    EXPECT_EQ(replica.app->query(chain::path::receipt, old_id.view()).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(replica.app
                  ->query(chain::path::consistency,
                          chain::encoding::encode(chain::LogSizes{.from = 1, .to = 3}))
                  .error()
                  .code,
              ErrorCode::not_found);
    mine_on_both(replica);
    const auto block = replica.app->blocks().block(replica.app->info().height);
    const auto id = wire::id_of(*wire::decode_transaction(block->transactions.front()));
    const auto there = replica.app->query(chain::path::receipt, id.view());
    ASSERT_TRUE(there) << there.error().detail;
    EXPECT_EQ(*there, *chain.app->query(chain::path::receipt, id.view()));
}

TEST_F(PastTest, ASnapshotIsHeldAgainstTheTrustedHeader) {
    const auto snapshot = *chain.app->take_snapshot();
    Replica replica;
    const auto offered = [&](Snapshot other, TrustedHeader header) {
        const auto result = replica.app->offer_snapshot(other, header);
        return result ? ErrorCode{} : result.error().code;
    };
    auto changed = snapshot;
    changed.format = 2;
    EXPECT_EQ(offered(changed, trusted()), ErrorCode::malformed);
    changed = snapshot;
    changed.metadata.back() ^= 1;
    EXPECT_EQ(offered(changed, trusted()), ErrorCode::malformed) << "not of that hash";
    changed = snapshot;
    ++changed.chunks;
    EXPECT_EQ(offered(changed, trusted()), ErrorCode::malformed);
    auto header = trusted();
    ++header.height;
    EXPECT_EQ(offered(snapshot, header), ErrorCode::wrong_root);
    header = trusted();
    header.hash.bytes[0] ^= 1;
    EXPECT_EQ(offered(snapshot, header), ErrorCode{});
    const auto wrong = replica.app->apply_snapshot_chunk(0, chunk(snapshot, 0));
    EXPECT_EQ(wrong.error().code, ErrorCode::wrong_root);
    EXPECT_EQ(replica.app->apply_snapshot_chunk(0, chunk(snapshot, 0)).error().code,
              ErrorCode::conflict)
        << "the attempt is over";
    EXPECT_FALSE(replica.app->initialised());
    EXPECT_EQ(chain.app->offer_snapshot(snapshot, trusted()).error().code, ErrorCode::conflict);
}

TEST_F(PastTest, ADamagedChunkIsRefusedAndTheRightOneMayFollow) {
    const auto snapshot = *chain.app->take_snapshot();
    ASSERT_EQ(snapshot.chunks, 2U);
    Replica replica;
    ASSERT_TRUE(replica.app->offer_snapshot(snapshot, trusted()));
    for (std::uint32_t index = 0; index < snapshot.chunks; ++index) {
        auto bytes = chunk(snapshot, index);
        EXPECT_EQ(replica.app->apply_snapshot_chunk(1 - index, bytes).error().code,
                  ErrorCode::conflict);
        auto damaged = bytes;
        damaged.back() ^= 1;
        EXPECT_EQ(replica.app->apply_snapshot_chunk(index, damaged).error().code,
                  ErrorCode::malformed);
        damaged = bytes;
        damaged.pop_back();
        EXPECT_EQ(replica.app->apply_snapshot_chunk(index, damaged).error().code,
                  ErrorCode::malformed);
        const auto good = replica.app->apply_snapshot_chunk(index, bytes);
        ASSERT_TRUE(good) << good.error().detail;
    }
    EXPECT_EQ(replica.app->info().app_hash, chain.app->info().app_hash);
}

TEST_F(PastTest, ARestoreThatWasCutShortBeginsAnew) {
    const auto snapshot = *chain.app->take_snapshot();
    Replica replica;
    ASSERT_TRUE(replica.app->offer_snapshot(snapshot, trusted()));
    ASSERT_TRUE(replica.app->apply_snapshot_chunk(0, chunk(snapshot, 0)));
    replica.open();
    EXPECT_FALSE(replica.app->initialised());
    EXPECT_EQ(replica.app->apply_snapshot_chunk(1, chunk(snapshot, 1)).error().code,
              ErrorCode::conflict);
    restore(replica, snapshot);
    EXPECT_TRUE(replica.app->initialised());
}

TEST_F(PastTest, OnlyTheNewestSnapshotsAreKept) {
    const auto first = chain.app->take_snapshot()->height;
    for (int i = 0; i < 2; ++i) {
        mine();
        ASSERT_TRUE(chain.app->take_snapshot());
    }
    EXPECT_EQ(chain.app->list_snapshots()->size(), 2U);
    EXPECT_EQ(chain.app->load_snapshot_chunk(first, 1, 0).error().code, ErrorCode::not_found);
    const auto newest = chain.app->list_snapshots()->back();
    EXPECT_EQ(chain.app->load_snapshot_chunk(newest.height, 1, newest.chunks).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(chain.app->load_snapshot_chunk(newest.height, 2, 0).error().code,
              ErrorCode::not_found);
}

// Goal: what is pruned says so, what stays goes on. Method: prune to all but the newest five.
TEST_F(PastTest, WhatIsPrunedIsGoneAndTheRestStands) {
    for (int i = 0; i < 8; ++i) mine();
    const auto tip = chain.app->info().height;
    const auto retain = retain_height({.keep_blocks = 5}, tip);
    EXPECT_EQ(retain, tip - 4);
    EXPECT_EQ(retain_height({.keep_blocks = 0}, tip), 0U);
    EXPECT_EQ(retain_height({.keep_blocks = tip + 1}, tip), 0U);
    const auto first_id =
        wire::id_of(*wire::decode_transaction(chain.app->blocks().block(1)->transactions.front()));
    EXPECT_EQ(chain.app->prune(tip + 1).error().code, ErrorCode::malformed);
    auto pruned = chain.app->prune(retain);
    for (int i = 0; pruned && !pruned->done && i < 100; ++i) pruned = chain.app->prune(retain);
    ASSERT_TRUE(pruned) << pruned.error().detail;
    EXPECT_TRUE(pruned->done);
    EXPECT_EQ(pruned->first_block, retain);
    EXPECT_EQ(pruned->first_state, retain);
    const auto gone = chain.app->blocks().block(retain - 1);
    EXPECT_EQ(gone.error().code, ErrorCode::not_found);
    EXPECT_NE(gone.error().detail.find("pruned"), std::string::npos);
    EXPECT_EQ(chain.app->query(chain::path::transaction, first_id.view()).error().code,
              ErrorCode::not_found);
    const auto old_state = chain.app->query(chain::path::mining, {}, retain - 1);
    EXPECT_EQ(old_state.error().code, ErrorCode::not_found);
    EXPECT_NE(old_state.error().detail.find("pruned"), std::string::npos);
    for (wire::Height height = retain; height <= tip; ++height) {
        const auto block = chain.app->blocks().block(height);
        ASSERT_TRUE(block);
        const auto id = wire::id_of(*wire::decode_transaction(block->transactions.front()));
        EXPECT_TRUE(chain.app->query(chain::path::receipt, id.view())) << height;
    }
    chain.open();
    mine();
}

TEST_F(PastTest, WhatASnapshotOnOfferNeedsIsNotPruned) {
    const auto snapshot = *chain.app->take_snapshot();
    const auto height = trusted();
    for (int i = 0; i < 4; ++i) mine();
    auto pruned = chain.app->prune(chain.app->info().height);
    for (int i = 0; pruned && !pruned->done && i < 100; ++i) {
        pruned = chain.app->prune(chain.app->info().height);
    }
    ASSERT_TRUE(pruned);
    EXPECT_EQ(pruned->first_state, snapshot.height);
    Replica replica;
    ASSERT_TRUE(replica.app->offer_snapshot(snapshot, height));
    for (std::uint32_t i = 0; i < snapshot.chunks; ++i) {
        ASSERT_TRUE(replica.app->apply_snapshot_chunk(i, chunk(snapshot, i)));
    }
    EXPECT_EQ(replica.app->info().height, snapshot.height);
}

}  // namespace
}  // namespace ledger
