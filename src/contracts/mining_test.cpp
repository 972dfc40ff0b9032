// SPDX-License-Identifier: Apache-2.0
#include "contracts/mining.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

#include "base/random.h"

namespace contracts {
namespace {

/// Nothing below the overlay.
class EmptyView final : public state::StateView {
public:
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView) const override {
        return std::optional<base::Bytes>{};
    }
};

wire::LedgerId id_of(std::uint64_t number) {
    wire::LedgerId id;
    id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(number);
    id.bytes[15] = 1;
    return id;
}

class MiningTest : public testing::Test {
protected:
    void join(std::uint64_t number, wire::Height height = 0) {
        const state::KeyRecord key{.role = wire::Role::miner,
                                   .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                                   .public_key = {},
                                   .custody = wire::Custody::node,
                                   .valid_from = height == 0 ? 0 : height + 1,
                                   .valid_until = 0};
        overlay.put(state::key_of(id_of(number)), encode(key));
        ASSERT_TRUE(register_miner(overlay, id_of(number)));
    }
    void leave(std::uint64_t number, wire::Height height) {
        auto raw = overlay.get(state::key_of(id_of(number)));
        auto key = state::decode_key_record(**raw);
        ASSERT_TRUE(key);
        key->valid_until = height + 1;
        overlay.put(state::key_of(id_of(number)), encode(*key));
    }
    wire::LedgerId mine(wire::Height height) {
        const auto turn = turn_at(overlay, height);
        EXPECT_TRUE(turn);
        EXPECT_TRUE(advance_turn(overlay, *turn));
        last_round = turn->round;
        return turn->miner;
    }

    EmptyView nothing;
    state::Overlay overlay{nothing};
    std::uint64_t last_round = 0;
};

/// The paper's Algorithm 1 as it is printed: searches the whole chain for each block. For every
/// miner count the blocks it has mined; whoever has fewest, the first in order of joining, is next.
/// (All have mined equally often exactly when a round ends.)
std::size_t naive_next(const std::vector<std::size_t>& history, std::size_t miners) {
    std::vector<std::size_t> mined(miners, 0);
    for (const auto miner : history) ++mined[miner];
    return static_cast<std::size_t>(std::min_element(mined.begin(), mined.end()) - mined.begin());
}

// Goal: [0]'s figure. Method: 100 miners, 200 blocks, beside a search of the whole history.
TEST_F(MiningTest, EachOfAHundredMinersMinesTwiceInTwoHundredBlocks) {
    for (std::uint64_t i = 0; i < 100; ++i) join(i);
    std::vector<std::size_t> history;
    std::set<wire::LedgerId> in_round;
    for (wire::Height height = 1; height <= 200; ++height) {
        const auto expected = naive_next(history, 100);
        const auto miner = mine(height);
        ASSERT_EQ(miner, id_of(expected)) << "at height " << height;
        EXPECT_EQ(last_round, (height - 1) / 100);
        EXPECT_TRUE(in_round.insert(miner).second) << "mined again while others wait";
        if (in_round.size() == 100) in_round.clear();
        history.push_back(expected);
    }
    for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(std::ranges::count(history, i), 2);
    EXPECT_EQ(mining_record(overlay)->round, 2U);
    EXPECT_EQ(mining_record(overlay)->next, 0U);
}

TEST_F(MiningTest, OneThatJoinsHasItsTurnAtTheEndOfTheRunningRound) {
    for (std::uint64_t i = 0; i < 3; ++i) join(i);
    EXPECT_EQ(mine(1), id_of(0));
    join(3, 1);
    EXPECT_EQ(mine(2), id_of(1));
    EXPECT_EQ(mine(3), id_of(2));
    EXPECT_EQ(mine(4), id_of(3));
    EXPECT_EQ(last_round, 0U);
    EXPECT_EQ(mine(5), id_of(0));
    EXPECT_EQ(last_round, 1U);
}

TEST_F(MiningTest, OneThatJoinsInTheRoundsLastBlockStillHasItsTurn) {
    join(0);
    join(1);
    EXPECT_EQ(mine(1), id_of(0));
    const auto turn = turn_at(overlay, 2);  // the last of the round
    join(2, 2);                             // within the block
    ASSERT_TRUE(advance_turn(overlay, *turn));
    EXPECT_EQ(mine(3), id_of(2));
    EXPECT_EQ(last_round, 0U);
    EXPECT_EQ(mine(4), id_of(0));
}

TEST_F(MiningTest, OneThatLeftIsPassedOver) {
    for (std::uint64_t i = 0; i < 4; ++i) join(i);
    EXPECT_EQ(mine(1), id_of(0));
    leave(1, 1);
    EXPECT_EQ(mine(2), id_of(2));
    leave(3, 2);
    EXPECT_EQ(mine(3), id_of(0));
    EXPECT_EQ(last_round, 1U);
    EXPECT_EQ(mine(4), id_of(2));
    EXPECT_EQ(mine(5), id_of(0));
    EXPECT_EQ(last_round, 2U);
}

TEST_F(MiningTest, WithoutAValidMinerNobodyIsEligible) {
    const auto none = turn_at(overlay, 1);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, base::ErrorCode::not_eligible);
    join(0);
    leave(0, 1);
    EXPECT_EQ(turn_at(overlay, 2).error().code, base::ErrorCode::not_eligible);
}

// Goal: nobody mines twice while another waits, whoever comes and goes. Method: random joins and
// departures beside the rule said in words: the first valid one in order of joining without a block
// in this round; if there is none, a new round.
TEST_F(MiningTest, NobodyMinesTwiceWhileAnotherWaitsWhoeverComesAndGoes) {
    base::SeededRandom random(7);
    struct Miner {
        bool valid = true;
        bool mined = false;
    };
    std::vector<Miner> miners(5);
    for (std::uint64_t i = 0; i < 5; ++i) join(i);
    for (wire::Height height = 1; height <= 3'000; ++height) {
        auto waits = [](const Miner& m) { return m.valid && !m.mined; };
        auto next = std::ranges::find_if(miners, waits);
        if (next == miners.end()) {
            for (auto& miner : miners) miner.mined = false;
            next = std::ranges::find_if(miners, waits);
        }
        next->mined = true;
        const auto turn = turn_at(overlay, height);
        ASSERT_TRUE(turn);
        ASSERT_EQ(turn->miner, id_of(static_cast<std::uint64_t>(next - miners.begin())))
            << "at height " << height;
        if (random.below(10) == 0) {
            join(miners.size(), height);
            miners.emplace_back();
        }
        const auto leaving = random.below(miners.size());
        const auto valid = std::ranges::count_if(miners, [](const Miner& m) { return m.valid; });
        if (random.below(12) == 0 && valid > 2 && miners[leaving].valid) {
            leave(leaving, height);
            miners[leaving].valid = false;
        }
        ASSERT_TRUE(advance_turn(overlay, *turn));
    }
}

}  // namespace
}  // namespace contracts
