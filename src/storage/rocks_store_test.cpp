// SPDX-License-Identifier: Apache-2.0
#include "storage/rocks_store.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <thread>

#include "base/testing.h"
#include "storage/files.h"
#include "storage/internal/child_process.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::ErrorCode;
using internal::ChildProcess;

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}
WriteBatch batch_of(std::string_view key, std::string_view value) {
    WriteBatch batch;
    batch.put(bytes(key), bytes(value));
    return batch;
}

class RocksStoreTest : public testing::Test {
protected:
    TemporaryFolder temporary;
    std::filesystem::path folder = temporary.path() / "store";

    // Every file below `folder` with its bytes.
    std::map<std::string, base::Bytes> contents() {
        std::map<std::string, base::Bytes> out;
        for (const auto& at : std::filesystem::recursive_directory_iterator(folder)) {
            if (at.is_regular_file()) {
                out[at.path().string()] = read_file(at.path(), 1 << 28).value();
            }
        }
        return out;
    }
};

TEST_F(RocksStoreTest, KeepsWhatItAcknowledgedAndTheNumberOfTheBatch) {
    {
        const auto store = RocksStore::open(folder).value();
        EXPECT_EQ(store->batch_number(), 0u);
        ASSERT_TRUE(store->write(batch_of("a", "1")));
        ASSERT_TRUE(store->write(batch_of("b", "2")));
        ASSERT_TRUE(store->write({}));  // nothing to write is no batch
        EXPECT_EQ(store->batch_number(), 2u);
        ASSERT_TRUE(store->verify_files());
    }
    const auto store = RocksStore::open(folder).value();
    EXPECT_EQ(store->batch_number(), 2u);
    EXPECT_EQ(store->get(base::as_bytes("a")).value(), bytes("1"));
    ASSERT_TRUE(store->verify_files());
}

TEST_F(RocksStoreTest, IsBusyWhileAnotherHoldsIt) {
    const auto store = RocksStore::open(folder).value();
    const auto second = RocksStore::open(folder);
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code, ErrorCode::busy);
}

TEST_F(RocksStoreTest, NumbersGroupedBatchesOneByOne) {
    const auto store = RocksStore::open(folder).value();
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 6; ++writer) {
        writers.emplace_back([&, writer] {
            for (int i = 0; i < 20; ++i) {
                EXPECT_TRUE(store->write(batch_of(std::to_string(writer * 100 + i), "v")));
            }
        });
    }
    for (auto& writer : writers) writer.join();
    EXPECT_EQ(store->batch_number(), 120u);
    int count = 0;
    ASSERT_TRUE(store->scan({}, base::as_bytes("~"), [&](auto, auto) { return ++count > 0; }));
    EXPECT_EQ(count, 120);
}

TEST_F(RocksStoreTest, OpeningToReadOnlyChangesNoFile) {
    {
        ASSERT_TRUE(RocksStore::open(folder).value()->write(batch_of("a", "1")));
    }
    const auto before = contents();
    {
        const auto reader = RocksStore::open_read_only(folder).value();
        EXPECT_EQ(reader->get(base::as_bytes("a")).value(), bytes("1"));
        EXPECT_EQ(reader->batch_number(), 1u);
        ASSERT_TRUE(reader->verify_files());
    }
    EXPECT_EQ(contents(), before);
}

TEST_F(RocksStoreTest, OpeningToReadOnlyNeedsADatabaseAndMakesNone) {
    const auto missing = RocksStore::open_read_only(folder);
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::not_found);
    EXPECT_FALSE(std::filesystem::exists(folder));
}

// Goal: a verifier may look at a store that another is writing. Method: a writer that makes tables
// (values of 64 KiB) while the store is opened and verified again and again.
TEST_F(RocksStoreTest, CanBeVerifiedWhileAnotherWrites) {
    const auto store = RocksStore::open(folder).value();
    ASSERT_TRUE(store->write(batch_of("first", "1")));
    std::atomic<bool> stop = false;
    std::thread writer([&] {
        for (int i = 0; !stop; ++i) {
            WriteBatch batch;
            base::Bytes value(64 * 1024);
            for (std::size_t k = 0; k < value.size(); ++k) {
                value[k] =
                    static_cast<std::uint8_t>((k * 2654435761u + static_cast<unsigned>(i)) >> 7);
            }
            batch.put(bytes("k" + std::to_string(i % 300)), std::move(value));
            EXPECT_TRUE(store->write(batch));
        }
    });
    for (int i = 0; i < base::testing::rounds(20); ++i) {
        const auto known = store->batch_number();
        const auto reader = RocksStore::open_read_only(folder);
        EXPECT_TRUE(reader) << reader.error().detail;
        if (!reader) break;
        EXPECT_GE((*reader)->batch_number(), known);
        const auto verified = (*reader)->verify_files();
        EXPECT_TRUE(verified) << verified.error().detail;
        const auto live = store->verify_files();
        EXPECT_TRUE(live) << live.error().detail;
    }
    stop = true;
    writer.join();
}

TEST(RocksStoreChild, DISABLED_WritesUntilItIsKilled) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    const auto store = RocksStore::open(*folder).value();
    for (;;) {
        const auto number = store->batch_number() + 1;
        WriteBatch batch;
        batch.put(bytes(std::to_string(number)), base::Bytes(20'000, 'x'));
        ASSERT_TRUE(store->write(batch));
        ChildProcess::report(number);
    }
}

// Goal: acknowledged means on disk, whenever the process dies. Method: a child reports each
// acknowledged number and is killed after some of them, wherever it is then.
TEST_F(RocksStoreTest, LosesNothingAcknowledgedToKill9) {
    std::uint64_t acknowledged = 0;
    for (int round = 0; round < 15; ++round) {
        ChildProcess child("RocksStoreChild.DISABLED_WritesUntilItIsKilled", folder.string());
        for (int i = 0; i < 1 + round * 9; ++i) {
            const auto number = child.next_report();
            ASSERT_TRUE(number);
            acknowledged = *number;
        }
        ASSERT_TRUE(child.kill());
        while (const auto number = child.next_report()) acknowledged = *number;
        const auto store = RocksStore::open(folder);
        ASSERT_TRUE(store) << store.error().detail;
        EXPECT_GE((*store)->batch_number(), acknowledged);
        for (std::uint64_t i = 1; i <= acknowledged; ++i) {
            ASSERT_TRUE((*store)->get(bytes(std::to_string(i))).value()) << i;
        }
        const auto verified = (*store)->verify_files();
        ASSERT_TRUE(verified) << verified.error().detail;
    }
}

}  // namespace
}  // namespace storage
