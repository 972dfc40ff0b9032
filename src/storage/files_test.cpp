// SPDX-License-Identifier: Apache-2.0
#include "storage/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>
#include <thread>

#include "storage/internal/child_process.h"
#include "storage/internal/crc32c.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::ErrorCode;
using internal::ChildProcess;

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

class FilesTest : public testing::Test {
protected:
    TemporaryFolder temporary;
    std::filesystem::path folder = temporary.path();
};

// RFC 3720, appendix B.4.
TEST(Crc32c, FollowsTheVectorsOfRfc3720) {
    EXPECT_EQ(internal::crc32c(base::Bytes(32, 0x00)), 0x8a9136aau);
    EXPECT_EQ(internal::crc32c(base::Bytes(32, 0xff)), 0x62a8ab43u);
    base::Bytes rising(32);
    for (std::size_t i = 0; i < 32; ++i) rising[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(internal::crc32c(rising), 0x46dd794eu);
    const base::ByteView view = rising;
    EXPECT_EQ(internal::crc32c(view.subspan(5), internal::crc32c(view.first(5))), 0x46dd794eu);
}

TEST(Crc32c, IsTheSameByInstructionAndByTable) {
    base::Bytes data(300);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::uint8_t>(i * 151);
    for (std::size_t begin = 0; begin < 9; ++begin) {
        for (std::size_t size = 0; begin + size <= data.size(); ++size) {
            const auto part = base::ByteView(data).subspan(begin, size);
            ASSERT_EQ(internal::crc32c(part, 77), internal::crc32c_by_table(part, 77)) << size;
        }
    }
}

TEST_F(FilesTest, AWrittenFileReadsBackWithModeOfItsOwnerAlone) {
    const auto path = folder / "file";
    ASSERT_TRUE(write_file_synced(path, bytes("one")));
    ASSERT_TRUE(write_file_synced(path, bytes("two, longer")));
    EXPECT_EQ(read_file(path, 100).value(), bytes("two, longer"));
    struct stat about{};
    ASSERT_EQ(::stat(path.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0600u);
    ASSERT_TRUE(write_file_synced(path, {}));
    EXPECT_EQ(read_file(path, 0).value(), base::Bytes{});
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder), {}), 1)
        << "nothing is left beside it";
}

TEST_F(FilesTest, ReadingNamesWhatIsWrong) {
    EXPECT_EQ(read_file(folder / "none", 10).error().code, ErrorCode::not_found);
    EXPECT_EQ(read_file(folder, 10).error().code, ErrorCode::unavailable);
    ASSERT_TRUE(write_file_synced(folder / "file", bytes("12345")));
    EXPECT_EQ(read_file(folder / "file", 5).value().size(), 5u);
    const auto too_large = read_file(folder / "file", 4);
    EXPECT_EQ(too_large.error().code, ErrorCode::too_large);
    EXPECT_NE(too_large.error().detail.find("file"), std::string::npos);
    EXPECT_GT(read_file("/proc/self/maps", 1 << 20).value().size(), 100u) << "size unknown before";
    EXPECT_EQ(read_file("/dev/zero", 1000).error().code, ErrorCode::too_large) << "endless";
}

TEST_F(FilesTest, ASecretIsReadOnlyWhileNobodyElseMayReadOrChangeIt) {
    const auto file = folder / "secret";
    ASSERT_TRUE(write_file_synced(file, bytes("five!")));
    EXPECT_EQ(read_private_file(file, 5).value(), bytes("five!"));
    EXPECT_EQ(read_private_file(file, 4).error().code, ErrorCode::too_large);
    EXPECT_EQ(read_private_file(folder / "none", 5).error().code, ErrorCode::not_found);
    for (const ::mode_t mode : {0640U, 0604U, 0620U, 0601U}) {
        ASSERT_EQ(::chmod(file.c_str(), mode), 0);
        const auto refused = read_private_file(file, 5);
        ASSERT_FALSE(refused) << mode;
        EXPECT_EQ(refused.error().code, ErrorCode::not_authorised);
        EXPECT_EQ(refused.error().detail,
                  file.string() + " can be read by others; run: chmod 600 " + file.string());
    }
}

TEST_F(FilesTest, WritingToAFullOrMissingPlaceIsAnErrorAndLeavesTheOldBytes) {
    EXPECT_EQ(write_file_synced(folder / "no" / "file", bytes("x")).error().code,
              ErrorCode::unavailable);
    ASSERT_TRUE(make_folder(folder / "taken" / "inside"));
    EXPECT_FALSE(write_file_synced(folder / "taken", bytes("x")));
    EXPECT_TRUE(std::filesystem::is_directory(folder / "taken" / "inside"));
}

// Goal: a reader beside many writers sees one of the files whole. Method: each writer repeats one
// letter; a mixture or a short file would show.
TEST_F(FilesTest, ManyWritersOfOnePathNeverMixTheirBytes) {
    const auto path = folder / "file";
    ASSERT_TRUE(write_file_synced(path, base::Bytes(5000, 'a')));
    std::vector<std::thread> writers;
    for (int writer = 0; writer < 4; ++writer) {
        writers.emplace_back([&, letter = static_cast<std::uint8_t>('a' + writer)] {
            for (int i = 0; i < 20; ++i) {
                EXPECT_TRUE(write_file_synced(path, base::Bytes(5000, letter)));
            }
        });
    }
    for (int i = 0; i < 200; ++i) {
        const auto seen = read_file(path, 5000).value();
        ASSERT_EQ(seen, base::Bytes(5000, seen.at(0)));
    }
    for (auto& writer : writers) writer.join();
}

TEST_F(FilesTest, FoldersAreMadeWithTheirParentsForTheOwnerAlone) {
    const auto deep = folder / "a" / "b" / "c";
    ASSERT_TRUE(make_folder(deep));
    ASSERT_TRUE(make_folder(deep)) << "it is there already";
    struct stat about{};
    ASSERT_EQ(::stat(deep.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777u, 0700u);
    ASSERT_TRUE(write_file_synced(folder / "file", {}));
    EXPECT_FALSE(make_folder(folder / "file"));
    EXPECT_FALSE(make_folder(folder / "file" / "below"));
}

TEST(FolderLockChild, DISABLED_HoldsTheLock) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    const auto lock = FolderLock::take(*folder);
    ASSERT_TRUE(lock);
    ChildProcess::report(1);
    for (;;) ::pause();
}

TEST_F(FilesTest, ALockIsHeldByOneProcessAndFreeOnceItIsKilled) {
    ChildProcess child("FolderLockChild.DISABLED_HoldsTheLock", folder.string());
    ASSERT_TRUE(child.next_report());
    const auto refused = FolderLock::take(folder);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::busy);
    EXPECT_NE(refused.error().detail.find(folder.string()), std::string::npos);
    ASSERT_TRUE(child.kill());
    EXPECT_TRUE(FolderLock::take(folder));
}

TEST_F(FilesTest, ALockIsFreeAgainAfterItsHolderAndMovesWithIt) {
    {
        auto lock = FolderLock::take(folder);
        ASSERT_TRUE(lock);
        const FolderLock moved = std::move(*lock);
        EXPECT_EQ(FolderLock::take(folder).error().code, ErrorCode::busy);
    }
    EXPECT_TRUE(FolderLock::take(folder));
    EXPECT_EQ(FolderLock::take(folder / "none").error().code, ErrorCode::not_found);
}

TEST_F(FilesTest, SequencesGoOnBehindEverythingReserved) {
    const auto file = folder / "sequence";
    {
        auto range = SequenceRange::open(file, 7, 10).value();
        EXPECT_FALSE(std::filesystem::exists(file)) << "nothing is reserved before it is needed";
        for (std::uint64_t i = 7; i < 30; ++i) EXPECT_EQ(range.next().value(), i);
    }
    auto range = SequenceRange::open(file, 7, 10).value();
    EXPECT_EQ(range.next().value(), 37u) << "17 to 36 stood reserved";
}

TEST(SequenceRangeChild, DISABLED_DrawsNumbers) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    auto range = SequenceRange::open(*folder, 1, 8).value();
    for (;;) ChildProcess::report(range.next().value());
}

TEST_F(FilesTest, SequencesNeverRepeatAfterKill9) {
    const auto file = (folder / "sequence").string();
    std::set<std::uint64_t> seen;
    for (int round = 0; round < 10; ++round) {
        ChildProcess child("SequenceRangeChild.DISABLED_DrawsNumbers", file);
        for (int i = 0; i < 10 + round * 7; ++i) {
            const auto number = child.next_report();
            ASSERT_TRUE(number);
            EXPECT_TRUE(seen.insert(*number).second) << *number;
        }
        ASSERT_TRUE(child.kill());
        while (const auto number = child.next_report()) {
            EXPECT_TRUE(seen.insert(*number).second) << *number;
        }
    }
}

TEST_F(FilesTest, ADamagedSequenceFileIsRefusedAtEveryByte) {
    const auto file = folder / "sequence";
    EXPECT_EQ(SequenceRange::open(file, 1, 5).value().next().value(), 1u);
    const auto whole = read_file(file, 100).value();
    for (std::size_t i = 0; i <= whole.size(); ++i) {
        auto damaged = whole;
        if (i < whole.size()) {
            damaged[i] ^= 1;
        } else {
            damaged.push_back(0);
        }
        ASSERT_TRUE(write_file_synced(file, damaged));
        const auto opened = SequenceRange::open(file, 1, 5);
        ASSERT_FALSE(opened) << i;
        EXPECT_EQ(opened.error().code, ErrorCode::corrupted);
        damaged.resize(i);
        ASSERT_TRUE(write_file_synced(file, damaged));
        EXPECT_EQ(SequenceRange::open(file, 1, 5).has_value(), i == whole.size()) << i;
    }
}

TEST_F(FilesTest, ASequenceThatCannotBeReservedGivesNoNumber) {
    ASSERT_TRUE(make_folder(folder / "sub"));
    auto range = SequenceRange::open(folder / "sub" / "sequence", 1, 2).value();
    EXPECT_EQ(range.next().value(), 1u);
    EXPECT_EQ(range.next().value(), 2u);
    std::filesystem::remove_all(folder / "sub");
    EXPECT_FALSE(range.next());
    ASSERT_TRUE(make_folder(folder / "sub"));
    EXPECT_EQ(range.next().value(), 3u);
    auto last = SequenceRange::open(folder / "last", UINT64_MAX - 1, 2).value();
    EXPECT_EQ(last.next().error().code, ErrorCode::unavailable) << "it never wraps";
}

}  // namespace
}  // namespace storage
