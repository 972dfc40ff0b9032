// SPDX-License-Identifier: Apache-2.0
// Goal: the neighbours of an absent key prove that it is absent, and nothing else does. Method:
// every absent key of random trees, then every pair of leaves that are not its neighbours.
#include "state/neighbours.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "state/internal/grown_tree.h"
#include "state/proof.h"
#include "state/tree.h"

namespace state {
namespace {

using base::Bytes;
using namespace testing;

class StateNeighbours : public ::testing::Test {
protected:
    void SetUp() override {
        base::SeededRandom random(51);
        for (wire::Height version = 0; version < 4; ++version) {
            grown_.commit(version, random_changes(random, 40, 60));
        }
    }
    Grown grown_;
};

TEST_F(StateNeighbours, ProveTheAbsenceOfEveryKeyThatIsNotThere) {
    std::size_t without_left = 0;
    std::size_t without_right = 0;
    for (std::uint64_t i = 0; i < 600; ++i) {
        const auto key = numbered_key(i);
        const auto neighbours = grown_.tree->prove_neighbours(key, 3);
        ASSERT_NE(neighbours.has_value(), grown_.oracle.get(key).has_value());
        if (!neighbours) {
            ASSERT_EQ(neighbours.error().code, base::ErrorCode::conflict);
            continue;
        }
        ASSERT_TRUE(verify_neighbours(grown_.tree->root(), key, *neighbours));
        without_left += neighbours->left ? 0 : 1;
        without_right += neighbours->right ? 0 : 1;
    }
    EXPECT_GT(without_left, 0U);
    EXPECT_GT(without_right, 0U);
}

TEST_F(StateNeighbours, StandInThePatientsOwnTreeForAConsent) {
    const auto key = numbered_consent(1, 200);
    const auto root =
        wire::Hash256::from(grown_.tree->get(patient_of(numbered_id(1))).value().value());
    const auto neighbours = grown_.tree->prove_neighbours(key, 3).value();
    EXPECT_TRUE(verify_neighbours(*root, key, neighbours));
    EXPECT_FALSE(verify_neighbours(grown_.tree->root(), key, neighbours));
    EXPECT_EQ(grown_.tree->prove_neighbours(numbered_consent(99, 1), 3).error().code,
              base::ErrorCode::not_found);
}

TEST_F(StateNeighbours, AreRefusedUnlessNothingCanStandBetweenThem) {
    std::vector<wire::StateProof> leaves;
    ASSERT_TRUE(grown_.tree->visit(3, [&](const Entry& entry) {
        if (!entry.patient) leaves.push_back(grown_.tree->prove(entry.key, 3).value());
        return true;
    }));
    const auto root = grown_.tree->root();
    for (std::uint64_t number = 1'000; number < 1'010; ++number) {
        const auto key = numbered_key(number);
        const auto path = path_of(key);
        const auto good = grown_.tree->prove_neighbours(key, 3).value();
        std::size_t accepted = 0;
        const auto attempt = [&](const Neighbours& tried) {
            const bool holds = verify_neighbours(root, key, tried).has_value();
            ASSERT_EQ(holds, tried == good);
            accepted += holds ? 1 : 0;
        };
        for (const auto& left : leaves) {
            attempt({.left = left, .right = {}});
            attempt({.left = {}, .right = left});
            for (const auto& right : leaves) attempt({.left = left, .right = right});
        }
        EXPECT_EQ(accepted, 1U) << base::to_hex(path.view());
        EXPECT_FALSE(verify_neighbours(root, key, {}));
    }
}

TEST_F(StateNeighbours, AreRefusedWithAnyByteChanged) {
    const auto key = numbered_key(1'000);
    const auto good = grown_.tree->prove_neighbours(key, 3).value();
    ASSERT_TRUE(good.left && good.right);
    for (auto side : {&Neighbours::left, &Neighbours::right}) {
        const auto refused = [&](const auto& change) {
            auto bad = good;
            change(*(bad.*side));
            EXPECT_FALSE(verify_neighbours(grown_.tree->root(), key, bad));
        };
        for (std::size_t i = 0; i < (good.*side)->steps.size(); ++i) {
            refused([&](wire::StateProof& proof) { proof.steps[i].bit ^= 1; });
            for (std::size_t at = 0; at < 32; ++at) {
                refused([&](wire::StateProof& proof) { proof.steps[i].sibling.bytes[at] ^= 1; });
            }
        }
        refused([](wire::StateProof& proof) { proof.value[0] ^= 1; });
        refused([](wire::StateProof& proof) { proof.key[1] ^= 1; });
        refused([](wire::StateProof& proof) { proof.steps.pop_back(); });
    }
}

}  // namespace
}  // namespace state
