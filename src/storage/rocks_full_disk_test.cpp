// SPDX-License-Identifier: Apache-2.0
// Goal: a full disk loses nothing acknowledged, shows nothing of what failed, and is over once
// there is room again. Method: a child with a small file system of its own (tmpfs in a mount
// namespace).
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <random>
#include <set>
#include <thread>

#include "base/testing.h"
#include "storage/files.h"
#include "storage/internal/child_process.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

using base::ErrorCode;
using internal::ChildProcess;

constexpr int not_permitted = 77;

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

bool mount_small_disk(const std::string& folder, const char* size) {
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", folder.c_str(), "tmpfs", 0, size) == 0;
}

base::Bytes incompressible(std::uint32_t seed) {
    base::Bytes out(100'000);
    std::minstd_rand random(seed + 1);
    for (auto& byte : out) byte = static_cast<std::uint8_t>(random() >> 8);
    return out;
}

WriteBatch batch_of(std::uint32_t number) {
    WriteBatch batch;
    batch.put(bytes("a" + std::to_string(number)), incompressible(number));
    batch.put(bytes("b" + std::to_string(number)), bytes("x"));
    return batch;
}

class SmallDisk {
public:
    explicit SmallDisk(std::filesystem::path folder) : folder_(std::move(folder)) { open(); }

    void open() {
        store_.reset();
        auto opened = RocksStore::open(folder_ / "store");
        ASSERT_TRUE(opened) << opened.error().detail;
        store_ = std::move(*opened);
    }
    // Writes until the disk is full, which it must be before long.
    void fill() {
        for (int i = 0; i < 400; ++i) {
            const auto written = store_->write(batch_of(next_));
            if (!written) {
                EXPECT_EQ(written.error().code, ErrorCode::storage_full) << written.error().detail;
                refused_.insert(next_++);
                return;
            }
            acknowledged_.insert(next_++);
        }
        FAIL() << "40 MB fit where 24 MB are free";
    }
    void expect_refused_but_readable() {
        for (int i = 0; i < 5; ++i) {
            const auto written = store_->write(batch_of(next_));
            ASSERT_FALSE(written);
            EXPECT_EQ(written.error().code, ErrorCode::storage_full) << written.error().detail;
            refused_.insert(next_++);
        }
        expect_contents();
    }
    // One write, whatever becomes of it.
    void try_to_write() {
        const auto written = store_->write(batch_of(next_ % keys_max));
        if (!written) {
            EXPECT_EQ(written.error().code, ErrorCode::storage_full) << written.error().detail;
        } else {
            acknowledged_.insert(next_ % keys_max);
        }
        ++next_;
    }
    void expect_written() {
        const auto written = store_->write(batch_of(next_));
        ASSERT_TRUE(written) << written.error().detail;
        acknowledged_.insert(next_++);
        expect_contents();
        const auto verified = store_->verify_files();
        EXPECT_TRUE(verified) << verified.error().detail;
    }
    void expect_contents() {
        for (const auto number : acknowledged_) {
            EXPECT_EQ(store_->get(bytes("a" + std::to_string(number))).value(),
                      incompressible(number));
        }
        for (const auto number : refused_) {
            EXPECT_EQ(store_->get(bytes("a" + std::to_string(number))).value(), std::nullopt);
            EXPECT_EQ(store_->get(bytes("b" + std::to_string(number))).value(), std::nullopt);
        }
    }

private:
    static constexpr std::uint32_t keys_max = 150;  // overwritten again and again: 15 MB live
    std::filesystem::path folder_;
    std::unique_ptr<RocksStore> store_;
    std::uint32_t next_ = 0;
    std::set<std::uint32_t> acknowledged_;
    std::set<std::uint32_t> refused_;
};

TEST(RocksFullDiskChild, DISABLED_FillsADiskAndGetsRoomAgain) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    if (!mount_small_disk(*folder, "size=96m")) std::_Exit(not_permitted);
    const auto ballast = std::filesystem::path(*folder) / "ballast";
    ASSERT_TRUE(write_file_synced(ballast, base::Bytes(15 << 20)));
    SmallDisk disk(*folder);
    disk.fill();
    disk.expect_refused_but_readable();
    std::filesystem::remove(ballast);
    disk.expect_written();
    disk.open();
    disk.expect_contents();
    disk.expect_written();
}

// Takes all room of the disk, now and then, for a moment, while somebody else writes.
class Filler {
public:
    explicit Filler(std::filesystem::path file)
        : file_(std::move(file)), thread_([this] { run(); }) {}
    ~Filler() {
        stop_ = true;
        thread_.join();
    }
    Filler(const Filler&) = delete;
    Filler& operator=(const Filler&) = delete;

private:
    void run() {
        constexpr std::chrono::milliseconds empty{40};
        constexpr int rounds_full = 200;
        while (!stop_) {
            const auto file = internal::open_file(file_.string(), O_CREAT | O_RDWR, 0600);
            for (int round = 0; round < rounds_full && !stop_; ++round) {
                take_all(file.number());
                std::this_thread::yield();
            }
            std::filesystem::remove(file_);
            std::this_thread::sleep_for(empty);
        }
    }
    static void take_all(int file) {
        struct statvfs disk{};
        if (::fstatvfs(file, &disk) != 0) return;
        auto bytes = static_cast<::off_t>(disk.f_bavail * disk.f_frsize);
        const ::off_t end = ::lseek(file, 0, SEEK_END);
        while (bytes >= 4096 && ::posix_fallocate(file, end, bytes) != 0) bytes /= 2;
    }
    std::filesystem::path file_;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

TEST(RocksFullDiskChild, DISABLED_WritesWhileSomebodyElseFillsTheDisk) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    if (!mount_small_disk(*folder, "size=160m")) std::_Exit(not_permitted);
    SmallDisk disk(*folder);
    {
        const Filler filler(std::filesystem::path(*folder) / "filler");
        for (unsigned i = 0; i < 3'000 / base::testing::stride; ++i) disk.try_to_write();
    }
    disk.expect_written();
    disk.open();
    disk.expect_written();
}

void expect_survived(const std::string& child_test) {
    const TemporaryFolder temporary;
    ChildProcess child("RocksFullDiskChild." + child_test, temporary.path().string());
    const int status = child.wait();
    if (status == not_permitted) GTEST_SKIP() << "this machine lets us mount no small disk";
    EXPECT_EQ(status, 0) << "see the child's output above";
}

TEST(RocksFullDisk, IsSurvivedAndOverOnceThereIsRoom) {
    expect_survived("DISABLED_FillsADiskAndGetsRoomAgain");
}

// RocksDB 7.8 aborts here, or stalls for ever, unless its threads wait for room.
TEST(RocksFullDisk, IsSurvivedToTheLastByte) {
    expect_survived("DISABLED_WritesWhileSomebodyElseFillsTheDisk");
}

}  // namespace
}  // namespace storage
