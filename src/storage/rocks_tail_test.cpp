// SPDX-License-Identifier: Apache-2.0
// Goal: what a power cut leaves of writes that were not synced stops no store and loses nothing
// that was acknowledged; damage to what was acknowledged is refused as ever. Method: damage a copy
// of a store behind the record that HEAD names, or at it, open it and read everything.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <map>

#include "base/testing.h"
#include "storage/files.h"
#include "storage/internal/child_process.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::Bytes;
using base::ErrorCode;
namespace fs = std::filesystem;

constexpr int acknowledged = 6;

Bytes value_of(int number, std::size_t size) {
    Bytes value(size);
    for (std::size_t i = 0; i < size; ++i) {
        value[i] =
            static_cast<std::uint8_t>((i * 2654435761U + static_cast<unsigned>(number)) >> 9);
    }
    return value;
}

class RocksTailTest : public testing::Test {
protected:
    TemporaryFolder temporary;
    fs::path original = temporary.path() / "original";
    fs::path copy = temporary.path() / "copy";
    std::size_t value_bytes = 16;

    void write(RocksStore& store, int number) const {
        WriteBatch batch;
        batch.put({static_cast<std::uint8_t>(number)}, value_of(number, value_bytes));
        ASSERT_TRUE(store.write(batch));
    }
    // Half in a table, half in the log.
    void make_store() {
        for (int half = 0; half < 2; ++half) {
            const auto store = RocksStore::open(original).value();
            for (int i = 0; i < acknowledged / 2; ++i) write(*store, half * acknowledged / 2 + i);
        }
    }
    // One more batch in the same log, which HEAD does not say: its writer heard of no success.
    // Returns where its record begins.
    std::uint64_t add_unacknowledged() {
        const auto store = RocksStore::open(original).value();
        for (int i = 0; i < acknowledged; ++i) write(*store, i);
        const auto begins = fs::file_size(newest(original, ".log"));
        const auto head = read_file(original / "HEAD", 128).value();
        write(*store, acknowledged);
        EXPECT_TRUE(write_file_synced(original / "HEAD", head));
        return begins;
    }
    static fs::path newest(const fs::path& store, const std::string& extension) {
        fs::path found;
        for (const auto& at : fs::directory_iterator(store / "rocksdb")) {
            if (at.path().extension() == extension) found = std::max(found, at.path());
        }
        return found;
    }
    static fs::path manifest(const fs::path& store) {
        const auto current = read_file(store / "rocksdb" / "CURRENT", 100).value();
        std::string name(base::as_text(current));
        name.pop_back();
        return store / "rocksdb" / name;
    }
    void fresh_copy() const {
        fs::remove_all(copy);
        fs::copy(original, copy, fs::copy_options::recursive);
    }
    static void put(const fs::path& path, const Bytes& content) {
        ASSERT_TRUE(write_file_synced(path, content));
    }
    // All that was acknowledged, and the last batch or not, unaltered.
    void expect_all(const RocksStore& store, const std::string& what) const {
        for (int i = 0; i <= acknowledged; ++i) {
            const auto value = store.get(Bytes{static_cast<std::uint8_t>(i)});
            ASSERT_TRUE(value) << what << ": " << value.error().detail;
            if (i == acknowledged && !*value) continue;
            ASSERT_TRUE(*value) << what << ": batch " << i << " is lost";
            EXPECT_EQ(**value, value_of(i, value_bytes)) << what;
        }
        const auto verified = store.verify_files();
        EXPECT_TRUE(verified) << what << ": " << verified.error().detail;
    }
    // A reader leaves the copy as it is; a writer goes on; whoever opens after it finds all whole.
    void expect_opens(const std::string& what) const {
        {
            const auto reader = RocksStore::open_read_only(copy);
            ASSERT_TRUE(reader) << what << ": " << reader.error().detail;
            expect_all(**reader, what + ", read only");
        }
        {
            const auto writer = RocksStore::open(copy);
            ASSERT_TRUE(writer) << what << ": " << writer.error().detail;
            expect_all(**writer, what);
            write(**writer, acknowledged);
        }
        const auto again = RocksStore::open(copy);
        ASSERT_TRUE(again) << what << ", again: " << again.error().detail;
        expect_all(**again, what + ", again");
    }
    void expect_refused(const std::string& what, const std::string& named) const {
        const auto before = contents(copy);
        for (const bool read_only : {true, false}) {
            const auto opened =
                read_only ? RocksStore::open_read_only(copy) : RocksStore::open(copy);
            ASSERT_FALSE(opened) << what;
            EXPECT_EQ(opened.error().code, ErrorCode::corrupted) << opened.error().detail;
            EXPECT_NE(opened.error().detail.find(named), std::string::npos)
                << what << ": " << opened.error().detail;
        }
        EXPECT_EQ(contents(copy), before) << what << ": a refused store is left as it is";
    }
    static std::map<std::string, Bytes> contents(const fs::path& folder) {
        std::map<std::string, Bytes> files;
        for (const auto& at : fs::recursive_directory_iterator(folder)) {
            const auto name = at.path().filename().string();
            const bool data = name.ends_with(".log") || name.ends_with(".sst") || name == "HEAD" ||
                              name.starts_with("MANIFEST") || name.starts_with("dropped");
            if (data) files[name] = read_file(at.path(), 1 << 24).value();
        }
        return files;
    }
};

TEST_F(RocksTailTest, ZerosBehindTheLastRecordAreDropped) {
    make_store();
    const auto log = newest(original, ".log").filename();
    for (const std::size_t zeros :
         {1U, 6U, 7U, 8U, 100U, 4'096U, 32'768U, 65'536U + 11U, 262'144U, 300'000U}) {
        fresh_copy();
        auto content = read_file(copy / "rocksdb" / log, 1 << 24).value();
        content.resize(content.size() + zeros);
        put(copy / "rocksdb" / log, content);
        expect_opens(std::to_string(zeros) + " zeros");
        EXPECT_FALSE(fs::exists(copy / "dropped.log")) << "zeros are not worth keeping";
    }
}

TEST_F(RocksTailTest, ARecordNobodyWasToldOfMayBeCutAtAnyByteWithZerosBehind) {
    const auto begins = add_unacknowledged();
    const auto log = newest(original, ".log").filename();
    const auto whole = read_file(original / "rocksdb" / log, 1 << 24).value();
    ASSERT_GT(whole.size(), begins + value_bytes);
    for (std::size_t at = begins; at < whole.size(); at += base::testing::stride) {
        fresh_copy();
        auto content = whole;
        std::fill(content.begin() + static_cast<std::ptrdiff_t>(at), content.end(), 0);
        put(copy / "rocksdb" / log, content);
        expect_opens("zeros from byte " + std::to_string(at));
        if (HasFatalFailure()) return;
    }
}

TEST_F(RocksTailTest, ARecordNobodyWasToldOfMayBeAlteredAtAnyByte) {
    const auto begins = add_unacknowledged();
    const auto log = newest(original, ".log").filename();
    const auto whole = read_file(original / "rocksdb" / log, 1 << 24).value();
    for (std::size_t at = begins; at < whole.size(); at += base::testing::stride) {
        fresh_copy();
        auto content = whole;
        content[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        put(copy / "rocksdb" / log, content);
        expect_opens("byte " + std::to_string(at));
        if (HasFatalFailure()) return;
        EXPECT_EQ(read_file(copy / "dropped.log", 1 << 24).value(),
                  Bytes(content.begin() + static_cast<std::ptrdiff_t>(begins), content.end()));
    }
}

// A record of several fragments over several blocks, of which one page never reached the disk.
TEST_F(RocksTailTest, APageOfZerosWithinALongRecordDropsTheRecord) {
    value_bytes = 90'000;
    const auto begins = add_unacknowledged();
    const auto log = newest(original, ".log").filename();
    const auto whole = read_file(original / "rocksdb" / log, 1 << 24).value();
    for (std::size_t at = begins; at + 4'096 < whole.size(); at += 9'001) {
        fresh_copy();
        auto content = whole;
        std::fill_n(content.begin() + static_cast<std::ptrdiff_t>(at), 4'096, 0);
        put(copy / "rocksdb" / log, content);
        expect_opens("a page of zeros at " + std::to_string(at));
        if (HasFatalFailure()) return;
    }
}

// Goal: HEAD, not the place of the damage, decides.
TEST_F(RocksTailTest, AnyByteAtOrBeforeHeadIsRefusedAlsoWithATailBehind) {
    make_store();
    const auto log = newest(original, ".log").filename();
    const auto whole = read_file(original / "rocksdb" / log, 1 << 24).value();
    for (std::size_t at = 0; at < whole.size(); at += base::testing::stride) {
        fresh_copy();
        auto content = whole;
        content[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        content.resize(whole.size() + 5'000);
        put(copy / "rocksdb" / log, content);
        expect_refused("byte " + std::to_string(at), log.string());
        if (HasFatalFailure()) return;
    }
}

// The slot that is broken named the last batch: whoever wrote it had that batch synced before.
TEST_F(RocksTailTest, ABrokenSlotOfHeadExcusesNoDamageToTheBatchThatItNamed) {
    make_store();
    const auto log = newest(original, ".log").filename();
    auto content = read_file(original / "rocksdb" / log, 1 << 24).value();
    content.back() ^= 1U;
    put(original / "rocksdb" / log, content);
    auto head = read_file(original / "HEAD", 128).value();
    const bool second_is_newer = base::read_u64(base::ByteView(head).subspan(72)) == acknowledged;
    head[second_is_newer ? 80 : 16] ^= 1U;
    put(original / "HEAD", head);
    fresh_copy();
    expect_refused("a broken slot and a broken batch", log.string());
}

TEST_F(RocksTailTest, WhatStandsBehindTheLastEntryOfTheManifestIsDropped) {
    make_store();
    const auto path = manifest(original);
    const auto whole = read_file(path, 1 << 24).value();
    for (const std::size_t more : {1U, 7U, 40U, 4'096U, 40'000U}) {
        for (const bool zeros : {true, false}) {
            fresh_copy();
            auto content = whole;
            const auto noise = value_of(7, more);
            content.insert(content.end(), noise.begin(), noise.end());
            if (zeros) std::fill_n(content.end() - static_cast<std::ptrdiff_t>(more), more, 0);
            put(manifest(copy), content);
            expect_opens(std::to_string(more) + (zeros ? " zeros" : " bytes of noise"));
            if (HasFatalFailure()) return;
        }
    }
}

// A MANIFEST is named by CURRENT once it is whole.
TEST_F(RocksTailTest, AManifestThatCurrentDoesNotNameMayHoldAnything) {
    make_store();
    fresh_copy();
    put(copy / "rocksdb" / "MANIFEST-000999", value_of(1, 5'000));
    expect_opens("a MANIFEST that was being written");
}

// A child: opens the store named, as often as it is let.
TEST_F(RocksTailTest, DISABLED_OpensAStoreInAProcessOfItsOwn) {
    const auto folder = internal::ChildProcess::argument();
    if (!folder) return;
    internal::ChildProcess::report(0);
    const bool opened = RocksStore::open(*folder).has_value();
    internal::ChildProcess::report(opened ? 1 : 2);
}

// Goal: a crash while a tail is being dropped leaves a store that opens. Method: the opening is cut
// off after more and more time, until it is through; each delay tries one moment, whichever it is.
TEST_F(RocksTailTest, BeingKilledWhileOpeningLosesNothing) {
    add_unacknowledged();
    const auto log = newest(original, ".log").filename();
    auto content = read_file(original / "rocksdb" / log, 1 << 24).value();
    content[content.size() - 5] ^= 1U;
    content.resize(content.size() + 9'000);
    put(original / "rocksdb" / log, content);
    auto entries = read_file(manifest(original), 1 << 24).value();
    entries.resize(entries.size() + 300);
    put(manifest(original), entries);
    constexpr useconds_t step_us = 2'000;
    constexpr useconds_t last_us = 60'000;
    for (useconds_t delay_us = 0; delay_us < last_us;
         delay_us += step_us * static_cast<useconds_t>(base::testing::stride)) {
        fresh_copy();
        internal::ChildProcess child("RocksTailTest.DISABLED_OpensAStoreInAProcessOfItsOwn",
                                     copy.string());
        ASSERT_EQ(child.next_report(), 0U);
        ::usleep(delay_us);
        (void)child.kill();
        expect_opens("killed after " + std::to_string(delay_us) + " us");
        if (HasFatalFailure()) return;
    }
}

}  // namespace
}  // namespace storage
