// SPDX-License-Identifier: Apache-2.0
// Goal: `salus verify chain` overlooks no miner node's store. Method: a folder with a chain and two
// replicas of it, of which one falls behind, is altered, or is of another chain.
#include "cli/verify_miners.h"

#include <gtest/gtest.h>

#include <functional>

#include "cli/engine.h"
#include "ledger/long_chain.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace cli {
namespace {

class VerifyMiners : public ::testing::Test {
protected:
    void SetUp() override {
        ASSERT_TRUE(storage::make_folder(folder.databases()));
        for (const std::size_t number : {1U, 2U}) {
            std::filesystem::create_directories(miner_folder(folder, number));
        }
        begin(folder.database("ledger"), 3, [&] { copy(1); });
        copy(2);
    }
    /// A chain of twice so many blocks.
    void begin(const std::filesystem::path& path, std::uint64_t blocks,
               const std::function<void()>& halfway) {
        const auto store = storage::RocksStore::open(path).value();
        const auto chain = ledger::LongChain::begin(*store, base::from_unix_ms(1'767'225'600'000));
        ASSERT_TRUE(chain);
        ASSERT_TRUE((*chain)->append(blocks));
        if (options.trust.chain_id.empty()) {
            options.trust.chain_id = (*chain)->genesis().chain_id;
            options.trust.genesis_hash = wire::hash_of((*chain)->genesis());
        }
        halfway();
        ASSERT_TRUE((*chain)->append(blocks));
    }
    void copy(std::size_t number) {
        const auto to = miner_folder(folder, number) / "ledger";
        std::filesystem::remove_all(to);
        std::filesystem::copy(folder.database("ledger"), to,
                              std::filesystem::copy_options::recursive);
    }
    /// The newest table or log of a store, with a byte in its middle altered.
    static void damage(const std::filesystem::path& path) {
        std::filesystem::path largest;
        for (const auto& file : std::filesystem::recursive_directory_iterator(path)) {
            const bool holds =
                file.path().extension() == ".log" || file.path().extension() == ".sst";
            if (!file.is_regular_file() || !holds) continue;
            if (largest.empty() || file.file_size() > std::filesystem::file_size(largest)) {
                largest = file.path();
            }
        }
        auto bytes = storage::read_file(largest, 1U << 26U).value();
        bytes.at(bytes.size() / 2) ^= 1U;
        ASSERT_TRUE(storage::write_file_synced(largest, bytes));
    }
    /// Of the first miner node that does not hold, named.
    std::string finding() {
        const auto own = ledger::verify_chain(folder.database("ledger"), options);
        if (!own || !own->ok) return "the node's own chain does not hold";
        miners = 0;
        for (const auto& miner : miner_stores(folder)) {
            const auto found = verify_miner(folder, miner, options, *own);
            if (!found) return "error: " + found.error().detail;
            if (!found->empty()) return std::to_string(miner.number) + ": " + *found;
            ++miners;
        }
        return {};
    }

    storage::TemporaryFolder place;
    DataFolder folder{place.path()};
    ledger::VerifyOptions options;
    std::uint64_t miners = 0;
};

TEST_F(VerifyMiners, EachReplicaHoldsAlsoOneThatIsBehind) {
    EXPECT_EQ(finding(), "");
    EXPECT_EQ(miners, 2U);
}

TEST_F(VerifyMiners, OneThatHasNotBegunHolds) {
    std::filesystem::remove_all(miner_folder(folder, 2) / "ledger");
    EXPECT_EQ(finding(), "");
}

TEST_F(VerifyMiners, ADamagedReplicaIsNamed) {
    damage(miner_folder(folder, 2) / "ledger");
    EXPECT_EQ(finding().find("2: "), 0U) << finding();
}

TEST_F(VerifyMiners, AReplicaOfAnotherChainIsNamed) {
    const auto other = miner_folder(folder, 1) / "ledger";
    std::filesystem::remove_all(other);
    begin(other, 3, [] {});
    EXPECT_EQ(finding().find("1: genesis"), 0U) << finding();
}

}  // namespace
}  // namespace cli
