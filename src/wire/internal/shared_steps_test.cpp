// SPDX-License-Identifier: Apache-2.0
// Goal: what one proof of a tree says again of another is found from keys and bits alone, and comes
// back. Method: four leaves whose paths are known, the tree over them made by hand.
#include "wire/internal/shared_steps.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace wire::internal {
namespace {

/// A leaf whose path begins with these bits.
StateProof leaf_with(const std::string& bits) {
    for (std::uint8_t i = 0;; ++i) {
        for (std::uint8_t j = 0; j < 255; ++j) {
            const base::Bytes key{i, j};
            const auto path = crypto::sha256(key);
            std::string begin;
            for (std::size_t bit = 0; bit < bits.size(); ++bit) {
                begin += (path[bit / 8] >> (7 - bit % 8) & 1U) != 0 ? '1' : '0';
            }
            if (begin == bits) return {.key = key, .value = {i, j, 1}, .steps = {}};
        }
    }
}
Hash256 node_of(StateProof proof) {
    return root_of(proof);
}

class SharedSteps : public ::testing::Test {
protected:
    /// The tree ((a, b at bit 2), c at bit 1), d at bit 0, and `a` has a stranger below it at 5.
    void SetUp() override {
        a = leaf_with("000");
        b = leaf_with("001");
        c = leaf_with("01");
        d = leaf_with("1");
        stranger.bytes.fill(7);
        a.steps = {{5, stranger}};
        const auto a_below = node_of(a);
        const auto b_below = node_of(b);
        a.steps.push_back({2, b_below});
        b.steps.push_back({2, a_below});
        const auto ab = node_of(a);
        a.steps.push_back({1, node_of(c)});
        b.steps.push_back({1, node_of(c)});
        c.steps.push_back({1, ab});
        const auto abc = node_of(a);
        for (auto* one : {&a, &b, &c}) one->steps.push_back({0, node_of(d)});
        d.steps.push_back({0, abc});
        root = node_of(a);
    }
    /// What is left of them, once what follows is left out, and whether it comes back.
    static std::size_t given(const std::vector<StateProof>& proofs) {
        const auto sources = step_sources(proofs);
        if (!sources) return ~std::size_t{0};
        auto open = proofs;
        std::size_t out = 0;
        for (std::size_t i = 0; i < open.size(); ++i) {
            for (std::size_t j = 0; j < open[i].steps.size(); ++j) {
                const bool is_given = (*sources)[i][j].from == SiblingFrom::itself;
                out += is_given ? 1U : 0U;
                if (!is_given) open[i].steps[j].sibling = {};
            }
        }
        fill_siblings(open, *sources);
        EXPECT_EQ(open, proofs);
        return out;
    }
    StateProof a, b, c, d;
    Hash256 stranger;
    Hash256 root;
};

TEST_F(SharedSteps, LeaveOutWhatTheOthersCarry) {
    EXPECT_EQ(root_of(b), root);
    EXPECT_EQ(root_of(d), root);
    EXPECT_EQ(given({a, b, c, d}), 1U);  // the stranger alone
    EXPECT_EQ(given({d, c, b, a}), 1U);
    EXPECT_EQ(given({a, b}), 3U);  // c and d too
    EXPECT_EQ(given({c, a}), 3U);  // the stranger, b and d
    EXPECT_EQ(given({a, a}), 4U);  // the second is the first
}

TEST_F(SharedSteps, AreNotWhereProofsDoNotFitTogether) {
    EXPECT_FALSE(step_sources(std::vector{a}));
    EXPECT_FALSE(step_sources(std::vector<StateProof>{}));
    auto rising = a;
    std::ranges::reverse(rising.steps);
    EXPECT_FALSE(step_sources(std::vector{rising, b}));
    auto short_of_one = a;
    short_of_one.steps.pop_back();
    EXPECT_FALSE(step_sources(std::vector{short_of_one, b}));
}

TEST_F(SharedSteps, OfAnotherTreeDoNotComeBack) {
    auto forged = std::vector{a, b};
    forged[1].steps[0].sibling.bytes[0] ^= 1;
    auto filled = forged;
    fill_siblings(filled, *step_sources(forged));
    EXPECT_NE(filled, forged);
}

}  // namespace
}  // namespace wire::internal
