// SPDX-License-Identifier: Apache-2.0
// Goal: any byte that changes in what the database holds is found, and the file is named.
// Method: damage a copy of a store of several tables and a log, then open and verify it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <rocksdb/db.h>

#include <algorithm>
#include <set>

#include "base/testing.h"
#include "storage/files.h"
#include "storage/internal/checked_value.h"
#include "storage/internal/database_check.h"
#include "storage/internal/descriptor.h"
#include "storage/internal/manifest.h"
#include "storage/internal/rocks_options.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::ErrorCode;
namespace fs = std::filesystem;

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

void overwrite(const fs::path& path, const base::Bytes& content) {
    ASSERT_TRUE(write_file_synced(path, content));
}

class RocksDamageTest : public testing::Test {
protected:
    TemporaryFolder temporary;
    fs::path original = temporary.path() / "original";
    fs::path copy = temporary.path() / "copy";

    void write(RocksStore& store, const std::string& key, std::size_t value_bytes) {
        WriteBatch batch;
        base::Bytes value(value_bytes);
        for (std::size_t i = 0; i < value.size(); ++i) {
            value[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
        }
        batch.put(bytes(key), std::move(value));
        ASSERT_TRUE(store.write(batch));
    }
    // Each opening turns the log of the one before into a table, and closing leaves the log as it
    // is: tables and a log with writes, as after a crash. No file is there that the store does not
    // need: RocksDB deletes on closing what its compactions left, and does not begin another.
    void make_store(std::size_t value_bytes) {
        for (int table = 0; table < 3; ++table) {
            const auto store = RocksStore::open(original).value();
            for (int i = 0; i < 3; ++i) {
                write(*store, std::to_string(table) + "/" + std::to_string(i), value_bytes);
            }
        }
    }
    std::vector<fs::path> files(std::string_view extension) {
        std::vector<fs::path> found;
        for (const auto& at : fs::recursive_directory_iterator(original)) {
            if (at.path().extension() == extension) found.push_back(at.path());
        }
        return found;
    }
    std::vector<fs::path> files_named(std::string_view beginning) {
        std::vector<fs::path> found;
        for (const auto& at : fs::directory_iterator(original / "rocksdb")) {
            if (at.path().filename().string().starts_with(beginning)) found.push_back(at.path());
        }
        return found;
    }
    // The .sst files that belong to the database: one that a compaction replaced may still lie
    // there for a while, and is missed by nobody.
    std::vector<fs::path> live_tables() {
        const auto database = original / "rocksdb";
        const auto current = read_file(database / "CURRENT", 256).value();
        std::string manifest(base::as_text(current));
        manifest.pop_back();  // the newline
        const auto tables = internal::read_manifest(database / manifest).value().tables;
        auto found = files(".sst");
        std::erase_if(found, [&](const fs::path& path) {
            return !tables.contains(std::stoull(path.stem().string()));
        });
        return found;
    }
    fs::path in_copy(const fs::path& path) { return copy / fs::relative(path, original); }
    // What is said of the copy, which is as the original but for `path`.
    base::Result<void> verdict(const fs::path& path, const base::Bytes& content, bool read_only) {
        fs::remove_all(copy);
        fs::copy(original, copy, fs::copy_options::recursive);
        overwrite(in_copy(path), content);
        const auto opened = read_only ? RocksStore::open_read_only(copy) : RocksStore::open(copy);
        if (!opened) return std::unexpected(opened.error());
        return (*opened)->verify_files();
    }
    void expect_found(const fs::path& path, const base::Bytes& content, const std::string& what) {
        const bool read_only = content.size() % 2 == 0 || content.at(0) % 2 == 0;
        const auto found = verdict(path, content, read_only);
        ASSERT_FALSE(found) << path << ": " << what;
        EXPECT_EQ(found.error().code, ErrorCode::corrupted) << found.error().detail;
        EXPECT_NE(found.error().detail.find(path.filename().string()), std::string::npos)
            << what << ": " << found.error().detail;
    }
    void expect_found_or_nothing_lost(const fs::path& path, const base::Bytes& content,
                                      const std::string& what) {
        const auto found = verdict(path, content, content.size() % 2 == 0);
        if (!found) {
            EXPECT_EQ(found.error().code, ErrorCode::corrupted) << found.error().detail;
            return;
        }
        const auto store = RocksStore::open_read_only(copy).value();
        int count = 0;
        ASSERT_TRUE(store->scan({}, base::as_bytes("~"), [&](auto, auto) { return ++count > 0; }));
        EXPECT_EQ(count, 9) << what;
    }
    // Flips one bit of every `step`th byte, and of each of the first and the last `dense` ones.
    void expect_every_flip_found(const fs::path& path, std::size_t step, std::size_t dense) {
        const auto content = read_file(path, 1 << 28).value();
        for (std::size_t i = 0; i < content.size(); i += base::testing::stride) {
            if (i % step != 0 && i >= dense && i + dense < content.size()) continue;
            auto damaged = content;
            damaged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
            expect_found(path, damaged, "byte " + std::to_string(i));
            if (HasFatalFailure()) return;
        }
    }
};

TEST_F(RocksDamageTest, TheUndamagedCopyVerifies) {
    make_store(200);
    const auto logs = files(".log");
    ASSERT_EQ(logs.size(), 1u);
    ASSERT_GE(files(".sst").size(), 2u);
    const auto content = read_file(logs[0], 1 << 20).value();
    ASSERT_GT(content.size(), 600u);
    for (const bool read_only : {true, false}) {
        const auto verified = verdict(logs[0], content, read_only);
        EXPECT_TRUE(verified) << verified.error().detail;
    }
}

TEST_F(RocksDamageTest, AnyByteOfATableIsFound) {
    make_store(100);
    for (const auto& path : live_tables()) expect_every_flip_found(path, 11, 80);
}

TEST_F(RocksDamageTest, AnyByteOfALogIsFound) {
    make_store(40);
    for (const auto& path : files(".log")) expect_every_flip_found(path, 1, 0);
}

// Values of 20 KB make records of several fragments, and padding at the end of blocks.
TEST_F(RocksDamageTest, AnyByteOfALogOfManyBlocksIsFound) {
    make_store(20'000);
    for (const auto& path : files(".log")) expect_every_flip_found(path, 509, 20);
}

TEST_F(RocksDamageTest, AnyByteOfHeadIsFound) {
    make_store(40);
    expect_every_flip_found(original / "HEAD", 1, 0);
}

// A damaged length of the last entry looks like an entry that a crash cut short, which is no error:
// then nothing may be missing.
TEST_F(RocksDamageTest, AnyByteOfTheManifestIsFoundOrLosesNothing) {
    make_store(40);
    for (const auto& path : files_named("MANIFEST-")) {
        const auto content = read_file(path, 1 << 20).value();
        for (std::size_t i = 0; i < content.size(); i += base::testing::stride) {
            auto damaged = content;
            damaged[i] ^= static_cast<std::uint8_t>(1u << (i % 8));
            expect_found_or_nothing_lost(path, damaged, "byte " + std::to_string(i));
        }
    }
}

// The logs whose writes an entry's tables hold are gone: a crash cannot have cut that entry short.
TEST_F(RocksDamageTest, AManifestCutShortIsFoundOrLosesNothing) {
    make_store(40);
    for (const auto& path : files_named("MANIFEST-")) {
        const auto content = read_file(path, 1 << 20).value();
        for (std::size_t size = 0; size < content.size(); size += base::testing::stride) {
            auto cut = content;
            cut.resize(size);
            expect_found_or_nothing_lost(path, cut, "cut to " + std::to_string(size));
        }
    }
}

TEST_F(RocksDamageTest, ALogCutShortIsFoundWhereverItIsCut) {
    make_store(40);
    for (const auto& path : files(".log")) {
        const auto content = read_file(path, 1 << 20).value();
        for (std::size_t size = 0; size < content.size(); size += base::testing::stride) {
            auto cut = content;
            cut.resize(size);
            const auto found = verdict(path, cut, size % 2 == 0);
            ASSERT_FALSE(found) << "cut to " << size;
            EXPECT_EQ(found.error().code, ErrorCode::corrupted) << found.error().detail;
            EXPECT_NE(found.error().detail.find("lost synced writes: HEAD says 9"),
                      std::string::npos)
                << found.error().detail;
            EXPECT_NE(found.error().detail.find(path.filename().string()), std::string::npos);
        }
    }
}

TEST_F(RocksDamageTest, ARefusedStoreIsLeftAsItIs) {
    make_store(40);
    const auto log = files(".log").at(0);
    auto content = read_file(log, 1 << 20).value();
    content.resize(content.size() - 1);
    ASSERT_FALSE(verdict(log, content, false));
    EXPECT_EQ(read_file(in_copy(log), 1 << 20).value(), content);
    ASSERT_FALSE(RocksStore::open(copy)) << "a second try does not open it either";
}

TEST_F(RocksDamageTest, AMissingFileIsFound) {
    make_store(40);
    std::vector<fs::path> paths = live_tables();
    ASSERT_FALSE(paths.empty());
    for (const auto& log : files(".log")) paths.push_back(log);
    paths.push_back(original / "HEAD");
    paths.push_back(original / "rocksdb" / "CURRENT");
    paths.push_back(original / "rocksdb");
    for (const auto& path : paths) {
        for (const bool read_only : {true, false}) {
            fs::remove_all(copy);
            fs::copy(original, copy, fs::copy_options::recursive);
            fs::remove_all(in_copy(path));
            const auto opened =
                read_only ? RocksStore::open_read_only(copy) : RocksStore::open(copy);
            ASSERT_FALSE(opened) << path;
            const bool folder_gone = path == original / "rocksdb" && read_only;
            EXPECT_EQ(opened.error().code,
                      folder_gone ? ErrorCode::not_found : ErrorCode::corrupted)
                << path << ": " << opened.error().detail;
        }
    }
}

TEST_F(RocksDamageTest, AnOlderDatabaseUnderANewerHeadIsFound) {
    make_store(40);
    fs::copy(original, copy, fs::copy_options::recursive);
    write(*RocksStore::open(original).value(), "more", 10);
    fs::copy_file(original / "HEAD", copy / "HEAD", fs::copy_options::overwrite_existing);
    const auto opened = RocksStore::open(copy);
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error().code, ErrorCode::corrupted);
    EXPECT_NE(opened.error().detail.find("HEAD says 10, the database holds 9"), std::string::npos)
        << opened.error().detail;
}

TEST_F(RocksDamageTest, AHeadBehindTheDatabaseIsWhatACrashLeavesAndOpens) {
    make_store(40);
    const auto head = read_file(original / "HEAD", 128).value();
    write(*RocksStore::open(original).value(), "more", 10);
    overwrite(original / "HEAD", head);
    const auto store = RocksStore::open(original).value();
    EXPECT_EQ(store->batch_number(), 10u);
    ASSERT_TRUE(store->verify_files());
    write(*store, "and more", 10);
    EXPECT_EQ(store->batch_number(), 11u);
}

// A power cut may tear the slot that was being written; the other one still vouches for the rest.
TEST_F(RocksDamageTest, OneTornSlotOpensIsReportedAndIsHealedByTheNextWrite) {
    make_store(40);
    auto head = read_file(original / "HEAD", 128).value();
    head[70] ^= 1;
    overwrite(original / "HEAD", head);
    const auto store = RocksStore::open(original).value();
    EXPECT_EQ(store->verify_files().error().code, ErrorCode::corrupted);
    write(*store, "more", 10);
    const auto verified = store->verify_files();
    EXPECT_TRUE(verified) << verified.error().detail;
}

// Goal: an open store notices a file that changes under it.
TEST_F(RocksDamageTest, AnOpenStoreFindsDamageToItsOwnFiles) {
    make_store(40);
    const auto store = RocksStore::open(original).value();
    for (int i = 0; i < 3; ++i) write(*store, "more" + std::to_string(i), 40);
    std::vector<fs::path> paths = live_tables();
    paths.push_back(files(".log").at(0));
    for (const auto& path : paths) {
        ASSERT_TRUE(store->verify_files());
        const auto content = read_file(path, 1 << 20).value();
        if (content.empty()) continue;
        auto damaged = content;
        damaged[damaged.size() / 2] ^= 4;
        // In place: the store holds the file open.
        const auto put = [&](const base::Bytes& all) {
            const auto file = internal::open_file(path.string(), O_WRONLY);
            ASSERT_TRUE(internal::write_all(file.number(), all, 0));
        };
        put(damaged);
        const auto found = store->verify_files();
        ASSERT_FALSE(found) << path;
        EXPECT_EQ(found.error().code, ErrorCode::corrupted);
        EXPECT_NE(found.error().detail.find(path.filename().string()), std::string::npos);
        put(content);
    }
    const auto log = files(".log").at(0);
    fs::resize_file(log, 20);
    const auto found = store->verify_files();
    ASSERT_FALSE(found);
    EXPECT_NE(found.error().detail.find("lost synced writes"), std::string::npos);
}

// Goal: a log that is closed but not yet merged into a table is vouched for too, although a newer
// log holds the newest batch. Method: a RocksDB that keeps its memtables, copied as a crash would.
TEST_F(RocksDamageTest, AnOlderLogCutShortOrLostIsFound) {
    const auto database = original / "rocksdb";
    {
        ASSERT_TRUE(RocksStore::open(original));
    }
    auto options = internal::rocks_options();
    options.write_buffer_size = 64 * 1024;
    options.max_write_buffer_number = 20;
    options.min_write_buffer_number_to_merge = 10;
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, database.string(), &opened).ok());
    const std::unique_ptr<rocksdb::DB> closer(opened);
    for (std::uint64_t number = 1; number <= 40; ++number) {
        const auto value = internal::encode_batch_number(number);
        rocksdb::WriteBatch batch;
        ASSERT_TRUE(batch
                        .Put(rocksdb::Slice(internal::batch_number_key),
                             rocksdb::Slice(reinterpret_cast<const char*>(value.data()), 8))
                        .ok());
        const std::string key = std::to_string(number);
        const auto kept = internal::with_check(base::as_bytes(key), base::Bytes(8000, 'v'));
        ASSERT_TRUE(batch.Put("u" + key, rocksdb::Slice(base::as_text(kept))).ok());
        rocksdb::WriteOptions synced;
        synced.sync = true;
        ASSERT_TRUE(opened->Write(synced, &batch).ok());
    }
    const auto logs = files(".log");
    ASSERT_GE(logs.size(), 3u);
    const std::set<fs::path> sorted(logs.begin(), logs.end());
    const auto older =
        *std::ranges::find_if(sorted, [](const fs::path& log) { return fs::file_size(log) > 0; });
    ASSERT_NE(older, *sorted.rbegin());
    const auto content = read_file(older, 1 << 20).value();
    ASSERT_GT(content.size(), 1000u);
    const auto whole = verdict(older, content, false);
    ASSERT_TRUE(whole) << whole.error().detail;
    for (const std::size_t cut : {std::size_t{1}, std::size_t{5000}, content.size()}) {
        auto damaged = content;
        damaged.resize(content.size() - cut);
        const auto found = verdict(older, damaged, cut == 1);
        ASSERT_FALSE(found) << "cut by " << cut;
        EXPECT_EQ(found.error().code, ErrorCode::corrupted) << found.error().detail;
    }
}

}  // namespace
}  // namespace storage
