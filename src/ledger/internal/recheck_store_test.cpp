// SPDX-License-Identifier: Apache-2.0
// Goal: a re-execution sees what it wrote and nothing else, and every difference is named.
#include "ledger/internal/recheck_store.h"

#include <gtest/gtest.h>

#include "ledger/entry_names.h"
#include "storage/memory_store.h"

namespace ledger {
namespace {

using base::Bytes;

Bytes numbered(std::uint64_t number) {
    Bytes key{'B', 'b'};
    base::append_u64(key, number);
    return key;
}

void put(storage::KeyValueStore& store, const Bytes& key, const Bytes& value) {
    storage::WriteBatch batch;
    batch.put(key, value);
    ASSERT_TRUE(store.write(batch));
}

TEST(RecheckStore, ShowsAnEntryOnlyOnceItWasWrittenAnew) {
    storage::MemoryStore stored;
    put(stored, numbered(1), {1});
    RecheckStore anew(stored);
    EXPECT_EQ(anew.get(numbered(1)).value(), std::nullopt);
    EXPECT_TRUE(anew.scan(Bytes{}, Bytes{0xff}, [](auto, auto) {
        ADD_FAILURE() << "it holds nothing yet";
        return true;
    }));
    put(anew, numbered(1), {1});
    EXPECT_EQ(anew.get(numbered(1)).value(), Bytes{1});
    EXPECT_EQ(anew.difference().value(), std::nullopt);
    EXPECT_FALSE(anew.scan(Bytes{}, Bytes{0xff}, [](auto, auto) { return true; }));
}

TEST(RecheckStore, ShowsWhatWasWrittenWhereTheStoredEntryDiffers) {
    storage::MemoryStore stored;
    put(stored, numbered(1), {9});
    RecheckStore anew(stored);
    put(anew, numbered(1), {1});
    put(anew, numbered(2), {2});
    EXPECT_EQ(anew.multi_get({numbered(1), numbered(2), numbered(3)}).value(),
              (std::vector<std::optional<Bytes>>{Bytes{1}, Bytes{2}, std::nullopt}));
    EXPECT_EQ(anew.difference().value(), "block 1 is not what re-execution gives");
    put(anew, numbered(1), {9});
    EXPECT_EQ(anew.difference().value(), "block 2 is missing");
    put(stored, numbered(2), {2});
    put(anew, numbered(2), {2});
    EXPECT_EQ(anew.difference().value(), std::nullopt);
    put(stored, {'L', 'b'}, {4});  // what the replica itself did follows from no block
    EXPECT_EQ(anew.difference().value(), std::nullopt);
    put(stored, numbered(3), {3});
    EXPECT_EQ(anew.difference().value(), "block 3 follows from no block");
}

TEST(RecheckStore, GivesUpWhenNothingIsEqual) {
    const storage::MemoryStore stored;
    RecheckStore anew(stored);
    for (std::uint64_t i = 0; i <= 10'000; ++i) put(anew, numbered(i), {1});
    EXPECT_TRUE(anew.is_hopeless());
}

TEST(SeenKeys, RemembersEveryKeyAndNoOther) {
    SeenKeys seen;
    for (std::uint64_t i = 0; i < 20'000; ++i) EXPECT_TRUE(seen.add(numbered(i)));
    EXPECT_EQ(seen.size(), 20'000U);
    for (std::uint64_t i = 0; i < 20'000; ++i) {
        ASSERT_TRUE(seen.contains(numbered(i)));
        ASSERT_FALSE(seen.add(numbered(i)));
        ASSERT_FALSE(seen.contains(numbered(i + 20'000)));
    }
    EXPECT_EQ(seen.size(), 20'000U);
}

TEST(NameOfEntry, NamesEachKindAndSurvivesAnyBytes) {
    EXPECT_EQ(name_of_entry(numbered(17)), "block 17");
    EXPECT_EQ(name_of_entry(Bytes{'B', 't'}), "the tip");
    EXPECT_EQ(name_of_entry(Bytes{'S', 'r', 0, 0, 0, 0, 0, 0, 1, 0}),
              "the state root of height 256");
    EXPECT_EQ(name_of_entry(Bytes{'H', 's'}), "the size of the history log");
    EXPECT_EQ(name_of_entry(Bytes{'L', 'b'}), "where the blocks begin here");
    EXPECT_EQ(name_of_entry(Bytes{'L', 's', 0, 0, 0, 0, 0, 0, 0, 9}),
              "the snapshot on offer of height 9");
    EXPECT_EQ(name_of_entry(Bytes{'S', 'd', 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 1}),
              "what was pruned of a page of the state of height 9");
    EXPECT_EQ(name_of_entry(Bytes{'B', 'b', 1}), "block ?");
    for (unsigned a = 0; a < 256; ++a) {
        for (unsigned b = 0; b < 256; ++b) {
            const Bytes key{static_cast<std::uint8_t>(a), static_cast<std::uint8_t>(b)};
            EXPECT_FALSE(name_of_entry(key).empty());
        }
    }
    EXPECT_EQ(name_of_entry(Bytes{}), "the entry ");
}

}  // namespace
}  // namespace ledger
