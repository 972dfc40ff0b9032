// SPDX-License-Identifier: Apache-2.0
#include "pda/batch_store.h"

#include <gtest/gtest.h>

#include <vector>

#include "storage/memory_store.h"

namespace pda {
namespace {

wire::DeviceId named(std::uint8_t first) {
    wire::DeviceId out;
    out.bytes.fill(first);
    return out;
}

struct Batches : testing::Test {
    std::vector<std::uint64_t> counters_of(std::uint8_t pda) const {
        std::vector<std::uint64_t> out;
        EXPECT_TRUE(store.scan(named(pda), [&](const BatchKey& key, base::ByteView batch) {
            EXPECT_EQ(key.pda, named(pda));
            EXPECT_FALSE(batch.empty());
            out.push_back(key.counter);
        }));
        return out;
    }
    storage::MemoryStore disk;
    BatchStore store{disk};
};

TEST_F(Batches, AreThereAfterAFlushAndNotBefore) {
    const BatchKey key{named(1), named(2), 7};
    store.put(key, base::Bytes{1, 2, 3});
    EXPECT_EQ(store.get(key).error().code, base::ErrorCode::not_found);
    EXPECT_EQ(store.puts_waiting(), 1U);
    ASSERT_TRUE(store.flush());
    EXPECT_EQ(store.get(key).value(), (base::Bytes{1, 2, 3}));
    store.erase(key);
    EXPECT_TRUE(store.get(key));
    ASSERT_TRUE(store.flush());
    EXPECT_FALSE(store.get(key));
}

TEST_F(Batches, OfAPdaComeByDeviceAndRisingCounter) {
    for (const std::uint64_t counter : {300, 1, 70'000, 2}) {
        store.put({named(1), named(9), counter}, base::Bytes{1});
        store.put({named(1), named(8), counter}, base::Bytes{1});
        store.put({named(2), named(9), counter}, base::Bytes{1});
        store.put({named(0xff), named(0xff), counter}, base::Bytes{1});
    }
    ASSERT_TRUE(store.flush());
    EXPECT_EQ(counters_of(1), (std::vector<std::uint64_t>{1, 2, 300, 70'000, 1, 2, 300, 70'000}));
    EXPECT_EQ(counters_of(0xff), (std::vector<std::uint64_t>{1, 2, 300, 70'000}));
    EXPECT_TRUE(counters_of(3).empty());
}

TEST_F(Batches, PutAndErasedBeforeOneFlushAreGone) {
    const BatchKey key{named(1), named(2), 7};
    store.put(key, base::Bytes{1});
    store.erase(key);
    ASSERT_TRUE(store.flush());
    EXPECT_FALSE(store.get(key));
}

TEST_F(Batches, AreForgottenWhenTheDiskIsFullButErasuresWait) {
    const BatchKey old_one{named(1), named(2), 1};
    const BatchKey new_one{named(1), named(2), 2};
    store.put(old_one, base::Bytes{1});
    ASSERT_TRUE(store.flush());
    disk.set_full(true);
    store.put(new_one, base::Bytes{2});
    store.erase(old_one);
    EXPECT_EQ(store.flush().error().code, base::ErrorCode::storage_full);
    EXPECT_TRUE(store.get(old_one));
    disk.set_full(false);
    ASSERT_TRUE(store.flush());
    EXPECT_FALSE(store.get(old_one));
    EXPECT_FALSE(store.get(new_one)) << "a batch that nobody was promised came to the disk";
}

TEST_F(Batches, UnderAKeyThatIsNoneOfOursAreCorrupted) {
    storage::WriteBatch foreign;
    base::Bytes key(1 + 16 + 1, 1);  // the PDA's name, and then too little
    key[0] = 'b';
    foreign.put(key, {1});
    ASSERT_TRUE(disk.write(foreign));
    EXPECT_EQ(store.scan(named(1), [](const BatchKey&, base::ByteView) {}).error().code,
              base::ErrorCode::corrupted);
}

}  // namespace
}  // namespace pda
