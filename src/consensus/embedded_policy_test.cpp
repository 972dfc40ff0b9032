// SPDX-License-Identifier: Apache-2.0
// Goal: the default engine follows whatever the chain's policy says of who may mine.
#include <gtest/gtest.h>

#include "chain/orphans.h"
#include "consensus/embedded_engine.h"
#include "consensus/proof_of_work.h"
#include "consensus/testing.h"

namespace consensus {
namespace {

using ledger::testing::Chain;
using testing::LentSigner;

class EmbeddedPolicy : public ::testing::Test {
protected:
    void mine(Chain& chain, int blocks) {
        base::ManualClock clock(chain.now);
        const auto engine = EmbeddedEngine::start(
            {.application = *chain.app,
             .verifier = *chain.verifier,
             .clock = clock,
             .signer_of =
                 [&](const wire::LedgerId& id) -> base::Result<std::unique_ptr<wire::Signer>> {
                 for (const auto& miner : chain.miners) {
                     if (miner->id() == id) return std::make_unique<LentSigner>(miner);
                 }
                 return base::fail(base::ErrorCode::not_found, "no such miner");
             },
             .on_error = {}});
        ASSERT_TRUE(engine);
        for (int i = 0; i < blocks; ++i) {
            const auto newcomer = chain.person(wire::Role::patient);
            const auto committed = chain::submit_and_wait(
                **engine, chain.signed_by(chain.admin, newcomer->enrolment()));
            ASSERT_TRUE(committed) << committed.error().detail;
        }
        EXPECT_TRUE(chain::orphans(**engine)->empty());
    }
};

TEST_F(EmbeddedPolicy, HospitalsMineInTurn) {
    Chain chain({.miners = 3, .policy = {.engine = wire::EngineKind::authority}});
    mine(chain, 7);
    for (wire::Height height = 1; height <= 7; ++height) {
        EXPECT_EQ(chain.app->blocks().block(height)->header.miner,
                  chain.miners[(height - 1) % 3]->id());
    }
}

TEST_F(EmbeddedPolicy, EveryNonceMeetsItsTarget) {
    Chain chain(
        {.miners = 3, .policy = {.engine = wire::EngineKind::proof_of_work, .difficulty_bits = 6}});
    const auto target = chain.app->next_turn()->target;
    mine(chain, 3);
    const auto block = chain.app->blocks().block(1).value();
    EXPECT_TRUE(meets({.height = 1, .header_bytes = block.header_bytes, .target = target},
                      block.seal.nonce));
    EXPECT_EQ(chain.app->info().height, 3U);
}

// Goal: the bound and the cancellation of grinding hold. Method: a target that nothing meets.
TEST(ProofOfWork, GivesUpAtItsBoundOrWhenToldTo) {
    const Work hopeless{.height = 1, .header_bytes = {1, 2, 3}, .target = {}};
    EXPECT_FALSE(grind(hopeless, 10, [] { return true; }));
    EXPECT_FALSE(grind(hopeless, 1'000'000'000, [] { return false; }));
    Work easy = hopeless;
    easy.target.bytes.fill(0xff);
    EXPECT_EQ(grind(easy, 10, [] { return true; }), 0U);
}

}  // namespace
}  // namespace consensus
