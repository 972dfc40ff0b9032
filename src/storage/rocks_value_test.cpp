// SPDX-License-Identifier: Apache-2.0
// Goal: a value that is not the one written under this key is never returned, whoever altered it;
// and a store of another format is told apart from a damaged one. Method: RocksDB itself, which
// finds nothing wrong, puts other bytes in.
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include "storage/files.h"
#include "storage/internal/checked_value.h"
#include "storage/internal/crc32c.h"
#include "storage/internal/head_file.h"
#include "storage/internal/rocks_options.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::Bytes;
using base::ErrorCode;

Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

class RocksValueTest : public testing::Test {
protected:
    TemporaryFolder temporary;
    std::filesystem::path folder = temporary.path() / "store";

    void SetUp() override {
        const auto store = RocksStore::open(folder).value();
        WriteBatch batch;
        batch.put(bytes("ana"), bytes("72 bpm"));
        batch.put(bytes("ben"), bytes("81 bpm"));
        batch.set_mark(17);
        ASSERT_TRUE(store->write(batch));
    }
    // What stands under `key` in the database, and in its place.
    [[nodiscard]] std::string raw(const std::string& key) {
        std::string value;
        open();
        EXPECT_TRUE(database_->Get({}, "u" + key, &value).ok());
        database_.reset();
        return value;
    }
    void put_raw(const std::string& key, const std::string& value) {
        open();
        ASSERT_TRUE(database_->Put({}, "u" + key, value).ok());
        ASSERT_TRUE(database_->Flush({}).ok());
        database_.reset();
    }
    void expect_found(const std::string& key) {
        RocksOptions options;
        options.name_of_key = [](base::ByteView of) {
            return "the pulse of " + std::string(base::as_text(of));
        };
        const auto store = RocksStore::open(folder, options).value();
        const auto got = store->get(bytes(key));
        ASSERT_FALSE(got);
        EXPECT_EQ(got.error().code, ErrorCode::corrupted);
        EXPECT_NE(got.error().detail.find("the pulse of " + key + " fails its checksum"),
                  std::string::npos)
            << got.error().detail;
        const auto several = store->multi_get({bytes("nobody"), bytes(key)});
        ASSERT_FALSE(several);
        EXPECT_EQ(several.error().code, ErrorCode::corrupted);
        const auto scanned = store->scan(Bytes{}, Bytes{0xff}, [&](auto at, auto) {
            EXPECT_NE(base::as_text(at), key);
            return true;
        });
        ASSERT_FALSE(scanned);
        EXPECT_EQ(scanned.error().code, ErrorCode::corrupted);
        EXPECT_FALSE(store->scan_reverse(Bytes{}, Bytes{0xff}, [](auto, auto) { return true; }));
        const auto verified = store->verify_files();
        ASSERT_FALSE(verified);
        EXPECT_NE(verified.error().detail.find("the pulse of " + key), std::string::npos);
    }

private:
    void open() {
        rocksdb::DB* opened = nullptr;
        const auto path = (folder / "rocksdb").string();
        ASSERT_TRUE(rocksdb::DB::Open(internal::rocks_options(), path, &opened).ok());
        database_.reset(opened);
    }
    std::unique_ptr<rocksdb::DB> database_;
};

TEST_F(RocksValueTest, WhatWasWrittenIsRead) {
    const auto store = RocksStore::open(folder).value();
    EXPECT_EQ(store->get(bytes("ana")).value(), bytes("72 bpm"));
    EXPECT_TRUE(store->verify_files());
}

TEST_F(RocksValueTest, AnAlteredValueIsFound) {
    auto value = raw("ben");
    value[0] = '9';
    put_raw("ben", value);
    expect_found("ben");
}

TEST_F(RocksValueTest, AnotherKeysValueIsFound) {
    put_raw("ben", raw("ana"));
    expect_found("ben");
}

TEST_F(RocksValueTest, AValueTooShortForAChecksumIsFound) {
    put_raw("ben", "9");
    expect_found("ben");
}

TEST(CheckedValue, FailsForEveryFlippedBitAndForAnotherSplitOfKeyAndValue) {
    const auto stored = internal::with_check(bytes("key"), bytes("value"));
    EXPECT_EQ(stored.size(), 5 + internal::value_check_bytes);
    for (std::size_t bit = 0; bit < stored.size() * 8; ++bit) {
        auto altered = stored;
        altered[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        EXPECT_FALSE(internal::checked_value(bytes("key"), altered)) << bit;
    }
    Bytes moved = bytes("y");
    base::append(moved, stored);
    EXPECT_FALSE(internal::checked_value(bytes("ke"), moved));
    const auto value = internal::checked_value(bytes("key"), stored);
    ASSERT_TRUE(value);
    EXPECT_EQ(base::as_text(*value), "value");
}

TEST_F(RocksValueTest, HeadKeepsTheNewestMark) {
    const auto head = [&] { return internal::HeadFile::read(folder / "HEAD").value().newest(); };
    EXPECT_EQ(head()->mark, 17U);
    const auto store = RocksStore::open(folder).value();
    WriteBatch batch;
    batch.put(bytes("cem"), bytes("64 bpm"));
    ASSERT_TRUE(store->write(batch));
    EXPECT_EQ(head()->mark, 17U);
    batch.set_mark(18);
    ASSERT_TRUE(store->write(batch));
    EXPECT_EQ(head()->mark, 18U);
}

TEST_F(RocksValueTest, AStoreOfTheFormatBeforeIsNamedAsSuch) {
    Bytes slot = bytes("SALUSHD1");
    base::append_u64(slot, 1);
    slot.resize(60);
    base::append_u32(slot, internal::crc32c(slot));
    Bytes head = slot;
    base::append(head, slot);
    ASSERT_TRUE(write_file_synced(folder / "HEAD", head));
    for (const auto& opened : {RocksStore::open(folder), RocksStore::open_read_only(folder)}) {
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error().code, ErrorCode::unsupported_version);
        EXPECT_EQ(opened.error().detail,
                  folder.string() +
                      " is a store of format 1, and this program reads format 2: use the program "
                      "that wrote it, or set up a new data folder");
    }
}

}  // namespace
}  // namespace storage
