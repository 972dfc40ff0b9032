// SPDX-License-Identifier: Apache-2.0
#include "storage/ahead_store.h"

#include <gtest/gtest.h>

#include "base/testing.h"
#include "storage/memory_store.h"

namespace storage {
namespace {

using base::Bytes;

TEST(AheadStore, ShowsABatchAheadOfItsWriteToItsOwnReadersAlone) {
    MemoryStore disk;
    WriteBatch written;
    written.put({1}, {10});
    written.put({2}, {20});
    ASSERT_TRUE(disk.write(written));
    AheadStore store(disk);
    WriteBatch ahead;
    ahead.put({2}, {21});
    ahead.put({3}, {30});
    ahead.erase({1});
    ahead.put({3}, {31});  // the later entry of a key counts
    store.show(ahead);
    using Values = std::vector<std::optional<Bytes>>;
    EXPECT_EQ(*store.multi_get({{1}, {2}, {3}, {4}}),
              (Values{std::nullopt, Bytes{21}, Bytes{31}, std::nullopt}));
    EXPECT_EQ(*store.get(Bytes{1}), std::nullopt);
    EXPECT_EQ(*disk.multi_get({{1}, {2}, {3}}), (Values{Bytes{10}, Bytes{20}, std::nullopt}));
    store.clear();
    EXPECT_EQ(*store.multi_get({{1}, {2}, {3}}), (Values{Bytes{10}, Bytes{20}, std::nullopt}));
    ASSERT_TRUE(store.write(ahead));
    EXPECT_EQ(*disk.get(Bytes{3}), Bytes{31});
}

}  // namespace
}  // namespace storage
