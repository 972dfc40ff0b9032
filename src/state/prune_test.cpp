// SPDX-License-Identifier: Apache-2.0
// Goal: pruning lets go of exactly what no version kept needs, and changes nothing else: neither
// what can be read nor what later versions write. Method: random trees against the oracle, with the
// nodes of each counted.
#include <gtest/gtest.h>

#include <functional>

#include "base/random.h"
#include "base/testing.h"
#include "state/internal/grown_tree.h"
#include "state/internal/node_store.h"
#include "state/internal/page.h"
#include "state/tree.h"
#include "storage/forwarding_store.h"

namespace state {
namespace {

using base::Bytes;
using namespace testing;

std::map<Position, Bytes> entries_at(const StateTree& tree, wire::Height version) {
    std::map<Position, Bytes> out;
    const auto visited = tree.visit(version, [&](const Entry& entry) {
        out[position_of(entry)] = Bytes(entry.value.begin(), entry.value.end());
        return true;
    });
    EXPECT_TRUE(visited) << visited.error().detail;
    return out;
}

void prune(StateTree& tree, wire::Height version, std::size_t nodes_max = 1'000) {
    for (;;) {
        const auto step = tree.prune_below(version, nodes_max);
        ASSERT_TRUE(step) << step.error().detail;
        if (step->done) return;
    }
}

/// Records in all pages, and the bytes of everything that the tree has in the store.
struct Stored {
    std::size_t nodes = 0;
    std::size_t bytes = 0;
};
Stored stored(const storage::KeyValueStore& store) {
    Stored out;
    for (const auto& [key, value] : dump(store)) {
        out.bytes += key.size() + value.size();
        if (key[1] == page_prefix()[1]) out.nodes += records_of(value)->size();
    }
    return out;
}

TEST(StatePruning, KeepsEveryVersionFromItsOwnOnAndNoneBelow) {
    base::SeededRandom random(31);
    Grown grown;
    std::vector<ReferenceTree> history;
    for (wire::Height version = 0; version < 30; ++version) {
        grown.commit(version, random_changes(random, 40, 200));
        history.push_back(grown.oracle);
    }
    for (const wire::Height floor : {1U, 2U, 9U, 10U, 29U}) {
        prune(*grown.tree, floor, 20);
        EXPECT_EQ(grown.tree->oldest().value(), floor);
        grown.reopen();
        for (wire::Height version = 0; version < 30; ++version) {
            if (version >= floor) {
                ASSERT_EQ(entries_at(*grown.tree, version), history[version].entries());
                ASSERT_EQ(grown.tree->root_at(version).value(), history[version].root());
                continue;
            }
            const auto gone = grown.tree->get_at(numbered_key(1), version);
            ASSERT_FALSE(gone);
            EXPECT_EQ(gone.error().code, base::ErrorCode::not_found);
            EXPECT_NE(gone.error().detail.find("pruned"), std::string::npos);
            EXPECT_EQ(grown.tree->prove(numbered_key(1), version).error().code,
                      base::ErrorCode::not_found);
        }
    }
}

TEST(StatePruning, LeavesAsManyNodesAsTheVersionsKeptHold) {
    base::SeededRandom random(32);
    Grown grown;
    for (wire::Height version = 0; version < base::testing::rounds(wire::Height{300}); ++version) {
        grown.commit(version, random_changes(random, 30, 400));
    }
    const auto before = stored(grown.store);
    std::size_t dropped = 0;
    for (;;) {
        const auto step = grown.tree->prune_below(grown.tree->version(), 500).value();
        dropped += step.nodes;
        if (step.done) break;
    }
    EXPECT_EQ(before.nodes - dropped, grown.oracle.nodes());
}

TEST(StatePruning, LeavesTheStoreInProportionToTheLiveState) {
    base::SeededRandom random(33);
    Grown grown;
    Changes all;
    for (std::uint64_t i = 0; i < 400; ++i) all[numbered_key(i)] = value_of(i);
    grown.commit(0, all);
    const auto fresh = stored(grown.store);
    const wire::Height rounds = base::testing::rounds(wire::Height{1'000});
    for (wire::Height version = 1; version <= rounds; ++version) {
        Changes some;
        for (int i = 0; i < 20; ++i) {
            some[numbered_key(random.below(400))] = value_of(random.below(1'000'000));
        }
        grown.commit(version, some);
        prune(*grown.tree, version > 10 ? version - 10 : 0);
        if (version % 100 != 0) continue;
        // Ten versions of 20 changes each are kept beside the newest: about 10 * 20 * 8 nodes. A
        // page may be half empty, and a thinned one has a table.
        const auto now = stored(grown.store);
        EXPECT_LT(now.bytes, 3 * fresh.bytes + 10 * 20 * 8 * 130 * 2) << "version " << version;
    }
    prune(*grown.tree, rounds);
    EXPECT_LT(stored(grown.store).bytes, fresh.bytes * 5 / 2);
    EXPECT_EQ(entries_at(*grown.tree, rounds), grown.oracle.entries());
}

TEST(StatePruning, ChangesNothingOfWhatLaterVersionsWrite) {
    base::SeededRandom random(34);
    Grown pruned(StateTree::Options{.cached_nodes_max = 50});
    Grown whole;
    for (wire::Height version = 0; version < 120; ++version) {
        const auto changes = random_changes(random, 25, 300);
        pruned.commit(version, changes);
        whole.commit(version, changes);
        ASSERT_EQ(pruned.tree->root(), whole.tree->root());
        ASSERT_EQ(pruned.written.size(), whole.written.size());
        for (std::size_t i = 0; i < whole.written.size(); ++i) {
            ASSERT_EQ(pruned.written[i].key, whole.written[i].key);
            ASSERT_EQ(pruned.written[i].value, whole.written[i].value);
        }
        if (version % 7 == 0) prune(*pruned.tree, version - version % 3, 60);
        if (version % 11 == 0) pruned.reopen();
    }
    EXPECT_LT(stored(pruned.store).nodes, stored(whole.store).nodes / 3) << "it did prune";
}

TEST(StatePruning, TakesVersionsThatAreFarApart) {
    Grown grown;
    grown.commit(5, {{numbered_key(1), value_of(1)}});
    grown.commit(50, {{numbered_key(1), value_of(2)}});
    grown.commit(90, {{numbered_key(1), value_of(3)}});
    EXPECT_TRUE(grown.tree->prune_below(3, 10)->done) << "nothing is below";
    prune(*grown.tree, 70);
    EXPECT_EQ(grown.tree->oldest().value(), 50U);
    EXPECT_EQ(grown.tree->get_at(numbered_key(1), 60).value(), value_of(2));
    EXPECT_EQ(grown.tree->get_at(numbered_key(1), 49).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(grown.tree->prune_below(91, 10).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(Grown().tree->prune_below(0, 10).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(Grown().tree->oldest().error().code, base::ErrorCode::not_found);
}

TEST(StatePruning, IsAsItWasWhenAStepCannotBeWritten) {
    base::SeededRandom random(35);
    Grown grown;
    for (wire::Height version = 0; version < 12; ++version) {
        grown.commit(version, random_changes(random, 40, 100));
    }
    for (wire::Height floor = 1; floor < 12; ++floor) {
        const auto before = dump(grown.store);
        grown.store.set_full(true);
        EXPECT_EQ(grown.tree->prune_below(floor, 5).error().code, base::ErrorCode::storage_full);
        grown.store.set_full(false);
        ASSERT_EQ(dump(grown.store), before);
        grown.reopen();
        ASSERT_TRUE(grown.tree->prune_below(floor, 5));
        ASSERT_EQ(grown.tree->oldest().value(), floor);
    }
    EXPECT_EQ(entries_at(*grown.tree, 11), grown.oracle.entries());
}

/// Runs something once, before the n-th read of a node's page.
class Interrupted final : public storage::ForwardingStore {
public:
    explicit Interrupted(storage::KeyValueStore& below) : ForwardingStore(below) {}
    void before_read(std::size_t n, std::function<void()> run) {
        left_ = n;
        run_ = std::move(run);
    }
    base::Result<std::optional<Bytes>> get(base::ByteView key) const override {
        if (run_ && left_-- == 0) std::exchange(run_, nullptr)();
        return ForwardingStore::get(key);
    }
    /// Whether the run came before that read.
    [[nodiscard]] bool ran() const { return !run_; }

private:
    mutable std::size_t left_ = 0;
    mutable std::function<void()> run_;
};

// Goal: a reader that pruning overtakes gets its answer or is told so, never that something is
// damaged. Method: prune before its first read, its second, and so on.
TEST(StatePruning, TellsAReaderThatItOvertakes) {
    base::SeededRandom random(36);
    std::size_t overtaken = 0;
    for (std::size_t n = 0;; ++n) {
        Grown grown;
        base::SeededRandom same(36);
        for (wire::Height version = 0; version < 6; ++version) {
            grown.commit(version, random_changes(same, 200, 400));
        }
        Interrupted store(grown.store);
        const auto tree = StateTree::open(store).value();
        const auto expected = entries_at(*tree, 2);
        store.before_read(n, [&] { prune(*grown.tree, 5); });
        std::map<Position, Bytes> met;
        const auto visited = tree->visit(2, [&](const Entry& entry) {
            met[position_of(entry)] = Bytes(entry.value.begin(), entry.value.end());
            return true;
        });
        if (!store.ran()) break;
        if (visited) {
            ASSERT_EQ(met, expected);
        } else {
            ASSERT_EQ(visited.error().code, base::ErrorCode::not_found) << visited.error().detail;
            ++overtaken;
        }
    }
    EXPECT_GT(overtaken, 3U);
}

// Goal: what a thinned page says is checked like any other. Method: change each bit of one.
TEST(StatePruning, NamesADamagedThinnedPage) {
    base::SeededRandom random(37);
    Grown grown;
    for (wire::Height version = 0; version < 12; ++version) {
        grown.commit(version, random_changes(random, 20, 60));
    }
    prune(*grown.tree, 11);
    const auto sound = entries_at(*grown.tree, 11);
    std::size_t thinned = 0;
    for (const auto& [key, page] : dump(grown.store)) {
        if (key[1] != page_prefix()[1] || page[0] != 16) continue;
        ++thinned;
        for (std::size_t bit = 0; bit < page.size() * 8; bit += base::testing::stride) {
            auto damaged = page;
            damaged[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
            storage::WriteBatch batch;
            batch.put(key, damaged);
            ASSERT_TRUE(grown.store.write(batch));
            std::map<Position, Bytes> met;
            const auto visited = grown.tree->visit(11, [&](const Entry& entry) {
                met[position_of(entry)] = Bytes(entry.value.begin(), entry.value.end());
                return true;
            });
            if (visited) {
                ASSERT_EQ(met, sound) << "wrong entries with bit " << bit;
            } else {
                ASSERT_EQ(visited.error().code, base::ErrorCode::corrupted);
            }
        }
        storage::WriteBatch mended;
        mended.put(key, page);
        ASSERT_TRUE(grown.store.write(mended));
        if (thinned == 2) break;
    }
    EXPECT_EQ(thinned, 2U);
}

}  // namespace
}  // namespace state
