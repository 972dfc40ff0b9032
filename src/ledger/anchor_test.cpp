// SPDX-License-Identifier: Apache-2.0
// Who mines changes, and receipts of all times go on holding. Method: a chain whose blocks need
// over two thirds of those who are active, through leaving, suspension, coming back, joining, a new
// key and its revocation; then a receipt of every block, against anchors of several ages.
#include "ledger/anchor.h"

#include <gtest/gtest.h>

#include "chain/mining.h"
#include "chain/queries.h"
#include "ledger/testing.h"
#include "ledger/verify_claim.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::MinerStanding;
using wire::Role;

constexpr wire::ConsensusPolicy agreed_policy{.quorum = wire::Quorum::two_thirds};

class AnchorTest : public ::testing::Test {
protected:
    AnchorTest() {
        for (const auto& miner : chain.miners) {
            setup.miners.push_back({.id = miner->id(), .public_key = miner->public_key()});
        }
        followed = setup;
        chain.approving = chain.miners;
        cast = chain.cast();
        follow();
    }

    void follow() {
        const auto updated = update_anchor(followed, *chain.app);
        ASSERT_TRUE(updated) << updated.error().detail;
        EXPECT_FALSE(update_anchor(followed, *chain.app).value()) << "nothing is told twice";
    }
    /// A block that all who are active approve.
    void mine(base::Bytes transaction) {
        const auto raw = chain.app->query(::chain::path::mining, {});
        const auto mining = ::chain::encoding::decode_mining_view(raw.value()).value();
        chain.approving.clear();
        for (const auto& view : mining.miners) {
            if (view.standing != MinerStanding::active) continue;
            for (const auto& miner : chain.miners) {
                if (miner->id() == view.id) chain.approving.push_back(miner);
            }
        }
        chain.must_accept({std::move(transaction)});
        follow();
    }
    void mine() { mine(chain.signed_by(chain.admin, chain.person(Role::nurse)->enrolment())); }
    void change(const Person& miner, MinerStanding standing) {
        mine(chain.signed_by(chain.admin, wire::ChangeMining{miner->id(), standing}));
    }
    void join() {
        chain.miners.push_back(chain.person(Role::miner));
        mine(chain.signed_by(chain.admin, chain.miners.back()->enrolment()));
    }
    void rotate(const Person& miner) {
        testing::Identity fresh(miner->id(), Role::miner);
        mine(chain.signed_by(miner, wire::RotateKey{fresh.public_key(), wire::Custody::node}));
        *miner = std::move(fresh);
    }
    [[nodiscard]] ClaimVerdict verdict(wire::Height height, const wire::Trust& trust) const {
        const ::chain::ClaimQuestion question{.kind = ::chain::ClaimKind::consent,
                                              .height = height,
                                              .patient = cast.patient->id(),
                                              .readers = {cast.doctor->id()},
                                              .content_id = {}};
        const auto claim =
            chain.app->query(::chain::path::claim, ::chain::encoding::encode(question));
        EXPECT_TRUE(claim) << claim.error().detail;
        return verify_claim(*claim, trust);
    }
    void expect_all_hold(const wire::Trust& trust, wire::Height until) const {
        for (wire::Height height = first; height <= until; ++height) {
            const auto found = verdict(height, trust);
            EXPECT_EQ(found.status, ClaimStatus::verified) << height << ": " << found.words;
            EXPECT_TRUE(found.agreed) << height;
        }
    }
    [[nodiscard]] wire::Height height() const { return chain.app->info().height; }

    Chain chain{{.miners = 5, .policy = agreed_policy}};
    Chain::Cast cast;
    wire::Trust setup{.chain_id = chain.genesis().chain_id,
                      .genesis_hash = wire::hash_of(chain.genesis()),
                      .miners = {},
                      .quorum = wire::Quorum::two_thirds};
    wire::Trust followed;                     ///< Brought up to date after every block.
    static constexpr wire::Height first = 4;  ///< In which the consent was granted.
};

TEST_F(AnchorTest, ReceiptsOfAllTimesHoldWhileMinersComeAndGo) {
    mine();
    const auto before = height();
    const auto leaver = chain.miners[4];
    change(leaver, MinerStanding::left);
    for (int i = 0; i < 6; ++i) mine();
    change(chain.miners[3], MinerStanding::suspended);
    mine();
    const auto three_left = height();
    for (int i = 0; i < 4; ++i) mine();
    join();
    for (int i = 0; i < 5; ++i) mine();
    change(leaver, MinerStanding::active);
    for (int i = 0; i < 6; ++i) mine();
    rotate(chain.miners[1]);
    for (int i = 0; i < 6; ++i) mine();
    mine(chain.signed_by(chain.admin, wire::RevokeKey{.subject = chain.miners[0]->id()}));
    for (int i = 0; i < 5; ++i) mine();

    expect_all_hold(followed, height());
    // The anchor of the set-up holds for its time and for the block of the change itself.
    expect_all_hold(setup, before + 1);
    EXPECT_EQ(verdict(three_left, setup).code, ErrorCode::not_authorised);
    EXPECT_EQ(verdict(height(), setup).status, ClaimStatus::failed);
    // One that was away all the while comes to the same, however it looked before.
    auto late = setup;
    ASSERT_TRUE(update_anchor(late, *chain.app).value());
    EXPECT_EQ(late, followed);
    EXPECT_EQ(wire::trust_from_json(wire::to_json(late)).value(), late);
}

TEST_F(AnchorTest, WhoCameBackIsNotBelievedOfTheTimeBetween) {
    const auto miner = chain.miners[4];
    change(miner, MinerStanding::left);
    const auto left = height();
    for (int i = 0; i < 6; ++i) mine();
    change(miner, MinerStanding::active);
    const auto back = height();
    mine();
    const auto active = [&](wire::Height at) { return followed.miner_at(miner->id(), at); };
    EXPECT_NE(active(left), nullptr) << "its own block it could still approve";
    EXPECT_EQ(active(left + 1), nullptr);
    EXPECT_EQ(active(back), nullptr);
    EXPECT_NE(active(back + 1), nullptr);
    EXPECT_EQ(followed.active_at(left), 5U);
    EXPECT_EQ(followed.active_at(back), 4U);
}

TEST_F(AnchorTest, AnAnchorAheadOfTheChainIsLeftAsItIs) {
    auto ahead = followed;
    ahead.miners[0].until = height() + 10;
    ahead.miners[1].from = height() + 20;
    const auto told = ahead;
    EXPECT_FALSE(update_anchor(ahead, *chain.app).value());
    EXPECT_EQ(ahead, told);
}

TEST_F(AnchorTest, TheAnchorOfAnotherChainIsRefused) {
    setup.chain_id = "another";
    EXPECT_EQ(update_anchor(setup, *chain.app).error().code, ErrorCode::wrong_chain);
}

}  // namespace
}  // namespace ledger
