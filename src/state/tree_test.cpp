// SPDX-License-Identifier: Apache-2.0
// Goal: the tree has the root that its definition gives, at every version, whatever came before,
// and stays itself across restarts, failures and a small cache. Method: random changes against an
// oracle that writes the definition down.
#include "state/tree.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "base/testing.h"
#include "state/internal/grown_tree.h"
#include "state/keys.h"
#include "storage/forwarding_store.h"
#include "storage/memory_store.h"

namespace state {
namespace {

using base::Bytes;

using namespace testing;

TEST(StateTree, HasTheRootOfItsDefinitionAfterRandomChanges) {
    base::SeededRandom random(1);
    Grown grown;
    for (wire::Height version = 0; version < base::testing::rounds(wire::Height{120}); ++version) {
        grown.commit(version, random_changes(random, 1 + random.below(120), 3'000));
        ASSERT_EQ(grown.tree->root(), grown.oracle.root()) << "version " << version;
        ASSERT_EQ(grown.tree->version(), version);
    }
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        const auto value = grown.tree->get(numbered_key(i));
        ASSERT_TRUE(value);
        ASSERT_EQ(*value, grown.oracle.get(numbered_key(i)));
    }
}

TEST(StateTree, HasTheRootOfItsDefinitionWhileFewKeysComeAndGo) {
    base::SeededRandom random(2);
    Grown grown;
    for (wire::Height version = 0; version < base::testing::rounds(wire::Height{600}); ++version) {
        grown.commit(version, random_changes(random, 1 + random.below(6), 12));
        ASSERT_EQ(grown.tree->root(), grown.oracle.root()) << "version " << version;
    }
}

TEST(StateTree, EndsInTheSameRootWhateverTheOrderOfItsChanges) {
    base::SeededRandom random(3);
    Changes all;
    for (std::uint64_t i = 0; i < 500; ++i) all[numbered_key(i)] = value_of(i);
    for (std::uint8_t i = 0; i < 50; ++i) all[numbered_consent(i % 3, i)] = value_of(i);
    Grown at_once;
    at_once.commit(0, all);

    std::vector<std::pair<Bytes, std::optional<Bytes>>> shuffled(all.begin(), all.end());
    for (std::size_t i = shuffled.size(); i > 1; --i) {
        std::swap(shuffled[i - 1], shuffled[random.below(i)]);
    }
    Grown one_by_one;
    for (std::size_t i = 0; i < shuffled.size(); ++i) one_by_one.commit(i, {shuffled[i]});
    EXPECT_EQ(one_by_one.tree->root(), at_once.tree->root());
}

TEST(StateTree, AnswersForEveryPastVersion) {
    base::SeededRandom random(4);
    Grown grown;
    std::vector<ReferenceTree> history;
    for (wire::Height version = 0; version < 40; ++version) {
        grown.commit(version * 3, random_changes(random, 60, 200));
        history.push_back(grown.oracle);
    }
    for (wire::Height version = 0; version <= 39 * 3; ++version) {
        const auto& then = history[version / 3];
        ASSERT_EQ(grown.tree->root_at(version).value(), then.root());
        for (std::uint64_t i = 0; i < 200; i += 7) {
            ASSERT_EQ(grown.tree->get_at(numbered_key(i), version).value(),
                      then.get(numbered_key(i)));
        }
    }
    EXPECT_EQ(grown.tree->root_at(39 * 3 + 1).error().code, base::ErrorCode::not_found);
}

TEST(StateTree, ContinuesExactlyAfterItIsOpenedAgain) {
    base::SeededRandom random(5);
    Grown restarted;
    Grown kept;
    for (wire::Height version = 0; version < 60; ++version) {
        const auto changes = random_changes(random, 40, 500);
        restarted.commit(version, changes);
        restarted.reopen();
        kept.commit(version, changes);
        ASSERT_EQ(restarted.tree->root(), kept.tree->root());
        ASSERT_EQ(restarted.tree->version(), version);
    }
}

TEST(StateTree, WritesTheSameBytesWhateverItsCacheHolds) {
    base::SeededRandom random(6);
    Grown ample;
    Grown scarce(StateTree::Options{.cached_nodes_max = 50});
    for (wire::Height version = 0; version < 80; ++version) {
        const auto changes = random_changes(random, 30, 600);
        ample.commit(version, changes);
        scarce.commit(version, changes);
    }
    EXPECT_EQ(dump(ample.store), dump(scarce.store));
    EXPECT_GT(dump(ample.store).size(), 80U);
}

TEST(StateTree, ForgetsAStagedVersionThatIsDropped) {
    Grown grown;
    grown.commit(0, {{numbered_key(1), value_of(1)}});
    const auto root = grown.tree->root();
    storage::WriteBatch dropped;
    ASSERT_TRUE(grown.tree->stage(1, {{numbered_key(2), value_of(2)}}, dropped));
    EXPECT_EQ(grown.tree->get(numbered_key(2)).value(), std::nullopt) << "staged is not seen";
    grown.tree->drop();
    grown.tree->drop();
    EXPECT_EQ(grown.tree->root(), root);
    EXPECT_EQ(grown.tree->version(), 0U);
    grown.commit(1, {{numbered_key(3), value_of(3)}});
    EXPECT_EQ(grown.tree->root(), grown.oracle.root());
}

// The cache must keep track of what it reads while it holds the nodes of two versions.
TEST(StateTree, AnswersForTheNewestVersionWhileAnotherIsStaged) {
    base::SeededRandom random(8);
    Grown grown(StateTree::Options{.cached_nodes_max = 60});
    for (wire::Height version = 0; version < 60; ++version) {
        const auto changes = random_changes(random, 20, 300);
        storage::WriteBatch batch;
        const auto root = grown.tree->stage(version, changes, batch).value();
        if (version > 0) {
            for (int i = 0; i < 40; ++i) {
                const auto key = numbered_key(random.below(300));
                ASSERT_EQ(grown.tree->get(key).value(), grown.oracle.get(key));
            }
        }
        if (random.below(3) == 0) {
            grown.tree->drop();
            grown.commit(version, changes);
        } else {
            ASSERT_TRUE(grown.store.write(batch));
            grown.tree->adopt();
            grown.oracle.apply(changes);
        }
        ASSERT_EQ(grown.tree->root(), root);
        ASSERT_EQ(grown.tree->root(), grown.oracle.root());
    }
}

/// Answers reads until it is told to fail from the n-th on.
class FailingReads final : public storage::ForwardingStore {
public:
    explicit FailingReads(storage::KeyValueStore& below) : ForwardingStore(below) {}
    void fail_from(std::size_t n) { left_ = n; }
    base::Result<std::optional<Bytes>> get(base::ByteView key) const override {
        if (left_ == 0) return base::fail(base::ErrorCode::unavailable, "the disk is gone");
        --left_;
        return ForwardingStore::get(key);
    }

private:
    mutable std::size_t left_ = ~std::size_t{0};
};

TEST(StateTree, StagesNothingWhenTheStoreFailsAndTheSameAfterwards) {
    base::SeededRandom random(9);
    Grown grown;
    for (wire::Height version = 0; version < 6; ++version) {
        grown.commit(version, random_changes(random, 100, 300));
    }
    const auto changes = random_changes(random, 60, 300);
    storage::WriteBatch expected;
    const auto root = grown.tree->stage(6, changes, expected).value();
    for (std::size_t n = 0;; ++n) {
        FailingReads store(grown.store);
        const auto tree = StateTree::open(store).value();
        store.fail_from(n);
        storage::WriteBatch batch;
        const auto staged = tree->stage(6, changes, batch);
        if (!staged) {
            ASSERT_EQ(staged.error().code, base::ErrorCode::unavailable);
            store.fail_from(~std::size_t{0});
            batch = {};
            ASSERT_EQ(tree->stage(6, changes, batch).value(), root) << "read " << n;
        }
        ASSERT_EQ(batch.entries().size(), expected.entries().size());
        for (std::size_t i = 0; i < batch.entries().size(); ++i) {
            ASSERT_EQ(batch.entries()[i].value, expected.entries()[i].value);
        }
        if (staged) {
            EXPECT_GT(n, 10U);
            break;
        }
    }
}

TEST(StateTree, KeepsItsRootWhenNothingChanges) {
    Grown grown;
    grown.commit(0, {{numbered_key(1), value_of(1)}, {numbered_consent(1, 2), value_of(3)}});
    const auto root = grown.tree->root();
    grown.commit(1, {});
    grown.commit(2, {{numbered_key(7), std::nullopt}});
    grown.commit(3, {{numbered_key(1), value_of(1)}, {numbered_consent(1, 2), value_of(3)}});
    EXPECT_EQ(grown.tree->root(), root);
    EXPECT_EQ(grown.tree->root_at(2).value(), root);
}

TEST(StateTree, HoldsConsentsUnderTheirPatientsRoot) {
    Grown grown;
    grown.commit(0, {{numbered_consent(1, 2), value_of(3)}});
    const auto patient_root = grown.tree->get(patient_of(numbered_id(1))).value();
    ASSERT_TRUE(patient_root);
    const auto proof = grown.tree->prove(numbered_consent(1, 2), 0);
    ASSERT_TRUE(proof);
    EXPECT_TRUE(verify_existence(*wire::Hash256::from(*patient_root), *proof));
    EXPECT_FALSE(verify_existence(grown.tree->root(), *proof));
    EXPECT_EQ(grown.tree->get(numbered_consent(1, 3)).value(), std::nullopt);
    EXPECT_EQ(grown.tree->get(numbered_consent(2, 2)).value(), std::nullopt);
    EXPECT_EQ(grown.tree->get(patient_of(numbered_id(2))).value(), std::nullopt);
}

TEST(StateTree, BeginsWithItsSentinelAlone) {
    Grown grown;
    EXPECT_TRUE(grown.tree->empty());
    EXPECT_EQ(grown.tree->get(numbered_key(1)).value(), std::nullopt);
    EXPECT_EQ(grown.tree->root_at(0).error().code, base::ErrorCode::not_found);
    grown.commit(0, {});
    EXPECT_FALSE(grown.tree->empty());
    EXPECT_EQ(grown.tree->root(), leaf_hash(path_of(sentinel_key()), sentinel_value()));
}

// Goal: damage below the tree is an error with a place, never a wrong value or a crash. Method:
// change each byte of each page, one at a time, and read everything.
TEST(StateTree, NamesADamagedPage) {
    Grown grown;
    Changes changes;
    for (std::uint64_t i = 0; i < 6; ++i) changes[numbered_key(i)] = value_of(i);
    changes[numbered_consent(1, 2)] = value_of(9);
    grown.commit(0, changes);
    Bytes page_key;
    Bytes page;
    const Bytes begin{StateTree::store_prefix, 'p'};
    ASSERT_TRUE(grown.store.scan(begin, storage::end_of_prefix(begin),
                                 [&](base::ByteView key, base::ByteView value) {
                                     page_key.assign(key.begin(), key.end());
                                     page.assign(value.begin(), value.end());
                                     return true;
                                 }));
    ASSERT_FALSE(page.empty());
    std::size_t found = 0;
    for (std::size_t at = 0; at < page.size() * 8; at += base::testing::stride) {
        auto damaged = page;
        damaged[at / 8] ^= static_cast<std::uint8_t>(1U << (at % 8));
        storage::WriteBatch batch;
        batch.put(page_key, damaged);
        ASSERT_TRUE(grown.store.write(batch));
        bool noticed = false;
        for (const auto& [key, value] : changes) {
            const auto got = grown.tree->get_at(key, 0);
            if (got) {
                ASSERT_EQ(*got, value) << "a wrong value with bit " << at;
            } else {
                ASSERT_EQ(got.error().code, base::ErrorCode::corrupted);
                EXPECT_NE(got.error().detail.find("of version "), std::string::npos);
                noticed = true;
            }
        }
        found += noticed ? 1 : 0;
    }
    EXPECT_GT(found, page.size() * 4 / base::testing::stride);
    storage::WriteBatch gone;
    gone.erase(page_key);
    ASSERT_TRUE(grown.store.write(gone));
    EXPECT_EQ(grown.tree->get_at(numbered_key(1), 0).error().code, base::ErrorCode::corrupted);
}

// Pinned: these roots enter headers. A change here is a change of the ledger's format.
TEST(StateTree, HasItsPinnedRoots) {
    Grown grown;
    grown.commit(0, {});
    EXPECT_EQ(base::to_hex(grown.tree->root().view()),
              "89f4cd1ac9e409d9d59d42dadfaefbfe74197135015d142d405dd6c785f8b95f");
    grown.commit(1, {{key_of(numbered_id(1)), value_of(1)}, {mining(), value_of(2)}});
    EXPECT_EQ(base::to_hex(grown.tree->root().view()),
              "512c439d967c55d647b3f71b5487e4ef0a756ea9242baa43c82d0db068da8b51");
    grown.commit(2, {{numbered_consent(1, 2), value_of(3)}});
    EXPECT_EQ(base::to_hex(grown.tree->root().view()),
              "9486287ce5804d1611e99eb29a071cebea4c320ac71a3e597ece79c0da59df9a");
}

}  // namespace
}  // namespace state
