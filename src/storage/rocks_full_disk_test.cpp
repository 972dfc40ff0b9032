// SPDX-License-Identifier: Apache-2.0
// Goal: a full disk loses nothing acknowledged, shows nothing of what failed, and is over once
// there is room again. Method: a child with a small file system of its own (tmpfs in a mount
// namespace).
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>

#include <random>
#include <set>

#include "storage/files.h"
#include "storage/internal/child_process.h"
#include "storage/internal/temporary_folder.h"
#include "storage/rocks_store.h"

namespace storage {
namespace {

using base::ErrorCode;
using internal::ChildProcess;

constexpr int not_permitted = 77;

base::Bytes bytes(std::string_view text) {
    return {text.begin(), text.end()};
}

bool mount_small_disk(const std::string& folder) {
    if (::unshare(CLONE_NEWNS) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    return ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
           ::mount("none", folder.c_str(), "tmpfs", 0, "size=96m") == 0;
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
    std::filesystem::path folder_;
    std::unique_ptr<RocksStore> store_;
    std::uint32_t next_ = 0;
    std::set<std::uint32_t> acknowledged_;
    std::set<std::uint32_t> refused_;
};

TEST(RocksFullDiskChild, DISABLED_FillsADiskAndGetsRoomAgain) {
    const auto folder = ChildProcess::argument();
    if (!folder) GTEST_SKIP() << "runs as a child only";
    if (!mount_small_disk(*folder)) std::_Exit(not_permitted);
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

TEST(RocksFullDisk, IsSurvivedAndOverOnceThereIsRoom) {
    const internal::TemporaryFolder temporary;
    ChildProcess child("RocksFullDiskChild.DISABLED_FillsADiskAndGetsRoomAgain",
                       temporary.path().string());
    const int status = child.wait();
    if (status == not_permitted) GTEST_SKIP() << "this machine lets us mount no small disk";
    EXPECT_EQ(status, 0) << "see the child's output above";
}

}  // namespace
}  // namespace storage
