// SPDX-License-Identifier: Apache-2.0
// Goal: after a repair the chain verifies to the very tip it had, or the repair was refused and
// changed nothing. Method: each kind of damage done to a copy of a small chain, whose original is
// the oracle.
#include "ledger/repair_chain.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <set>

#include "base/check.h"
#include "ledger/long_chain.h"
#include "ledger/verify_chain.h"
#include "storage/files.h"
#include "storage/rocks_store.h"
#include "storage/temporary_folder.h"

namespace ledger {
namespace {

namespace fs = std::filesystem;
using base::Bytes;

constexpr wire::Height chain_height = 60;

class RepairChainTest : public testing::Test {
protected:
    static void SetUpTestSuite() {
        home_ = std::make_unique<storage::TemporaryFolder>();
        // Each block is a batch of its own, as a node writes them.
        const auto store = storage::RocksStore::open(oracle()).value();
        auto chain = LongChain::begin(*store, base::from_unix_ms(1'767'225'600'000)).value();
        for (int i = 0; i < 59; ++i) CHECK(chain->append(1).has_value());
        genesis_ = chain->genesis();
        tip_ = verified(oracle()).tip_hash;
    }
    static void TearDownTestSuite() { home_.reset(); }
    void SetUp() override {
        fs::remove_all(copy());
        fs::copy(oracle(), copy(), fs::copy_options::recursive);
    }
    static fs::path oracle() { return home_->path() / "oracle"; }
    static fs::path copy() { return home_->path() / "copy"; }

    static ChainReport verified(const fs::path& folder) {
        VerifyOptions options;
        options.trust = trust();
        return verify_chain(folder, options).value();
    }
    static wire::Trust trust() {
        wire::Trust out{};
        out.chain_id = genesis_.chain_id;
        out.genesis_hash = wire::hash_of(genesis_);
        return out;
    }
    static RepairOptions options() {
        RepairOptions out;
        out.trust = trust();
        out.quarantine = home_->path() / "quarantine" / std::to_string(++runs_);
        fs::create_directories(out.quarantine.parent_path());
        return out;
    }
    static RepairOptions with_other_copy() {
        auto out = options();
        out.from = oracle();
        return out;
    }

    /// Tables instead of logs, as after a restart; the last few blocks are merged with the rest.
    static void into_tables(const fs::path& folder) {
        for (int i = 0; i < 2; ++i) CHECK(storage::RocksStore::open(folder).has_value());
    }
    static fs::path file_of(const fs::path& folder, const std::string& extension) {
        fs::path largest;
        for (const auto& at : fs::directory_iterator(folder / "rocksdb")) {
            if (at.path().extension() != extension) continue;
            if (largest.empty() || at.file_size() > fs::file_size(largest)) largest = at.path();
        }
        CHECK(!largest.empty());
        return largest;
    }
    static void flip(const fs::path& file, std::size_t at) {
        auto content = storage::read_file(file, 1 << 28).value();
        content.at(at) ^= 0x10U;
        CHECK(storage::write_file_synced(file, content).has_value());
    }
    /// Other bytes under a key, or nothing, with a checksum that holds: as a bug would write them.
    static void overwrite(const fs::path& folder, const Bytes& key, std::optional<Bytes> value) {
        const auto store = storage::RocksStore::open(folder).value();
        storage::WriteBatch batch;
        if (value) {
            batch.put(key, *value);
        } else {
            batch.erase(key);
        }
        CHECK(store->write(batch).has_value());
    }
    static Bytes block_key(wire::Height height) {
        Bytes key{'B', 'b'};
        base::append_u64(key, height);
        return key;
    }

    static void expect_mended(const RepairOptions& with) {
        const auto report = repair_chain(copy(), with);
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_TRUE(report->damaged);
        EXPECT_EQ(report->refusal, "");
        EXPECT_TRUE(report->mended);
        const auto after = verified(copy());
        EXPECT_EQ(after.finding, "");
        EXPECT_EQ(after.tip_hash, tip_);
        EXPECT_EQ(after.height, chain_height);
        ASSERT_TRUE(report->quarantined);
        EXPECT_TRUE(fs::exists(*report->quarantined / "rocksdb"));
        const auto again = repair_chain(copy(), options());
        ASSERT_TRUE(again);
        EXPECT_FALSE(again->damaged);
    }
    static void expect_refused(const RepairOptions& with, const std::string& sentence) {
        const auto before = contents();
        const auto report = repair_chain(copy(), with);
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_TRUE(report->damaged);
        EXPECT_FALSE(report->mended);
        EXPECT_NE(report->refusal.find(sentence), std::string::npos) << report->refusal;
        EXPECT_FALSE(report->quarantined);
        EXPECT_EQ(contents(), before);
        EXPECT_FALSE(fs::exists(copy().string() + ".rebuilt"));
    }
    /// Of every file that holds data.
    static std::map<std::string, Bytes> contents() {
        std::map<std::string, Bytes> out;
        for (const auto& at : fs::recursive_directory_iterator(copy())) {
            const auto name = at.path().filename().string();
            if (at.is_regular_file() && (name == "HEAD" || at.path().extension() == ".sst" ||
                                         at.path().extension() == ".log")) {
                out[name] = storage::read_file(at.path(), 1 << 28).value();
            }
        }
        return out;
    }

    static inline std::unique_ptr<storage::TemporaryFolder> home_;
    static inline wire::Genesis genesis_;
    static inline wire::HeaderHash tip_;
    static inline int runs_ = 0;
};

TEST_F(RepairChainTest, AWholeChainIsLeftAlone) {
    const auto before = contents();
    const auto report = repair_chain(copy(), options());
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_FALSE(report->damaged);
    EXPECT_EQ(report->blocks_kept, chain_height);
    EXPECT_EQ(contents(), before);
}

TEST_F(RepairChainTest, WhatFollowsFromIntactBlocksIsRebuilt) {
    Bytes page_of_10{'S', 'r'};
    base::append_u64(page_of_10, 10);
    for (const auto& [key, value] : std::vector<std::pair<Bytes, std::optional<Bytes>>>{
             {page_of_10, Bytes{1, 2, 3}},  // the state
             {{'H', 's'}, Bytes(8, 0)},     // the history log
             {{'B', 't'}, std::nullopt},    // the tip
             {{'Z', 'z'}, Bytes{1}}}) {     // what no block gives
        SCOPED_TRACE(base::to_hex(key));
        SetUp();
        overwrite(copy(), key, value);
        ASSERT_NE(verified(copy()).finding, "");
        expect_mended(options());
    }
}

TEST_F(RepairChainTest, AFlippedByteInATableIsMendedOrRefused) {
    into_tables(copy());
    const auto table = file_of(copy(), ".sst");
    const auto size = fs::file_size(table);
    fs::remove_all(home_->path() / "tables");
    fs::copy(copy(), home_->path() / "tables", fs::copy_options::recursive);
    std::set<bool> seen;
    for (std::size_t i = 0; i < 12; ++i) {
        fs::remove_all(copy());
        fs::copy(home_->path() / "tables", copy(), fs::copy_options::recursive);
        flip(table, i * (size - 1) / 11);
        SCOPED_TRACE("byte " + std::to_string(i * (size - 1) / 11));
        const auto alone = repair_chain(copy(), options());
        ASSERT_TRUE(alone) << alone.error().detail;
        EXPECT_TRUE(alone->damaged);
        seen.insert(alone->mended);
        if (alone->mended) {
            EXPECT_EQ(verified(copy()).tip_hash, tip_);
        } else {
            EXPECT_TRUE(alone->refusal.find("was acknowledged") != std::string::npos ||
                        alone->refusal.starts_with("the genesis is lost"))
                << alone->refusal;
            expect_mended(with_other_copy());
        }
    }
    EXPECT_EQ(seen.size(), 2U) << "neither kind may be untested";
}

TEST_F(RepairChainTest, AMissingTableIsMendedFromAnotherCopyOnly) {
    into_tables(copy());
    fs::remove(file_of(copy(), ".sst"));
    auto alone = options();
    alone.genesis = genesis_;
    expect_refused(alone, "block 1 was acknowledged and cannot be read here");
    expect_mended(with_other_copy());
}

TEST_F(RepairChainTest, AFlippedByteInTheLogIsMendedFromAnotherCopy) {
    const auto log = file_of(copy(), ".log");
    flip(log, fs::file_size(log) / 2);
    expect_refused(options(), "was acknowledged and cannot be read here");
    expect_mended(with_other_copy());
}

TEST_F(RepairChainTest, ALogCutBelowWhatHeadSaysIsRefusedOrFetched) {
    const auto log = file_of(copy(), ".log");
    fs::resize_file(log, fs::file_size(log) - 2'000);
    expect_refused(options(), "block 60 was acknowledged and cannot be read here");
    expect_mended(with_other_copy());
}

TEST_F(RepairChainTest, AnAlteredBlockIsFetchedAndTheOthersAreKept) {
    auto block =
        storage::RocksStore::open_read_only(oracle()).value()->get(block_key(17)).value().value();
    ASSERT_FALSE(block.empty());
    block.back() ^= 1U;
    overwrite(copy(), block_key(17), block);
    auto with = with_other_copy();
    with.dry_run = true;
    const auto planned = repair_chain(copy(), with);
    ASSERT_TRUE(planned) << planned.error().detail;
    EXPECT_TRUE(planned->mended);
    EXPECT_FALSE(planned->quarantined);
    ASSERT_EQ(planned->blocks.size(), 1U);
    EXPECT_EQ(planned->blocks[0].height, 17U);
    EXPECT_EQ(planned->blocks[0].now, "fetched from the other copy");
    EXPECT_EQ(planned->blocks_kept, chain_height - 1);
    EXPECT_NE(verified(copy()).finding, "") << "a dry run changes nothing";
    expect_refused(options(), "block 17 was acknowledged");
    expect_mended(with_other_copy());
}

TEST_F(RepairChainTest, HeadIsRebuiltUnlessATornLogMakesItUnknowable) {
    flip(copy() / "HEAD", 20);
    expect_mended(options());
    SetUp();
    fs::remove(copy() / "HEAD");
    expect_mended(options());
    SetUp();
    fs::remove(copy() / "HEAD");
    const auto log = file_of(copy(), ".log");
    fs::resize_file(log, fs::file_size(log) - 1);
    expect_refused(options(), "HEAD is lost and the newest log ends within a write");
}

TEST_F(RepairChainTest, AnotherHistoryIsNotTakenForACopy) {
    const auto other = home_->path() / "other";
    {
        const auto store = storage::RocksStore::open(other).value();
        ASSERT_TRUE(LongChain::begin(*store, base::from_unix_ms(1'767'225'600'000)));
    }
    overwrite(copy(), block_key(17), std::nullopt);
    auto with = options();
    with.from = other;
    expect_refused(with, "the other copy is of another chain");
}

TEST_F(RepairChainTest, ALostGenesisComesFromBesideTheLedger) {
    overwrite(copy(), {'B', 'g'}, Bytes{1, 2, 3});
    expect_refused(options(), "the genesis is lost");
    auto with = options();
    with.genesis = genesis_;
    expect_mended(with);
}

TEST_F(RepairChainTest, NoLedgerIsAnError) {
    const auto report = repair_chain(home_->path() / "nowhere", options());
    ASSERT_FALSE(report);
    EXPECT_EQ(report.error().code, base::ErrorCode::not_found);
}

}  // namespace
}  // namespace ledger
