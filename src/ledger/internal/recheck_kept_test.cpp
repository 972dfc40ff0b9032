// SPDX-License-Identifier: Apache-2.0
// Goal: a chain whose first blocks were pruned verifies as far as it is there, and what is altered
// in it is found and named.
#include "ledger/internal/recheck_kept.h"

#include <gtest/gtest.h>

#include <functional>

#include "ledger/internal/recheck.h"
#include "ledger/long_chain.h"
#include "ledger/testing.h"
#include "storage/memory_store.h"

namespace ledger {
namespace {

using base::Bytes;

class PrunedChainTest : public ::testing::Test {
protected:
    static constexpr wire::Height tip = 60;
    static constexpr wire::Height kept_from = 40;
    storage::MemoryStore store;
    VerifyOptions options;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();

    void SetUp() override {
        {
            auto chain = LongChain::begin(store, base::from_unix_ms(1'767'225'600'000)).value();
            ASSERT_TRUE(chain->append(tip - 1));
            options.trust.chain_id = chain->genesis().chain_id;
            options.trust.genesis_hash = wire::hash_of(chain->genesis());
        }
        const auto application = Application::open(store, *verifier).value();
        Pruned pruned;
        while (!pruned.done) {
            const auto step = application->prune(kept_from);
            ASSERT_TRUE(step) << step.error().detail;
            pruned = *step;
        }
        ASSERT_EQ(pruned.first_block, kept_from);
    }
    ChainReport verified() { return recheck(store, *verifier, options).value(); }
    Bytes stored(const Bytes& key) { return store.get(key).value().value(); }
    void put(const Bytes& key, const Bytes& value) {
        storage::WriteBatch batch;
        batch.put(key, value);
        ASSERT_TRUE(store.write(batch));
    }
    static Bytes block_key(wire::Height height) {
        Bytes key{'B', 'b'};
        base::append_u64(key, height);
        return key;
    }
    void expect_finding(const std::string& words) {
        const auto report = verified();
        EXPECT_FALSE(report.ok);
        EXPECT_NE(report.finding.find(words), std::string::npos) << report.finding;
    }
};

TEST_F(PrunedChainTest, VerifiesFromItsFirstBlockOnAndSaysSo) {
    const auto report = verified();
    EXPECT_EQ(report.finding, "");
    EXPECT_EQ(report.first_block, kept_from);
    EXPECT_EQ(report.height, tip);
    EXPECT_EQ(report.blocks, tip - kept_from + 1);
    EXPECT_EQ(report.first_seal, kept_from + 1);
    const auto words = words_of(report);
    for (const auto* said : {"from block 40 on, the ones before are not here",
                             "nothing was executed again and no turns were checked",
                             "seals and approvals were checked from block 41 on"}) {
        EXPECT_NE(words.find(said), std::string::npos) << words;
    }
}

TEST_F(PrunedChainTest, AnAlteredSealIsFound) {
    auto block = wire::decode_block(stored(block_key(50))).value();
    block.seal.signature.bytes[10] ^= 1U;
    put(block_key(50), encode(block));
    expect_finding("block 50: seal, signature");
}

TEST_F(PrunedChainTest, ATransactionTakenOutIsFound) {
    auto block = wire::decode_block(stored(block_key(50))).value();
    block.transactions = wire::decode_block(stored(block_key(51))).value().transactions;
    put(block_key(50), encode(block));
    expect_finding("block 50: transactions_root");
}

TEST_F(PrunedChainTest, AMissingBlockIsFound) {
    storage::WriteBatch batch;
    batch.erase(block_key(50));
    ASSERT_TRUE(store.write(batch));
    expect_finding("block 50: ");
}

TEST_F(PrunedChainTest, AnAlteredPageOfTheStateIsFound) {
    std::optional<Bytes> newest;
    ASSERT_TRUE(store.scan_reverse(Bytes{'S', 'p'}, Bytes{'S', 'q'}, [&](auto key, auto) {
        newest = Bytes(key.begin(), key.end());
        return false;
    }));
    auto page = stored(*newest);
    page.at(page.size() / 2) ^= 1U;
    put(*newest, page);
    EXPECT_FALSE(verified().ok);
}

TEST_F(PrunedChainTest, ACheckpointBeyondTheTipIsMissed) {
    options.checkpoint =
        Checkpoint{.chain_id = options.trust.chain_id, .height = tip + 1, .header_hash = {}};
    expect_finding("blocks were cut off");
}

// Goal: the quorum of a block that is here is counted, though nothing is executed again.
TEST(PrunedCommitteeTest, ABlockThatLostItsApprovalsIsFound) {
    testing::Chain chain({.miners = 4, .policy = {.quorum = wire::Quorum::two_thirds}});
    chain.approving = chain.miners;
    for (int i = 0; i < 10; ++i) (void)chain.enrolled(wire::Role::nurse);
    while (!chain.app->prune(5).value().done) {
    }
    VerifyOptions options;
    options.trust.chain_id = chain.genesis().chain_id;
    options.trust.genesis_hash = wire::hash_of(chain.genesis());
    const auto finding = [&] { return recheck(chain.store, *chain.verifier, options)->finding; };
    EXPECT_EQ(finding(), "");

    auto block = chain.app->blocks().block(8).value();
    const auto altered = [&](const std::function<void(wire::Seal&)>& alter) {
        auto other = block;
        alter(other.seal);
        Bytes key{'B', 'b'};
        base::append_u64(key, 8);
        storage::WriteBatch batch;
        batch.put(key, encode(other));
        EXPECT_TRUE(chain.store.write(batch));
        return finding();
    };
    EXPECT_EQ(altered([](wire::Seal& seal) { seal.approvals.pop_back(); }), "");
    EXPECT_EQ(altered([](wire::Seal& seal) { seal.approvals.resize(2); }),
              "block 8: seal: 2 of the 3 approvals that it needs");
    EXPECT_NE(altered([](wire::Seal& seal) {
                  seal.approvals[1].signature.bytes[3] ^= 1U;
              }).find("the signature does not verify"),
              std::string::npos);
    EXPECT_NE(altered([](wire::Seal& seal) {
                  seal.approvals[1].miner.bytes[3] ^= 1U;
              }).find("it was no active miner"),
              std::string::npos);
}

}  // namespace
}  // namespace ledger
