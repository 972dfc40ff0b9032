// SPDX-License-Identifier: Apache-2.0
// Goal: of a damaged store every value is read that is still whole, and none that is not.
#include "storage/salvage.h"

#include <gtest/gtest.h>

#include "storage/files.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace storage {
namespace {

namespace fs = std::filesystem;
using base::Bytes;

class SalvageTest : public testing::Test {
protected:
    static constexpr std::uint8_t count = 200;
    TemporaryFolder temporary;
    fs::path folder = temporary.path() / "store";

    // Half of the values in a table, half in a log.
    void SetUp() override {
        for (std::uint8_t half = 0; half < 2; ++half) {
            const auto store = RocksStore::open(folder).value();
            for (std::uint8_t i = half; i < count; i += 2) {
                WriteBatch batch;
                batch.put({i}, value_of(i));
                batch.set_mark(i);
                ASSERT_TRUE(store->write(batch));
            }
        }
    }
    static Bytes value_of(std::uint8_t number) {
        Bytes out(700);
        for (std::size_t i = 0; i < out.size(); ++i) {
            out[i] = static_cast<std::uint8_t>((number * 7919U + i * 2654435761U) >> 9);
        }
        return out;
    }
    [[nodiscard]] fs::path file(const std::string& extension) const {
        fs::path largest;
        for (const auto& at : fs::directory_iterator(folder / "rocksdb")) {
            if (at.path().extension() != extension) continue;
            if (largest.empty() || at.file_size() > fs::file_size(largest)) largest = at.path();
        }
        return largest;
    }
    static void flip(const fs::path& path, std::size_t at) {
        auto content = read_file(path, 1 << 24).value();
        content.at(at) ^= 4U;
        ASSERT_TRUE(write_file_synced(path, content));
    }
    // How many can be read; each is what was written.
    static int readable(Salvage& salvage) {
        int found = 0;
        for (std::uint8_t i = 0; i < count; ++i) {
            const auto value = salvage.get(Bytes{i});
            if (!value) continue;
            EXPECT_EQ(*value, value_of(i));
            EXPECT_TRUE(salvage.holds(Bytes{i}, *value));
            EXPECT_FALSE(salvage.holds(Bytes{i}, Bytes{1}));
            ++found;
        }
        return found;
    }
};

TEST_F(SalvageTest, AWholeStoreIsReadWhole) {
    const auto salvage = Salvage::open(folder).value();
    EXPECT_EQ(readable(*salvage), count);
    EXPECT_EQ(salvage->get(Bytes{count}), std::nullopt);
    EXPECT_EQ(salvage->last_key(Bytes{0}, Bytes{150}), Bytes{149});
    EXPECT_EQ(salvage->last_key(Bytes{0}, Bytes{0xff}), Bytes{count - 1});
    EXPECT_EQ(salvage->last_key(Bytes{count}, Bytes{0xff}), std::nullopt);
    EXPECT_EQ(salvage->mark(), count - 1);
    EXPECT_FALSE(salvage->torn());
    EXPECT_TRUE(salvage->damages().empty());
}

TEST_F(SalvageTest, ADamagedLogLosesNoMoreThanOneOfItsBlocks) {
    const auto log = file(".log");
    ASSERT_GT(fs::file_size(log), 65'536U);
    flip(log, fs::file_size(log) / 2);
    const auto salvage = Salvage::open(folder).value();
    const int found = readable(*salvage);
    EXPECT_LT(found, count);
    EXPECT_GT(found, count - 60);  // 32 KiB have some 45 values
    ASSERT_EQ(salvage->damages().size(), 1U);
    EXPECT_NE(salvage->damages()[0].find(log.filename().string()), std::string::npos);
}

TEST_F(SalvageTest, ATornLogIsSaid) {
    const auto log = file(".log");
    fs::resize_file(log, fs::file_size(log) - 1);
    const auto salvage = Salvage::open(folder).value();
    EXPECT_EQ(readable(*salvage), count - 1);
    EXPECT_TRUE(salvage->torn());
}

TEST_F(SalvageTest, ADamagedTableLosesNoMoreThanOneOfItsBlocks) {
    flip(file(".sst"), 5'000);
    const auto salvage = Salvage::open(folder).value();
    const int found = readable(*salvage);
    EXPECT_LT(found, count);
    EXPECT_GT(found, count - 20);  // a block of the table has some 5 values
    EXPECT_EQ(salvage->damages().size(), 1U);
}

TEST_F(SalvageTest, ATableThatDoesNotOpenLosesItsOwnValuesOnly) {
    fs::resize_file(file(".sst"), 1'000);
    const auto salvage = Salvage::open(folder).value();
    EXPECT_EQ(readable(*salvage), count / 2);
}

TEST_F(SalvageTest, WithoutHeadThereIsNoMark) {
    fs::remove(folder / "HEAD");
    const auto salvage = Salvage::open(folder).value();
    EXPECT_EQ(readable(*salvage), count);
    EXPECT_EQ(salvage->mark(), std::nullopt);
}

TEST_F(SalvageTest, NoFolderIsAnError) {
    EXPECT_EQ(Salvage::open(temporary.path() / "nowhere").error().code, base::ErrorCode::not_found);
}

}  // namespace
}  // namespace storage
