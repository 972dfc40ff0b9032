// SPDX-License-Identifier: Apache-2.0
// Goal: the log has RFC 9162's roots and paths, for every size it ever had. Method: all sizes up to
// 200, appended in blocks of many sizes, against the plain functions over all leaves.
#include "ledger/history_log.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "base/testing.h"
#include "crypto/hash.h"
#include "crypto/merkle.h"
#include "storage/memory_store.h"

namespace ledger {
namespace {

using base::Bytes;
using crypto::Digest32;

constexpr std::uint64_t leaves_max = 200;

Bytes envelope_of(std::uint64_t number) {
    Bytes out;
    base::append_u64(out, number);
    return out;
}

std::vector<Digest32> leaf_hashes(std::uint64_t size) {
    std::vector<Digest32> out;
    for (std::uint64_t i = 0; i < size; ++i) out.push_back(crypto::merkle_leaf(envelope_of(i)));
    return out;
}

std::vector<Digest32> digests(const std::vector<wire::Hash256>& path) {
    std::vector<Digest32> out;
    for (const auto& hash : path) out.push_back(hash.bytes);
    return out;
}

class HistoryLogTest : public testing::Test {
protected:
    void append(std::uint64_t count) {
        std::vector<Digest32> leaves;
        for (std::uint64_t i = 0; i < count; ++i) {
            leaves.push_back(crypto::merkle_leaf(envelope_of(log->size() + i)));
        }
        storage::WriteBatch batch;
        const auto tip = log->stage(leaves, batch);
        ASSERT_TRUE(store.write(batch));
        log->adopt();
        ASSERT_EQ(tip.root, log->root());
        ASSERT_EQ(tip.size, log->size());
    }
    void grow_to(std::uint64_t size) {
        base::SeededRandom random(size);
        while (log->size() < size) {
            append(std::min(size - log->size(), 1 + random.below(20)));
        }
    }

    storage::MemoryStore store;
    std::unique_ptr<HistoryLog> log = std::move(*HistoryLog::open(store));
};

TEST_F(HistoryLogTest, HasTheRootOfEverySize) {
    EXPECT_EQ(log->root().bytes, crypto::sha256(base::ByteView()));
    grow_to(leaves_max);
    for (std::uint64_t size = 0; size <= leaves_max; ++size) {
        ASSERT_EQ(log->root_at(size).value().bytes, crypto::merkle_root(leaf_hashes(size)));
    }
    EXPECT_EQ(log->root(), log->root_at(leaves_max).value());
}

TEST_F(HistoryLogTest, GivesTheInclusionPathOfEveryLeafWithinEverySize) {
    grow_to(leaves_max);
    for (std::uint64_t size = 1; size <= leaves_max; size += base::testing::stride) {
        const auto hashes = leaf_hashes(size);
        for (std::uint64_t index = 0; index < size; ++index) {
            ASSERT_EQ(digests(log->inclusion_path(index, size).value()),
                      crypto::merkle_path(hashes, index));
        }
    }
}

TEST_F(HistoryLogTest, GivesConsistencyPathsThatVerify) {
    grow_to(leaves_max);
    for (std::uint64_t size = 1; size <= leaves_max; size += base::testing::stride) {
        const auto root = log->root_at(size).value().bytes;
        for (std::uint64_t old_size = 1; old_size <= size; ++old_size) {
            const auto path = digests(log->consistency_path(old_size, size).value());
            const auto old_root = log->root_at(old_size).value().bytes;
            ASSERT_TRUE(crypto::verify_merkle_consistency(old_size, old_root, size, root, path))
                << old_size << " in " << size;
            auto other_root = old_root;
            other_root[0] ^= 1;
            ASSERT_FALSE(crypto::verify_merkle_consistency(old_size, other_root, size, root, path));
        }
    }
    EXPECT_TRUE(log->consistency_path(0, 10).value().empty());
}

TEST_F(HistoryLogTest, ContinuesExactlyAfterItIsOpenedAgain) {
    for (std::uint64_t size = 1; size <= leaves_max; size += 7) {
        grow_to(size);
        const auto root = log->root();
        log = std::move(*HistoryLog::open(store));
        ASSERT_EQ(log->size(), size);
        ASSERT_EQ(log->root(), root);
    }
    grow_to(leaves_max);
    EXPECT_EQ(log->root().bytes, crypto::merkle_root(leaf_hashes(leaves_max)));
}

TEST_F(HistoryLogTest, WritesAFewEntriesForABlockOfMany) {
    grow_to(1'000);
    const std::vector<Digest32> leaves(2'000);
    storage::WriteBatch batch;
    (void)log->stage(leaves, batch);
    EXPECT_LE(batch.entries().size(), 14U);
}

TEST_F(HistoryLogTest, ForgetsWhatIsDropped) {
    grow_to(5);
    const auto root = log->root();
    storage::WriteBatch dropped;
    const std::vector<Digest32> leaves{crypto::merkle_leaf(envelope_of(77))};
    EXPECT_NE(log->stage(leaves, dropped).root, root);
    log->drop();
    log->drop();
    EXPECT_EQ(log->root(), root);
    grow_to(9);
    EXPECT_EQ(log->root().bytes, crypto::merkle_root(leaf_hashes(9)));
}

TEST_F(HistoryLogTest, RefusesWhatItDoesNotHold) {
    grow_to(5);
    EXPECT_EQ(log->inclusion_path(5, 5).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(log->inclusion_path(0, 6).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(log->inclusion_path(0, 0).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(log->consistency_path(3, 6).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(log->consistency_path(4, 3).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(log->root_at(6).error().code, base::ErrorCode::not_found);
}

TEST_F(HistoryLogTest, SaysThatItIsDamagedWhenANodeIsGone) {
    grow_to(6);
    std::vector<Bytes> keys;
    const Bytes begin{HistoryLog::store_prefix, 'n'};
    ASSERT_TRUE(
        store.scan(begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView) {
            keys.emplace_back(key.begin(), key.end());
            return true;
        }));
    storage::WriteBatch batch;
    for (const auto& key : keys) batch.erase(key);
    ASSERT_TRUE(store.write(batch));
    EXPECT_EQ(log->inclusion_path(0, 6).error().code, base::ErrorCode::corrupted);
    EXPECT_EQ(HistoryLog::open(store).error().code, base::ErrorCode::corrupted);
}

}  // namespace
}  // namespace ledger
