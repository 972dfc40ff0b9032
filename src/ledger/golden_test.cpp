// SPDX-License-Identifier: Apache-2.0
// A short chain that was made once and must come out the same for ever: keys, signatures, blocks
// and their hashes stand in tests/vectors/ledger_chain.txt.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "ledger/testing.h"

namespace ledger {
namespace {

using testing::Chain;
using wire::Role;

const std::string vector_file = SALUS_SOURCE_DIR "/tests/vectors/ledger_chain.txt";

// Goal: no change of code changes the format unnoticed. Method: execute the pinned blocks; headers,
// and with them state and history roots, must have the pinned hashes.
TEST(GoldenChain, IsExecutedToTheVeryHashesThatWerePinned) {
    std::ifstream file(vector_file);
    ASSERT_TRUE(file) << vector_file;
    storage::MemoryStore store;
    const auto verifier = crypto::make_serial_verifier();
    auto app = Application::open(store, *verifier);
    ASSERT_TRUE(app);
    std::string word;
    std::string hex;
    std::size_t blocks = 0;
    while (file >> word >> hex) {
        const auto bytes = base::from_hex(hex);
        ASSERT_TRUE(bytes) << word;
        if (word == "genesis") {
            const auto genesis = wire::decode_genesis(*bytes);
            ASSERT_TRUE(genesis);
            ASSERT_TRUE((*app)->init_chain(*genesis));
        } else if (word == "block") {
            const auto block = wire::decode_block(*bytes);
            ASSERT_TRUE(block);
            const auto finalized = (*app)->finalize_block({.height = block->header.height,
                                                           .time = block->header.time,
                                                           .miner = block->header.miner,
                                                           .round = block->seal.round,
                                                           .transactions = block->transactions});
            ASSERT_TRUE(finalized);
            EXPECT_EQ(finalized->header_bytes, block->header_bytes);
            ASSERT_TRUE((*app)->commit(block->seal));
            ++blocks;
        } else {
            ASSERT_EQ(word, "hash");
            EXPECT_EQ(base::to_hex((*app)->info().app_hash.view()), hex) << "block " << blocks;
        }
    }
    EXPECT_EQ(blocks, 8U);
    EXPECT_EQ(base::to_hex((*app)->info().app_hash.view()).substr(0, 32),
              "e262771a4e0070fa894cd654a62f78ca");
}

/// Run by hand when the format changes on purpose; then the tip above is pinned anew.
TEST(GoldenChain, DISABLED_IsMadeAnew) {
    Chain chain({.miners = 2, .demo = true, .seed = 2026});
    const auto cast = chain.cast();
    const auto fresh = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    chain.must_accept({chain.signed_report(cast), chain.signed_report(cast)});
    chain.must_accept(
        {chain.signed_report(cast),
         chain.signed_by(cast.doctor, wire::RotateKey{fresh->public_key(), wire::Custody::node}),
         chain.signed_by(cast.patient, chain.grant_to(cast.doctor)),
         chain.signed_by(chain.admin, chain.person(Role::miner)->enrolment())});
    chain.must_accept({chain.signed_by(chain.admin, wire::RevokeKey{cast.cloud_server->id()})});
    const auto granting = chain.body(cast.patient, chain.grant_to(cast.doctor));
    chain.must_accept(
        {Chain::sign(granting, {cast.patient}),
         chain.signed_by(cast.patient, wire::RevokeConsent{wire::body_ref(encode(granting))})});
    std::ofstream file(vector_file);
    file << "genesis " << base::to_hex(encode(chain.genesis())) << '\n';
    file << "hash " << base::to_hex(wire::hash_of(chain.genesis()).view()) << '\n';
    for (wire::Height height = 1; height <= chain.app->info().height; ++height) {
        const auto block = chain.app->blocks().block(height);
        ASSERT_TRUE(block);
        file << "block " << base::to_hex(encode(*block)) << '\n';
        file << "hash " << base::to_hex(wire::hash_of_header(block->header_bytes).view()) << '\n';
    }
    ASSERT_TRUE(file.flush());
}

}  // namespace
}  // namespace ledger
