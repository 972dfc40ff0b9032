// SPDX-License-Identifier: Apache-2.0
// Goal: whatever is changed in a stored chain is found, and named. Method: a real chain in a store;
// then every byte of its blocks, every other entry, its length, its order, its makers.
#include "ledger/verify_chain.h"

#include <gtest/gtest.h>

#include <unistd.h>

#include <fstream>

#include "base/testing.h"
#include "ledger/internal/recheck.h"
#include "ledger/testing.h"
#include "storage/rocks_store.h"

namespace ledger {
namespace {

using base::Bytes;
using testing::Chain;
using testing::ChainOptions;
using wire::Role;

VerifyOptions options_for(const Chain& chain) {
    VerifyOptions options;
    options.trust = {.chain_id = chain.genesis().chain_id,
                     .genesis_hash = wire::hash_of(chain.genesis()),
                     .miners = {}};
    options.anchor_independent = true;
    return options;
}

Bytes block_key(wire::Height height) {
    Bytes key{BlockStore::store_prefix, 'b'};
    base::append_u64(key, height);
    return key;
}

class VerifyChain : public ::testing::Test {
protected:
    void SetUp() override {
        cast = chain.cast();
        chain.must_accept({chain.signed_report(cast), chain.signed_report(cast)});
        chain.must_accept({chain.signed_by(cast.patient, chain.grant_to(cast.doctor))});
        height = chain.app->info().height;
        options = options_for(chain);
    }
    [[nodiscard]] ChainReport check() {
        auto report = recheck(chain.store, *chain.verifier, options);
        EXPECT_TRUE(report) << report.error().detail;
        return report ? *report : ChainReport{};
    }
    [[nodiscard]] std::string finding() { return check().finding; }
    [[nodiscard]] Bytes stored(const Bytes& key) { return **chain.store.get(key); }
    void put(const Bytes& key, Bytes value) {
        storage::WriteBatch batch;
        batch.put(key, std::move(value));
        ASSERT_TRUE(chain.store.write(batch));
    }
    void erase(const Bytes& key) {
        storage::WriteBatch batch;
        batch.erase(key);
        ASSERT_TRUE(chain.store.write(batch));
    }
    std::map<Bytes, Bytes> all() {
        std::map<Bytes, Bytes> out;
        EXPECT_TRUE(chain.store.scan(
            Bytes{}, Bytes(8, 0xff), [&](base::ByteView key, base::ByteView value) {
                out.emplace(Bytes(key.begin(), key.end()), Bytes(value.begin(), value.end()));
                return true;
            }));
        return out;
    }
    /// What is found when block `at` is stored otherwise.
    std::string finding_with(wire::Height at, const wire::Block& block) {
        const auto before = stored(block_key(at));
        put(block_key(at), encode(block));
        auto found = finding();
        put(block_key(at), before);
        return found;
    }

    Chain chain;
    Chain::Cast cast;
    wire::Height height = 0;
    VerifyOptions options;
};

TEST_F(VerifyChain, FindsNothingWhereNothingIsWrong) {
    wire::Height last = 0;
    options.progress = [&](wire::Height done, wire::Height total) {
        EXPECT_EQ(done, last + 1);
        EXPECT_EQ(total, height);
        last = done;
    };
    const auto report = check();
    EXPECT_TRUE(report.ok) << report.finding;
    EXPECT_EQ(report.height, height);
    EXPECT_EQ(report.blocks, height);
    EXPECT_EQ(report.transactions, height + 1);
    EXPECT_EQ(report.tip_hash, chain.app->info().app_hash);
    EXPECT_EQ(last, height);
    EXPECT_FALSE(report.objects_checked);
    EXPECT_EQ(words_of(report).find("anchor not independent"), std::string::npos);
    options.progress = {};
    options.anchor_independent = false;
    EXPECT_NE(words_of(check()).find("anchor not independent"), std::string::npos);
}

TEST_F(VerifyChain, FindsEveryByteChangedInABlockAndNamesTheBlock) {
    for (wire::Height at = 1; at <= height; ++at) {
        const auto before = stored(block_key(at));
        for (std::size_t byte = 0; byte < before.size(); byte += base::testing::stride) {
            auto damaged = before;
            damaged[byte] ^= static_cast<std::uint8_t>(1U << (byte % 8));
            put(block_key(at), damaged);
            const auto found = finding();
            ASSERT_TRUE(found.starts_with("block " + std::to_string(at) + ":"))
                << "byte " << byte << ": " << found;
        }
        put(block_key(at), before);
    }
    EXPECT_TRUE(check().ok);
}

TEST_F(VerifyChain, NamesTheFieldThatWasChanged) {
    const wire::Height at = height - 1;
    const auto good = chain.app->blocks().block(at).value();
    const auto with_header = [&](auto change) {
        auto block = good;
        change(block.header);
        block.header_bytes = encode(block.header);
        return finding_with(at, block);
    };
    const std::string name = "block " + std::to_string(at) + ": ";
    using H = wire::Header;
    EXPECT_TRUE(with_header([](H& h) { h.chain_id = "other"; }).starts_with(name + "chain_id"));
    EXPECT_TRUE(with_header([](H& h) {
                    h.previous_hash.bytes[0] ^= 1;
                }).starts_with(name + "previous_hash"));
    EXPECT_TRUE(with_header([](H& h) {
                    h.transactions_root.bytes[0] ^= 1;
                }).starts_with(name + "transactions_root"));
    EXPECT_TRUE(
        with_header([](H& h) { h.state_root.bytes[0] ^= 1; }).starts_with(name + "state_root"));
    EXPECT_TRUE(
        with_header([](H& h) { h.history_root.bytes[0] ^= 1; }).starts_with(name + "history_root"));
    EXPECT_TRUE(with_header([](H& h) { h.history_size += 1; }).starts_with(name + "history_size"));
    EXPECT_TRUE(with_header([](H& h) { h.miner.bytes[0] ^= 1; }).starts_with(name + "miner"));
    EXPECT_TRUE(with_header([](H& h) {
                    h.time += std::chrono::milliseconds{1};
                }).starts_with(name + "time"));
    EXPECT_TRUE(
        with_header([](H& h) { h.time -= std::chrono::hours{1}; }).starts_with(name + "time"));
    auto block = good;
    block.seal.round += 1;
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "seal, round"));
    block = good;
    block.seal.signature.bytes[60] ^= 1;
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "seal, signature"));
    block = good;
    block.seal.approvals = {{chain.miners[0]->id(), good.seal.signature}};
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "seal, approval"));
    block = good;
    block.transactions.pop_back();
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "transactions_root"));
    block = good;
    std::swap(block.transactions[0], block.transactions[1]);
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "transactions_root"));
    block = good;
    block.transactions.push_back(good.transactions[0]);
    EXPECT_TRUE(finding_with(at, block).starts_with(name + "transaction 2: already_committed"));
}

TEST_F(VerifyChain, FindsEveryOtherEntryChangedMissingOrAdded) {
    std::vector<std::pair<Bytes, Bytes>> added;
    for (const auto& [key, value] : all()) {
        erase(key);
        if (key == Bytes{BlockStore::store_prefix, 'g'}) {
            EXPECT_EQ(recheck(chain.store, *chain.verifier, options).error().code,
                      base::ErrorCode::not_found);
        } else {
            EXPECT_NE(finding(), "") << "missing: " << base::to_hex(key);
        }
        for (std::size_t at = 0; at < value.size();
             at += base::testing::stride + value.size() / 9) {
            auto damaged = value;
            damaged[at] ^= 2;
            put(key, damaged);
            ASSERT_NE(finding(), "") << "changed: " << base::to_hex(key) << " at " << at;
        }
        put(key, value);
        auto other = key;
        other.back() ^= 1;
        added.emplace_back(other, value);
    }
    const auto entries = all();
    for (const auto& [key, value] : added) {
        if (entries.contains(key)) continue;
        put(key, value);
        EXPECT_NE(finding(), "") << "added: " << base::to_hex(key);
        erase(key);
    }
    EXPECT_TRUE(check().ok);
}

TEST_F(VerifyChain, FindsAChainThatWasCutBackWithTheHelpOfACheckpoint) {
    const Checkpoint at_tip{.chain_id = options.trust.chain_id,
                            .height = height,
                            .header_hash = chain.app->info().app_hash};
    options.checkpoint = at_tip;
    EXPECT_TRUE(check().ok);

    // The same chain as its owner had it earlier: alone it is perfectly consistent.
    Chain earlier;
    const auto earlier_cast = earlier.cast();
    auto earlier_options = options_for(earlier);
    const auto early_tip = earlier.app->info();
    earlier_options.checkpoint = Checkpoint{.chain_id = early_tip.chain_id,
                                            .height = early_tip.height + 3,
                                            .header_hash = early_tip.app_hash};
    const auto cut = recheck(earlier.store, *earlier.verifier, earlier_options).value();
    EXPECT_FALSE(cut.ok);
    EXPECT_NE(cut.finding.find("blocks were cut off"), std::string::npos);

    auto other = at_tip;
    other.height = 2;
    options.checkpoint = other;
    EXPECT_TRUE(finding().starts_with("block 2: the checkpoint"));
    other.height = 0;
    options.checkpoint = other;
    EXPECT_TRUE(finding().starts_with("block 0: the checkpoint"));
    other.chain_id = "another";
    options.checkpoint = other;
    EXPECT_TRUE(finding().starts_with("the checkpoint is of chain"));
}

TEST_F(VerifyChain, FindsATipThatWasMoved) {
    const Bytes tip_key{BlockStore::store_prefix, 't'};
    const auto earlier = chain.app->blocks().block(2).value();
    Bytes moved;
    base::append_u64(moved, 2);
    base::append(moved, wire::hash_of_header(earlier.header_bytes).view());
    put(tip_key, moved);
    EXPECT_NE(finding(), "");
    Bytes beyond;
    base::append_u64(beyond, std::uint64_t{1} << 60);
    base::append(beyond, wire::hash_of_header(earlier.header_bytes).view());
    put(tip_key, beyond);
    EXPECT_TRUE(finding().starts_with("block " + std::to_string(height + 1) + " is missing"));
}

TEST_F(VerifyChain, RefusesAChainMadeBySomebodyElse) {
    Chain forged(ChainOptions{.miners = 3, .demo = false, .seed = 1});
    const auto report = recheck(forged.store, *forged.verifier, options).value();
    EXPECT_FALSE(report.ok);
    EXPECT_TRUE(report.finding.starts_with("genesis:"));
    options.trust.chain_id = "another";
    EXPECT_TRUE(finding().starts_with("genesis:"));
}

TEST_F(VerifyChain, AsksForEachVaultObjectAndNamesTheOneThatIsWrong) {
    int asked = 0;
    options.check_object = [&](const wire::ContentId& id) -> base::Result<void> {
        EXPECT_EQ(id, Chain::content_id());
        if (++asked == 2) return base::fail(base::ErrorCode::corrupted, "its bytes were changed");
        return {};
    };
    const auto report = check();
    EXPECT_EQ(report.vault_objects, 1U);
    EXPECT_TRUE(report.finding.starts_with("block " + std::to_string(height - 1) +
                                           ": transaction 1: vault object"));
    EXPECT_NE(words_of(report).find("its bytes were changed"), std::string::npos);
}

class VerifyFolder : public VerifyChain {
protected:
    void SetUp() override {
        VerifyChain::SetUp();
        folder = std::filesystem::temp_directory_path() /
                 ("salus_verify_chain_test_" + std::to_string(::getpid()));
        std::filesystem::remove_all(folder);
        auto store = storage::RocksStore::open(folder);
        ASSERT_TRUE(store) << store.error().detail;
        storage::WriteBatch batch;
        for (auto& [key, value] : all()) batch.put(key, value);
        ASSERT_TRUE((*store)->write(batch));
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    std::filesystem::path folder;
};

TEST_F(VerifyFolder, VerifiesADatabaseWithoutChangingIt) {
    const auto before = std::filesystem::recursive_directory_iterator(folder);
    std::map<std::string, std::filesystem::file_time_type> times;
    for (const auto& entry : before) times[entry.path()] = entry.last_write_time();
    const auto report = verify_chain(folder, options);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_TRUE(report->ok) << report->finding;
    EXPECT_EQ(report->height, height);
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        ASSERT_TRUE(times.contains(entry.path())) << entry.path();
        EXPECT_EQ(times[entry.path()], entry.last_write_time()) << entry.path();
    }
}

TEST_F(VerifyFolder, NamesADamagedFile) {
    std::size_t damaged = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        const auto extension = entry.path().extension();
        if (!entry.is_regular_file() || (extension != ".sst" && extension != ".log")) continue;
        if (entry.file_size() == 0) continue;
        std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
        const auto at = static_cast<std::streamoff>(entry.file_size() / 2);
        file.seekg(at);
        const auto byte = static_cast<char>(file.get() ^ 4);
        file.seekp(at);
        file.put(byte);
        file.close();
        ++damaged;
        const auto report = verify_chain(folder, options);
        ASSERT_TRUE(report) << report.error().detail;
        EXPECT_FALSE(report->ok);
        EXPECT_NE(report->finding.find(entry.path().filename().string()), std::string::npos)
            << report->finding;
    }
    EXPECT_GE(damaged, 1U);
}

TEST_F(VerifyFolder, SaysWhenThereIsNoLedger) {
    EXPECT_EQ(verify_chain(folder / "nowhere", options).error().code, base::ErrorCode::not_found);
}

TEST(CheckpointFile, SurvivesItsTextAndIsRefusedOtherwise) {
    Checkpoint checkpoint{.chain_id = "salus-test", .height = 12, .header_hash = {}};
    checkpoint.header_hash.bytes.fill(0xab);
    const auto text = to_text(checkpoint);
    EXPECT_EQ(checkpoint_from_text(text).value(), checkpoint);
    for (std::size_t size = 0; size < text.size(); ++size) {
        EXPECT_FALSE(checkpoint_from_text(text.substr(0, size)));
    }
    EXPECT_FALSE(checkpoint_from_text(text + "\n"));
    EXPECT_FALSE(checkpoint_from_text(text + text));
    EXPECT_FALSE(checkpoint_from_text("chain a\nheight -1\nheader 00\n"));
    EXPECT_FALSE(checkpoint_from_text("chain a\nheight 012\n" + text.substr(text.find("header"))));
    const auto file = std::filesystem::temp_directory_path() /
                      ("salus_checkpoint_test_" + std::to_string(::getpid()));
    ASSERT_TRUE(write_checkpoint(file, checkpoint));
    EXPECT_EQ(read_checkpoint(file).value(), checkpoint);
    std::filesystem::remove(file);
    EXPECT_EQ(read_checkpoint(file).error().code, base::ErrorCode::not_found);
}

}  // namespace
}  // namespace ledger
