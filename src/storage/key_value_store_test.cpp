// SPDX-License-Identifier: Apache-2.0
// What every KeyValueStore promises, asked of each of them.
#include "storage/key_value_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storage/memory_store.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

struct InMemory {
    MemoryStore store;
    KeyValueStore& get() { return store; }
};
struct OnDisk {
    TemporaryFolder folder;
    std::unique_ptr<RocksStore> store = std::move(RocksStore::open(folder.path() / "s").value());
    KeyValueStore& get() { return *store; }
};

template <class Holder>
class KeyValueStoreTest : public testing::Test {
protected:
    Holder holder;
    KeyValueStore& store = holder.get();

    void put(std::string_view key, std::string_view value) {
        WriteBatch batch;
        batch.put(bytes(key), bytes(value));
        ASSERT_TRUE(store.write(batch));
    }
    std::string keys(std::string_view begin, std::string_view end, bool forward,
                     std::size_t count_max = 100) {
        std::string out;
        const auto visit = [&](base::ByteView key, base::ByteView) {
            out += base::as_text(key);
            out += ' ';
            return --count_max > 0;
        };
        const auto done =
            forward ? store.scan(base::as_bytes(begin), base::as_bytes(end), visit)
                    : store.scan_reverse(base::as_bytes(begin), base::as_bytes(end), visit);
        EXPECT_TRUE(done);
        return out;
    }
};
using Stores = testing::Types<InMemory, OnDisk>;
TYPED_TEST_SUITE(KeyValueStoreTest, Stores);

TYPED_TEST(KeyValueStoreTest, ReturnsWhatWasWrittenLast) {
    EXPECT_EQ(this->store.get(base::as_bytes("a")).value(), std::nullopt);
    this->put("a", "1");
    this->put("a", "2");
    this->put("", "the empty key is a key");
    EXPECT_EQ(this->store.get(base::as_bytes("a")).value(), bytes("2"));
    EXPECT_EQ(this->store.get({}).value(), bytes("the empty key is a key"));
    const auto values = this->store.multi_get({bytes("b"), bytes("a"), bytes("a")}).value();
    EXPECT_EQ(values,
              (std::vector<std::optional<base::Bytes>>{std::nullopt, bytes("2"), bytes("2")}));
}

TYPED_TEST(KeyValueStoreTest, AppliesABatchInItsOrder) {
    this->put("gone", "x");
    WriteBatch batch;
    batch.put(bytes("a"), bytes("first"));
    batch.erase(bytes("a"));
    batch.put(bytes("a"), bytes("last"));
    batch.put(bytes("b"), {});
    batch.erase(bytes("gone"));
    batch.erase(bytes("never was"));
    ASSERT_TRUE(this->store.write(batch));
    EXPECT_EQ(this->keys("", "~", true), "a b ");
    EXPECT_EQ(this->store.get(base::as_bytes("a")).value(), bytes("last"));
    EXPECT_EQ(this->store.get(base::as_bytes("b")).value(), base::Bytes{});
}

TYPED_TEST(KeyValueStoreTest, ScansTheHalfOpenRangeBothWays) {
    for (const auto* key : {"a", "b", "ba", "c", "d"}) this->put(key, key);
    EXPECT_EQ(this->keys("b", "d", true), "b ba c ");
    EXPECT_EQ(this->keys("b", "d", false), "c ba b ");
    EXPECT_EQ(this->keys("b", "d", false, 1), "c ");
    EXPECT_EQ(this->keys("b", "d", true, 2), "b ba ");
    EXPECT_EQ(this->keys("b", "b", true), "");
    EXPECT_EQ(this->keys("d", "b", true), "");
    EXPECT_EQ(this->keys("d", "b", false), "");
    EXPECT_EQ(this->keys("", "b", true), "a ");
    EXPECT_EQ(this->keys("e", "z", false), "");
}

TYPED_TEST(KeyValueStoreTest, OrdersKeysByTheirBytes) {
    WriteBatch batch;
    batch.put({0xff, 0xff}, {});
    batch.put({0x00}, {});
    batch.put({0x7f, 0x00}, {});
    batch.put({0x80}, {});
    ASSERT_TRUE(this->store.write(batch));
    std::vector<base::Bytes> seen;
    ASSERT_TRUE(this->store.scan({}, base::Bytes{0xff, 0xff, 0xff}, [&](auto key, auto) {
        seen.emplace_back(key.begin(), key.end());
        return true;
    }));
    EXPECT_EQ(seen, (std::vector<base::Bytes>{{0x00}, {0x7f, 0x00}, {0x80}, {0xff, 0xff}}));
}

// Goal: a scan sees one moment. Method: its visitor writes behind and before the place it is at.
TYPED_TEST(KeyValueStoreTest, AScanDoesNotSeeWritesThatCameAfterItBegan) {
    for (const auto* key : {"b", "d"}) this->put(key, "old");
    std::string seen;
    ASSERT_TRUE(this->store.scan(base::as_bytes("a"), base::as_bytes("z"),
                                 [&](base::ByteView key, base::ByteView value) {
                                     this->put("a", "new");
                                     this->put("c", "new");
                                     this->put("d", "new");
                                     seen += base::as_text(key);
                                     seen += base::as_text(value);
                                     return true;
                                 }));
    EXPECT_EQ(seen, "bolddold");
    EXPECT_EQ(this->keys("a", "z", true), "a b c d ");
}

// Goal: batches are atomic for readers beside many writers. Method: each batch writes one value to
// two keys; a reader that ever sees two values has seen half a batch.
TYPED_TEST(KeyValueStoreTest, ManyWritersNeverShowHalfABatch) {
    std::atomic<bool> stop = false;
    std::atomic<int> torn = 0;
    std::thread reader([&] {
        while (!stop) {
            std::vector<base::Bytes> values;
            const auto done = this->store.scan(base::as_bytes("x"), base::as_bytes("z"),
                                               [&](auto, base::ByteView value) {
                                                   values.emplace_back(value.begin(), value.end());
                                                   return true;
                                               });
            if (!done || (values.size() == 2 && values[0] != values[1]) || values.size() == 1) {
                ++torn;
            }
        }
    });
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 8; ++writer) {
        writers.emplace_back([&, writer] {
            for (int round = 0; round < 25; ++round) {
                const auto value = std::to_string(writer) + "/" + std::to_string(round);
                WriteBatch batch;
                batch.put(bytes("x"), bytes(value));
                batch.put(bytes("y"), bytes(value));
                batch.put(bytes("own/" + value), bytes(value));
                EXPECT_TRUE(this->store.write(batch));
                EXPECT_EQ(this->store.get(bytes("own/" + value)).value(), bytes(value));
            }
        });
    }
    for (auto& writer : writers) writer.join();
    stop = true;
    reader.join();
    EXPECT_EQ(torn, 0);
}

TEST(EndOfPrefix, IsTheFirstKeyAfterAllThatBeginWithIt) {
    EXPECT_EQ(end_of_prefix(bytes("ab")), bytes("ac"));
    EXPECT_EQ(end_of_prefix(base::Bytes{0x01, 0xff, 0xff}), (base::Bytes{0x02}));
    EXPECT_DEATH((void)end_of_prefix(base::Bytes{0xff}), "");
    EXPECT_DEATH((void)end_of_prefix({}), "");
}

TEST(MemoryStore, RefusesWritesWhileItIsFullAndKeepsNothingOfThem) {
    MemoryStore store;
    WriteBatch batch;
    batch.put(bytes("a"), bytes("1"));
    store.set_full(true);
    EXPECT_EQ(store.write(batch).error().code, base::ErrorCode::storage_full);
    EXPECT_EQ(store.get(base::as_bytes("a")).value(), std::nullopt);
    store.set_full(false);
    EXPECT_TRUE(store.write(batch));
    EXPECT_EQ(store.get(base::as_bytes("a")).value(), bytes("1"));
}

}  // namespace
}  // namespace storage
