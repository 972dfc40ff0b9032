// SPDX-License-Identifier: Apache-2.0
#include "contracts/mining.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "base/random.h"
#include "base/testing.h"
#include "contracts/internal/mining_oracle.h"

namespace contracts {
namespace {

using base::ErrorCode;
using testing::MiningOracle;
using wire::EngineKind;
using wire::MinerStanding;

/// Committed state; counts what is read from it.
class CountingState final : public state::StateView {
public:
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        ++reads;
        const auto found = values_.find(base::Bytes(key.begin(), key.end()));
        if (found == values_.end()) return std::optional<base::Bytes>{};
        return std::optional{found->second};
    }
    void take(state::Changes changes) {
        for (auto& [key, value] : changes) {
            if (value) values_.insert_or_assign(key, std::move(*value));
        }
    }
    mutable std::size_t reads = 0;

private:
    std::map<base::Bytes, base::Bytes> values_;
};

wire::LedgerId id_of(std::uint64_t number) {
    wire::LedgerId id;
    id.bytes[0] = static_cast<std::uint8_t>(number >> 8);
    id.bytes[1] = static_cast<std::uint8_t>(number);
    id.bytes[15] = 1;
    return id;
}
std::uint64_t number_of(const wire::LedgerId& id) {
    return std::uint64_t{id.bytes[0]} << 8 | id.bytes[1];
}

/// Miners on a state, without any chain.
class Miners {
public:
    explicit Miners(wire::ConsensusPolicy policy_in = {}) : policy(policy_in) {}
    Miners(std::uint64_t count, wire::ConsensusPolicy policy_in = {}) : policy(policy_in) {
        for (std::uint64_t i = 0; i < count; ++i) join(block(), i);
        finish();
    }

    /// Within the block in progress.
    void join(state::Overlay& overlay, std::uint64_t number) {
        const state::KeyRecord key{.role = wire::Role::miner,
                                   .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                                   .public_key = {},
                                   .custody = wire::Custody::node,
                                   .valid_from = 0,
                                   .valid_until = 0};
        overlay.put(state::key_of(id_of(number)), encode(key));
        ASSERT_TRUE(register_miner(overlay, id_of(number), height));
    }
    void end(std::uint64_t number, MinerStanding standing = MinerStanding::left) {
        const auto miner = find_miner(block(), id_of(number));
        ASSERT_TRUE(miner && *miner);
        ASSERT_TRUE(unlink_miner(block(), **miner, standing));
    }
    void come_back(std::uint64_t number) {
        const auto miner = find_miner(block(), id_of(number));
        ASSERT_TRUE(miner && *miner);
        ASSERT_TRUE(relink_miner(block(), **miner, height));
    }
    [[nodiscard]] base::Result<MinerTurn> turn(std::uint32_t passed_over = 0) const {
        return turn_at(committed, policy,
                       {.height = height, .passed_over = passed_over, .miner = {}});
    }
    /// Begins a block; who mines it.
    std::uint64_t begin(std::uint32_t passed_over = 0,
                        std::optional<wire::LedgerId> miner = std::nullopt) {
        const auto taken = take_turn(
            block(), policy, {.height = height, .passed_over = passed_over, .miner = miner});
        EXPECT_TRUE(taken);
        round = taken->round;
        return number_of(taken->miner);
    }
    void finish() {
        ASSERT_TRUE(close_turn(block(), policy));
        writes = block().changes().size();
        committed.take(overlay_->take_changes());
        overlay_.reset();
        ++height;
    }
    std::uint64_t mine(std::uint32_t passed_over = 0) {
        const auto miner = begin(passed_over);
        finish();
        return miner;
    }
    [[nodiscard]] state::MinerRecord record(std::uint64_t number) const {
        return (*find_miner(committed, id_of(number)))->record;
    }
    [[nodiscard]] state::MiningRecord mining() const { return *mining_record(committed); }
    state::Overlay& block() {
        if (!overlay_) overlay_.emplace(committed);
        return *overlay_;
    }

    wire::ConsensusPolicy policy;
    CountingState committed;
    wire::Height height = 0;
    std::uint64_t round = 0;
    std::size_t writes = 0;

private:
    std::optional<state::Overlay> overlay_;
};

wire::ConsensusPolicy with_limit(std::uint32_t pass_limit) {
    return {.pass_limit = pass_limit};
}

// Goal: [0]'s figure. Method: 100 miners, 200 blocks, beside a search of the whole history.
TEST(Mining, EachOfAHundredMinersMinesTwiceInTwoHundredBlocks) {
    Miners miners(100);
    MiningOracle oracle(3);
    for (std::size_t i = 0; i < 100; ++i) oracle.joined(i);
    std::vector<std::uint64_t> history;
    std::set<std::uint64_t> in_round;
    for (int block = 0; block < 200; ++block) {
        const auto expected = oracle.next();
        const auto miner = miners.mine();
        ASSERT_EQ(miner, expected.miner) << "in block " << block + 1;
        EXPECT_EQ(miners.round, static_cast<std::uint64_t>(block) / 100);
        EXPECT_TRUE(in_round.insert(miner).second) << "mined again while others wait";
        if (in_round.size() == 100) in_round.clear();
        history.push_back(miner);
        oracle.mined(miner);
        oracle.block_ends();
    }
    for (std::uint64_t i = 0; i < 100; ++i) {
        EXPECT_EQ(std::ranges::count(history, i), 2);
        EXPECT_EQ(miners.record(i).turns, 2U);
        EXPECT_EQ(miners.record(i).forfeits, 0U);
    }
    EXPECT_EQ(miners.mining().round, 2U);
    EXPECT_EQ(miners.mining().next, 0U);
}

TEST(Mining, OneThatJoinsHasItsTurnAtTheEndOfTheRunningRound) {
    Miners miners(3);
    EXPECT_EQ(miners.begin(), 0U);
    miners.join(miners.block(), 3);
    miners.finish();
    EXPECT_EQ(miners.mine(), 1U);
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.mine(), 3U);
    EXPECT_EQ(miners.round, 0U);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.round, 1U);
    EXPECT_EQ(miners.record(3).joined_height, 1U);
}

TEST(Mining, OneThatJoinsInTheRoundsLastBlockStillHasItsTurn) {
    Miners miners(2);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.begin(), 1U);  // the last of the round
    miners.join(miners.block(), 2);
    miners.finish();
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.round, 0U);
    EXPECT_EQ(miners.mine(), 0U);
}

TEST(Mining, OneThatLeftIsNotAskedAndOneThatComesBackStandsLast) {
    Miners miners(4);
    EXPECT_EQ(miners.begin(), 0U);
    miners.end(1);
    miners.finish();
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.begin(), 3U);
    miners.end(3);  // in its own block
    miners.finish();
    EXPECT_EQ(miners.begin(), 0U);
    EXPECT_EQ(miners.round, 1U);
    miners.come_back(1);
    miners.finish();
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.mine(), 1U);
    EXPECT_EQ(miners.round, 1U);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.mining().active, 3U);
    EXPECT_EQ(miners.record(3).standing, MinerStanding::left);
}

TEST(Mining, WithoutAnActiveMinerNobodyIsEligible) {
    Miners miners;
    EXPECT_EQ(miners.turn().error().code, ErrorCode::not_eligible);
    miners.join(miners.block(), 0);
    miners.finish();
    EXPECT_TRUE(miners.turn());
    miners.end(0, MinerStanding::suspended);
    miners.finish();
    EXPECT_EQ(miners.turn().error().code, ErrorCode::not_eligible);
}

TEST(Mining, AnAbsentMinersTurnIsKeptUntilTheEndOfTheRound) {
    Miners miners(4);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.mine(1), 2U);
    EXPECT_EQ(miners.record(1).passes, 1U);
    EXPECT_EQ(miners.mine(), 3U);
    EXPECT_EQ(miners.mine(), 1U) << "its kept turn";
    EXPECT_EQ(miners.round, 0U);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.round, 1U);
    EXPECT_EQ(miners.record(1).forfeits, 0U);
    EXPECT_EQ(miners.record(1).passes, 0U);
}

TEST(Mining, ATurnThatWasKeptOftenEnoughIsForfeitedAndCounted) {
    Miners miners(3, with_limit(2));
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.mine(1), 2U);
    // Only miner 1 waits: passed over once more it is kept, a third time the round ends.
    EXPECT_EQ(number_of(miners.turn(1)->miner), 1U);
    EXPECT_EQ(number_of(miners.turn(2)->miner), 0U);
    EXPECT_EQ(miners.mine(2), 0U);
    EXPECT_EQ(miners.round, 1U);
    EXPECT_EQ(miners.record(1).forfeits, 1U);
    EXPECT_EQ(miners.mine(), 1U) << "the next round asks it again";
}

TEST(Mining, WithALimitOfZeroNoTurnIsKept) {
    Miners miners(3, with_limit(0));
    EXPECT_EQ(miners.mine(1), 1U);
    EXPECT_EQ(miners.record(0).forfeits, 1U);
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.round, 1U);
}

TEST(Mining, OneWhoseTurnIsKeptMayLeave) {
    Miners miners(4);
    EXPECT_EQ(miners.mine(2), 2U);
    EXPECT_EQ(miners.begin(), 3U);
    miners.end(0);
    miners.finish();
    EXPECT_EQ(miners.mine(), 1U);
    EXPECT_EQ(miners.mine(), 1U) << "of the next round: miner 0 is gone";
    EXPECT_EQ(miners.round, 1U);
}

TEST(Mining, SomebodyPresentHasTheTurnHoweverManyAreAbsent) {
    for (const auto limit : {0U, 1U, 3U}) {
        Miners miners(5, with_limit(limit));
        for (int block = 0; block < 40; ++block) {
            const auto present = static_cast<std::uint64_t>(block) % 5;
            std::uint32_t passed_over = 0;
            while (number_of(miners.turn(passed_over)->miner) != present) ++passed_over;
            EXPECT_LE(passed_over, passed_over_max(miners.policy, 5));
            EXPECT_EQ(miners.mine(passed_over), present);
        }
        const auto most = passed_over_max(miners.policy, 5);
        EXPECT_EQ(miners.turn(static_cast<std::uint32_t>(most) + 1).error().code,
                  ErrorCode::not_eligible);
    }
}

/// One random history, beside the search of all that happened.
class RandomHistory {
public:
    RandomHistory(std::uint64_t seed, std::uint32_t pass_limit)
        : random_(seed), miners_(5, with_limit(pass_limit)), oracle_(pass_limit), active_(5, true) {
        for (std::size_t i = 0; i < 5; ++i) oracle_.joined(i);
    }
    void block() {
        const auto most = passed_over_max(miners_.policy, miners_.mining().active);
        const auto passed_over = static_cast<std::uint32_t>(
            random_.below(3) == 0 ? std::min(random_.below(8), most) : 0);
        for (std::uint32_t i = 0; i < passed_over; ++i) {
            const auto absent = oracle_.next();
            ASSERT_EQ(number_of(miners_.turn(i)->miner), absent.miner);
            oracle_.passed(absent.miner);
        }
        const auto expected = oracle_.next();
        const auto miner = miners_.begin(passed_over);
        ASSERT_EQ(miner, expected.miner);
        ASSERT_EQ(miners_.round, expected.round);
        oracle_.mined(miner);
        change();
        oracle_.block_ends();
        miners_.finish();
        const auto after = oracle_.next();
        ASSERT_EQ(miners_.mining().round, after.round);
        for (std::size_t i = 0; i < active_.size(); ++i) {
            ASSERT_EQ(miners_.record(i).forfeits, after.forfeits[i]) << "of miner " << i;
        }
    }

private:
    /// Somebody joins, ends or comes back within the block.
    void change() {
        if (random_.below(10) == 0) {
            miners_.join(miners_.block(), active_.size());
            oracle_.joined(active_.size());
            active_.push_back(true);
        }
        const auto one = random_.below(active_.size());
        const auto many = std::ranges::count(active_, true);
        const auto record = (*find_miner(miners_.block(), id_of(one)))->record;
        if (active_[one] && many > 2 && random_.below(8) == 0) {
            miners_.end(one);
            oracle_.ended(one);
            active_[one] = false;
        } else if (!active_[one] && *record.ended_round < mining_record(miners_.block())->round) {
            miners_.come_back(one);
            oracle_.joined(one);
            active_[one] = true;
        }
    }
    base::SeededRandom random_;
    Miners miners_;
    MiningOracle oracle_;
    std::vector<bool> active_;
};

// Goal: the lists in state say what the paper's search says, whoever joins, leaves or is absent.
// Method: random histories, each question asked of both.
TEST(Mining, AgreesWithTheSearchOfTheWholeHistory) {
    for (std::uint64_t seed = 1; seed <= static_cast<std::uint64_t>(base::testing::rounds(60));
         ++seed) {
        RandomHistory history(seed, static_cast<std::uint32_t>(seed % 4));
        for (int block = 0; block < 80; ++block) {
            history.block();
            if (HasFatalFailure()) FAIL() << "seed " << seed << ", block " << block;
        }
    }
}

/// The most that any block reads and writes.
struct Cost {
    std::size_t reads = 0;
    std::size_t writes = 0;
    friend bool operator==(const Cost&, const Cost&) = default;
};
/// `busy`: in each tenth block one is absent, one leaves and one joins.
Cost dearest_block(std::uint64_t count, EngineKind engine, bool busy) {
    Miners miners(count, {.engine = engine});
    Cost most;
    for (int block = 0; block < 2'500; ++block) {
        miners.committed.reads = 0;
        const bool now = busy && block % 10 == 9;
        miners.begin(now ? 1 : 0);
        if (now) {
            const auto leaving = miner_at(miners.block(), *miners.mining().head);
            EXPECT_TRUE(unlink_miner(miners.block(), *leaving, MinerStanding::left));
            miners.join(miners.block(), miners.mining().registered);
        }
        miners.finish();
        most.reads = std::max(most.reads, miners.committed.reads);
        most.writes = std::max(most.writes, miners.writes);
    }
    return most;
}

// Goal: a turn costs the same however many miners there are. Method: count what is read from and
// written to the state by the dearest of 2,500 blocks. Where miners come and go, ten of them may be
// each other's neighbours and cost a little less.
TEST(Mining, ABlockReadsAndWritesAsMuchWithAThousandMinersAsWithTen) {
    for (const auto engine : {EngineKind::equal_opportunity, EngineKind::authority}) {
        const auto quiet = dearest_block(10, engine, false);
        EXPECT_EQ(dearest_block(1'000, engine, false), quiet);
        EXPECT_LE(quiet.reads, 4U);
        EXPECT_EQ(quiet.writes, 2U) << "whose turn it is, and the miner's count";
        for (const auto count : {10U, 1'000U}) {
            const auto busy = dearest_block(count, engine, true);
            EXPECT_LE(busy.reads, 16U);
            EXPECT_LE(busy.writes, 12U);
        }
    }
}

TEST(Authority, RotatesInOrderOfJoining) {
    Miners miners(3, {.engine = EngineKind::authority});
    for (std::uint64_t block = 0; block < 9; ++block) {
        EXPECT_EQ(miners.mine(), block % 3);
        EXPECT_EQ(miners.round, block / 3);
    }
}

TEST(Authority, OneThatIsAbsentIsPassedOverAndTheRotationGoesOn) {
    Miners miners(3, {.engine = EngineKind::authority});
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.mine(1), 2U) << "in place of miner 1";
    EXPECT_EQ(miners.mine(), 2U) << "its own turn";
    EXPECT_EQ(miners.record(1).forfeits, 1U);
    EXPECT_EQ(miners.mine(2), 2U) << "from the end of the list to its beginning";
    EXPECT_EQ(miners.turn(3).error().code, ErrorCode::not_eligible);
}

TEST(Authority, OneThatLeavesIsTakenOutOfTheRotation) {
    Miners miners(3, {.engine = EngineKind::authority});
    EXPECT_EQ(miners.begin(), 0U);
    miners.end(1);
    miners.finish();
    EXPECT_EQ(miners.mine(), 2U);
    EXPECT_EQ(miners.mine(), 0U);
    EXPECT_EQ(miners.round, 1U);
}

TEST(ProofOfWork, AnyActiveMinerMayMineAndNobodyIsPassedOver) {
    Miners miners(3, {.engine = EngineKind::proof_of_work});
    EXPECT_EQ(miners.begin(0, id_of(2)), 2U);
    miners.end(1);
    miners.finish();
    EXPECT_EQ(miners.begin(0, id_of(2)), 2U);
    miners.finish();
    EXPECT_EQ(miners.record(2).turns, 2U);
    EXPECT_EQ(miners.turn(1).error().code, ErrorCode::not_eligible);
    for (const auto number : {1U, 77U}) {
        const auto refused =
            turn_at(miners.committed, miners.policy,
                    {.height = miners.height, .passed_over = 0, .miner = id_of(number)});
        EXPECT_EQ(refused.error().code, ErrorCode::not_eligible);
    }
}

}  // namespace
}  // namespace contracts
