// SPDX-License-Identifier: Apache-2.0
// Goal: a snapshot has the same bytes on every replica and restores a tree that goes on as any
// other; whatever else comes in its stead is refused by name and leaves no state. Method: random
// trees with different pasts, crashes at every write, and snapshots that lie.
#include "state/snapshot.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "crypto/hash.h"
#include "state/internal/made_snapshot.h"
#include "storage/forwarding_store.h"

namespace state {
namespace {

using base::Bytes;
using base::ErrorCode;
using namespace testing;

/// Applies all chunks and makes the version.
void restore(storage::KeyValueStore& store, const Snapshot& snapshot) {
    auto import = SnapshotImport::begin(store, snapshot.metadata);
    ASSERT_TRUE(import) << import.error().detail;
    while (!(*import)->complete()) {
        const auto next = (*import)->next_chunk();
        const auto applied = (*import)->apply(next, snapshot.chunks[next]);
        ASSERT_TRUE(applied) << applied.error().detail;
    }
    storage::WriteBatch batch;
    const auto finished = (*import)->finish(batch);
    ASSERT_TRUE(finished) << finished.error().detail;
    ASSERT_TRUE(store.write(batch));
}

void prune(StateTree& tree, wire::Height version) {
    while (!tree.prune_below(version, 50).value().done) {
    }
}

TEST(StateSnapshot, HasTheSameBytesOnEveryReplica) {
    base::SeededRandom random(41);
    Grown whole;
    Grown pruned;
    Grown scarce(StateTree::Options{.cached_nodes_max = 30});
    Grown restored;
    for (wire::Height version = 0; version < 20; ++version) {
        const auto changes = large_changes(random, 200);
        for (auto* one : {&whole, &pruned, &scarce}) one->commit(version, changes);
        if (version % 4 == 0) prune(*pruned.tree, version);
        if (version % 3 == 0) scarce.reopen();
        if (version == 9) {
            restore(restored.store, snapshot_of(*whole.tree, 9));
            restored.reopen();
            restored.oracle = whole.oracle;
        } else if (version > 9) {
            restored.commit(version, changes);
        }
    }
    const auto snapshot = snapshot_of(*whole.tree, 19);
    EXPECT_GT(snapshot.chunks.size(), 2U);
    EXPECT_EQ(snapshot.metadata.root, whole.tree->root());
    EXPECT_EQ(snapshot.metadata.entries, whole.oracle.entries().size());
    EXPECT_EQ(snapshot_of(*pruned.tree, 19), snapshot);
    EXPECT_EQ(snapshot_of(*scarce.tree, 19), snapshot);
    EXPECT_EQ(snapshot_of(*restored.tree, 19), snapshot);
    for (const auto& chunk : snapshot.chunks) EXPECT_LE(chunk.size(), snapshot_chunk_bytes_max);
}

TEST(StateSnapshot, RestoresATreeThatGoesOnAsAnyOther) {
    base::SeededRandom random(42);
    Grown original;
    for (wire::Height version = 0; version < 15; ++version) {
        original.commit(version, random_changes(random, 80, 400));
    }
    Grown restored;
    restore(restored.store, snapshot_of(*original.tree, 14));
    restored.reopen();
    restored.oracle = original.oracle;
    EXPECT_EQ(restored.tree->version(), 14U);
    EXPECT_EQ(restored.tree->root(), original.tree->root());
    EXPECT_EQ(restored.tree->oldest().value(), 14U);
    EXPECT_EQ(restored.tree->root_at(13).error().code, ErrorCode::not_found);
    for (wire::Height version = 15; version < 60; ++version) {
        const auto changes = random_changes(random, 40, 400);
        original.commit(version, changes);
        restored.commit(version, changes);
        ASSERT_EQ(restored.tree->root(), original.tree->root());
        ASSERT_EQ(restored.tree->root(), restored.oracle.root());
        if (version % 10 == 0) prune(*restored.tree, version - 3);
        if (version % 8 == 0) restored.reopen();
        for (std::uint64_t i = 0; i < 20; ++i) {
            const auto key = numbered_key(random.below(500));
            ASSERT_EQ(restored.tree->get(key).value(), original.tree->get(key).value());
            const auto proof = original.tree->prove(key, version);
            const auto again = restored.tree->prove(key, version);
            ASSERT_EQ(proof.has_value(), again.has_value());
            if (!proof) continue;
            ASSERT_EQ(*proof, *again);
        }
    }
}

/// Fails one write: nothing of it is seen, as the seam of stores promises.
class FailingStore final : public storage::ForwardingStore {
public:
    explicit FailingStore(storage::MemoryStore& below) : ForwardingStore(below) {}
    void fail_write(std::size_t n) { left_ = n; }
    [[nodiscard]] bool failed() const { return failed_; }
    base::Result<void> write(const storage::WriteBatch& batch) override {
        if (!failed_ && left_-- == 0) {
            failed_ = true;
            return base::fail(ErrorCode::unavailable, "the power went out");
        }
        return ForwardingStore::write(batch);
    }

private:
    std::size_t left_ = 0;
    bool failed_ = false;
};

/// One run of an import, until it is done or a write fails.
bool run_once(storage::KeyValueStore& store, const Snapshot& snapshot) {
    auto import = SnapshotImport::begin(store, snapshot.metadata);
    if (!import) return false;
    while (!(*import)->complete()) {
        const auto next = (*import)->next_chunk();
        if (!(*import)->apply(next, snapshot.chunks[next])) return false;
    }
    storage::WriteBatch batch;
    return (*import)->finish(batch).has_value() && store.write(batch).has_value();
}

TEST(StateSnapshot, GoesOnAfterACrashAtAnyWrite) {
    base::SeededRandom random(43);
    Grown original;
    original.commit(7, large_changes(random, 900));
    const auto snapshot = snapshot_of(*original.tree, 7);
    storage::MemoryStore expected;
    restore(expected, snapshot);
    for (std::size_t n = 0;; ++n) {
        storage::MemoryStore disk;
        FailingStore store(disk);
        store.fail_write(n);
        const bool done = run_once(store, snapshot);
        ASSERT_NE(done, store.failed());
        if (done) {
            EXPECT_EQ(n, snapshot.chunks.size() + 1) << "a write for each chunk, and the last";
            break;
        }
        ASSERT_TRUE(StateTree::open(disk).value()->empty()) << "half a state counts as none";
        EXPECT_EQ(SnapshotImport::begin(disk, snapshot.metadata).value()->next_chunk(), n)
            << "what was acknowledged is kept";
        ASSERT_TRUE(run_once(disk, snapshot));
        ASSERT_EQ(dump(disk), dump(expected));
    }
}

TEST(StateSnapshot, LeavesNothingOfAnImportThatIsAbandoned) {
    base::SeededRandom random(44);
    Grown original;
    original.commit(7, large_changes(random, 900));
    const auto snapshot = snapshot_of(*original.tree, 7);
    for (std::size_t n = 0;; ++n) {
        storage::MemoryStore disk;
        FailingStore store(disk);
        auto import = SnapshotImport::begin(disk, snapshot.metadata).value();
        for (std::uint32_t i = 0; i < 2; ++i) ASSERT_TRUE(import->apply(i, snapshot.chunks[i]));
        store.fail_write(n);
        const auto abandoned = SnapshotImport::abandon(store);
        ASSERT_NE(abandoned.has_value(), store.failed());
        ASSERT_TRUE(SnapshotImport::abandon(disk));
        ASSERT_TRUE(dump(disk).empty());
        if (abandoned) break;
    }
    const auto before = dump(original.store);
    ASSERT_TRUE(SnapshotImport::abandon(original.store));
    EXPECT_EQ(dump(original.store), before) << "a state that is there stays";
}

TEST(StateSnapshot, MakesRoomForAnother) {
    base::SeededRandom random(45);
    Grown original;
    original.commit(7, large_changes(random, 700));
    const auto first = snapshot_of(*original.tree, 7);
    original.commit(8, large_changes(random, 300));
    const auto second = snapshot_of(*original.tree, 8);
    storage::MemoryStore disk;
    {
        auto import = SnapshotImport::begin(disk, first.metadata).value();
        ASSERT_TRUE(import->apply(0, first.chunks[0]));
    }
    restore(disk, second);
    storage::MemoryStore expected;
    restore(expected, second);
    EXPECT_EQ(dump(disk), dump(expected));
    EXPECT_EQ(SnapshotImport::begin(disk, first.metadata).error().code, ErrorCode::conflict)
        << "it has a state now";
}

TEST(StateSnapshot, RefusesEveryChunkButTheNext) {
    base::SeededRandom random(46);
    Grown original;
    original.commit(7, large_changes(random, 2'000));
    const auto snapshot = snapshot_of(*original.tree, 7);
    ASSERT_GT(snapshot.chunks.size(), 2U);
    original.commit(8, {{numbered_key(1), value_of(1)}});
    const auto foreign = snapshot_of(*original.tree, 8);
    storage::MemoryStore disk;
    auto import = SnapshotImport::begin(disk, snapshot.metadata).value();
    ASSERT_TRUE(import->apply(0, snapshot.chunks[0]));
    const auto& next = snapshot.chunks[1];
    auto wrong_byte = next;
    wrong_byte[next.size() / 2] ^= 1;
    auto longer = next;
    longer.push_back(0);
    struct Case {
        const char* name;
        std::uint32_t index;
        Bytes bytes;
        ErrorCode code;
        const char* detail;
    };
    const std::vector<Case> cases{
        {"repeated", 0, snapshot.chunks[0], ErrorCode::conflict, "next is chunk 1"},
        {"too early", 2, snapshot.chunks[2], ErrorCode::conflict, "next is chunk 1"},
        {"reordered", 1, snapshot.chunks[2], ErrorCode::malformed, "chunk 2 came as chunk 1"},
        {"repeated as the next", 1, snapshot.chunks[0], ErrorCode::malformed, "chunk 0 came as"},
        {"a changed byte", 1, wrong_byte, ErrorCode::malformed, "does not have the hash"},
        {"cut short", 1, Bytes(next.begin(), next.end() - 1), ErrorCode::malformed, "hash"},
        {"made longer", 1, longer, ErrorCode::malformed, "hash"},
        {"empty", 1, {}, ErrorCode::malformed, "hash"},
        {"of another snapshot", 1, foreign.chunks[1], ErrorCode::malformed, "hash"},
        {"beyond the last", 99, next, ErrorCode::not_found, "no chunk 99"},
    };
    const auto before = dump(disk);
    for (const auto& one : cases) {
        const auto refused = import->apply(one.index, one.bytes);
        ASSERT_FALSE(refused) << one.name;
        EXPECT_EQ(refused.error().code, one.code) << one.name;
        EXPECT_NE(refused.error().detail.find(one.detail), std::string::npos)
            << one.name << ": " << refused.error().detail;
        EXPECT_EQ(dump(disk), before) << one.name;
    }
    storage::WriteBatch batch;
    EXPECT_EQ(import->finish(batch).error().code, ErrorCode::conflict) << "chunks are missing";
    EXPECT_TRUE(batch.empty());
    ASSERT_TRUE(run_once(disk, snapshot)) << "and the right ones are still welcome";
    EXPECT_EQ(StateTree::open(disk).value()->root(), snapshot.metadata.root);
}

TEST(StateSnapshot, IsNotMadeOfWhatIsNotThere) {
    base::SeededRandom random(48);
    Grown grown;
    grown.commit(1, random_changes(random, 50, 50));
    const auto old = describe_snapshot(*grown.tree, 1).value();
    grown.commit(2, random_changes(random, 50, 50));
    EXPECT_EQ(describe_snapshot(*grown.tree, 3).error().code, ErrorCode::not_found);
    auto other = old;
    other.height = 2;
    EXPECT_EQ(snapshot_chunk(*grown.tree, other, 0).error().code, ErrorCode::corrupted);
    EXPECT_EQ(snapshot_chunk(*grown.tree, old, 1).error().code, ErrorCode::not_found);
    ASSERT_TRUE(snapshot_chunk(*grown.tree, old, 0));
    prune(*grown.tree, 2);
    EXPECT_EQ(snapshot_chunk(*grown.tree, old, 0).error().code, ErrorCode::not_found);
    grown.commit(3, {{numbered_key(1), Bytes(snapshot_chunk_bytes_max)}});
    EXPECT_EQ(describe_snapshot(*grown.tree, 3).error().code, ErrorCode::too_large);
}

// Pinned: replicas of different builds must make the same snapshot. A change here is a change of
// the format.
TEST(StateSnapshot, HasItsPinnedBytes) {
    Grown grown;
    grown.commit(3, {{numbered_key(1), value_of(1)}, {numbered_consent(1, 2), value_of(3)}});
    const auto snapshot = snapshot_of(*grown.tree, 3);
    EXPECT_EQ(base::to_hex(hash_of(snapshot.metadata).view()),
              "1141b362c3d595ba63027cf317b0d46603dd3f28624826c736a62fbdabb715d8");
    EXPECT_EQ(base::to_hex(crypto::sha256(snapshot.chunks[0])),
              "b0731f042ff10cc510f968307f5a82b4a52507e024615cd1a2f195d50de06a03");
}

}  // namespace
}  // namespace state
