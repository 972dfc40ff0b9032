// SPDX-License-Identifier: Apache-2.0
// Goal: what waits is seen as if it were written, and reaches the store below all at once.
#include "storage/gathering_store.h"

#include <gtest/gtest.h>

#include "storage/memory_store.h"

namespace storage {
namespace {

using base::Bytes;
constexpr std::size_t plenty = 1'000'000;

void put(KeyValueStore& store, Bytes key, Bytes value) {
    WriteBatch batch;
    batch.put(std::move(key), std::move(value));
    ASSERT_TRUE(store.write(batch));
}

TEST(GatheringStore, ShowsWhatWaitsAndWritesItAtTheFlush) {
    MemoryStore below;
    put(below, {1}, {10});
    put(below, {2}, {20});
    GatheringStore store(below, plenty);
    WriteBatch batch;
    batch.put({1}, {11});
    batch.erase({2});
    batch.put({3}, {33});
    ASSERT_TRUE(store.write(batch));
    const std::vector<std::optional<Bytes>> expected{Bytes{11}, std::nullopt, Bytes{33},
                                                     std::nullopt};
    EXPECT_EQ(store.multi_get({{1}, {2}, {3}, {4}}).value(), expected);
    EXPECT_EQ(store.get(Bytes{1}).value(), Bytes{11});
    EXPECT_EQ(below.get(Bytes{1}).value(), Bytes{10});
    ASSERT_TRUE(store.flush());
    EXPECT_EQ(below.multi_get({{1}, {2}, {3}, {4}}).value(), expected);
}

TEST(GatheringStore, ScansSeeWhatWaits) {
    MemoryStore below;
    put(below, {1}, {10});
    GatheringStore store(below, plenty);
    put(store, {2}, {20});
    std::vector<std::uint8_t> seen;
    const auto visit = [&](base::ByteView key, base::ByteView) {
        seen.push_back(key[0]);
        return true;
    };
    ASSERT_TRUE(store.scan(Bytes{0}, Bytes{9}, visit));
    put(store, {3}, {30});
    ASSERT_TRUE(store.scan_reverse(Bytes{0}, Bytes{9}, visit));
    EXPECT_EQ(seen, (std::vector<std::uint8_t>{1, 2, 3, 2, 1}));
}

TEST(GatheringStore, FlushesByItselfAboveItsBound) {
    MemoryStore below;
    GatheringStore store(below, 10);
    put(store, {1}, Bytes(5));
    EXPECT_EQ(below.get(Bytes{1}).value(), std::nullopt);
    put(store, {2}, Bytes(5));
    EXPECT_EQ(below.get(Bytes{1}).value(), Bytes(5));
}

TEST(GatheringStore, KeepsWhatCouldNotBeWritten) {
    MemoryStore below;
    GatheringStore store(below, plenty);
    put(store, {1}, {10});
    below.set_full(true);
    EXPECT_FALSE(store.flush());
    below.set_full(false);
    EXPECT_EQ(store.get(Bytes{1}).value(), Bytes{10});
    ASSERT_TRUE(store.flush());
    EXPECT_EQ(below.get(Bytes{1}).value(), Bytes{10});
}

}  // namespace
}  // namespace storage
