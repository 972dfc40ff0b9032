// SPDX-License-Identifier: Apache-2.0
// Goal: the chain that measurements run on is a chain like any other.
#include "ledger/long_chain.h"

#include <gtest/gtest.h>

#include "ledger/internal/recheck.h"
#include "storage/memory_store.h"

namespace ledger {
namespace {

TEST(LongChain, VerifiesFromItsGenesisWithEverySignature) {
    storage::MemoryStore store;
    auto chain = LongChain::begin(store, base::from_unix_ms(1'767'225'600'000)).value();
    ASSERT_TRUE(chain->append(20));
    ASSERT_TRUE(chain->append(20));
    EXPECT_EQ(chain->height(), 41U);
    VerifyOptions options;
    options.trust.chain_id = chain->genesis().chain_id;
    options.trust.genesis_hash = wire::hash_of(chain->genesis());
    const auto verifier = crypto::make_serial_verifier();
    const auto report = recheck(store, *verifier, options);
    ASSERT_TRUE(report) << report.error().detail;
    EXPECT_EQ(report->finding, "");
    EXPECT_EQ(report->blocks, 41U);
}

}  // namespace
}  // namespace ledger
