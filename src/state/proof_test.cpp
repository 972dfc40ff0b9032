// SPDX-License-Identifier: Apache-2.0
// Goal: a proof holds exactly for what the tree holds. Method: prove everything at every version,
// then change each byte of what was proven, and try the attacks on such trees that are known.
#include "state/proof.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "state/keys.h"
#include "state/tree.h"
#include "storage/memory_store.h"

namespace state {
namespace {

using base::Bytes;

Bytes key(std::uint8_t number) {
    wire::LedgerId id;
    id.bytes[3] = number;
    return key_of(id);
}

class StateProofs : public testing::Test {
protected:
    void SetUp() override {
        tree_ = std::move(*StateTree::open(store_));
        for (wire::Height version = 0; version < 5; ++version) {
            Changes changes;
            for (std::uint8_t i = 0; i < 60; ++i) {
                const wire::Height group = i % 5;
                if (group == version) changes[key(i)] = Bytes{i, 1, 2};
                if (group + 2 == version) changes[key(i)] = std::nullopt;
            }
            storage::WriteBatch batch;
            roots_.push_back(tree_->stage(version, changes, batch).value());
            ASSERT_TRUE(store_.write(batch));
            tree_->adopt();
        }
    }

    storage::MemoryStore store_;
    std::unique_ptr<StateTree> tree_;
    std::vector<wire::Hash256> roots_;
};

TEST_F(StateProofs, HoldForExistenceAndAbsenceAtEveryVersion) {
    for (wire::Height version = 0; version < roots_.size(); ++version) {
        for (std::uint8_t i = 0; i < 80; ++i) {
            const bool there = tree_->get_at(key(i), version).value().has_value();
            const auto existence = tree_->prove(key(i), version);
            const auto absence = tree_->prove_absence(key(i), version);
            ASSERT_EQ(existence.has_value(), there);
            ASSERT_EQ(absence.has_value(), !there);
            if (there) {
                EXPECT_TRUE(verify_existence(roots_[version], *existence));
                EXPECT_EQ(absence.error().code, base::ErrorCode::conflict);
            } else {
                EXPECT_TRUE(verify_absence(roots_[version], key(i), *absence));
                EXPECT_EQ(existence.error().code, base::ErrorCode::not_found);
            }
        }
    }
}

TEST_F(StateProofs, HoldForNoOtherRoot) {
    const auto proof = tree_->prove(key(4), 4).value();
    const auto absence = tree_->prove_absence(key(200), 4).value();
    for (wire::Height version = 0; version < 4; ++version) {
        EXPECT_FALSE(verify_existence(roots_[version], proof));
        EXPECT_FALSE(verify_absence(roots_[version], key(200), absence));
    }
}

TEST_F(StateProofs, FailWithAnyByteChanged) {
    const auto good = tree_->prove(key(4), 4).value();
    const auto refused = [&](const wire::StateProof& bad) {
        return !verify_existence(roots_[4], bad).has_value();
    };
    ASSERT_FALSE(refused(good));
    for (std::size_t at = 0; at < good.key.size(); ++at) {
        auto bad = good;
        bad.key[at] ^= 1;
        EXPECT_TRUE(refused(bad));
    }
    for (std::size_t at = 0; at < good.value.size(); ++at) {
        auto bad = good;
        bad.value[at] ^= 0x80;
        EXPECT_TRUE(refused(bad));
    }
    for (std::size_t step = 0; step < good.steps.size(); ++step) {
        for (unsigned bit = 0; bit < 256; ++bit) {
            if (bit == good.steps[step].bit) continue;
            auto bad = good;
            bad.steps[step].bit = static_cast<std::uint8_t>(bit);
            EXPECT_TRUE(refused(bad)) << "step " << step << " at bit " << bit;
        }
        for (std::size_t at = 0; at < 32; ++at) {
            auto bad = good;
            bad.steps[step].sibling.bytes[at] ^= 4;
            EXPECT_TRUE(refused(bad));
        }
    }
}

TEST_F(StateProofs, FailWithStepsMissingDoubledOrReordered) {
    const auto good = tree_->prove(key(4), 4).value();
    ASSERT_GE(good.steps.size(), 2U);
    auto missing = good;
    missing.steps.pop_back();
    EXPECT_FALSE(verify_existence(roots_[4], missing));
    auto doubled = good;
    doubled.steps.push_back(good.steps.back());
    EXPECT_FALSE(verify_existence(roots_[4], doubled));
    auto reordered = good;
    std::swap(reordered.steps[0], reordered.steps[1]);
    EXPECT_FALSE(verify_existence(roots_[4], reordered));
    auto none = good;
    none.steps.clear();
    EXPECT_FALSE(verify_existence(roots_[4], none));
    auto endless = good;
    endless.steps.assign(100'000, good.steps[0]);
    EXPECT_FALSE(verify_existence(roots_[4], endless));
}

TEST_F(StateProofs, OfAbsenceFailForAKeyThatIsThere) {
    // Any existing leaf as "the one reached" must be refused for any other existing key.
    for (std::uint8_t present = 0; present < 60; ++present) {
        if (!tree_->get_at(key(present), 4).value()) continue;
        for (std::uint8_t other = 0; other < 60; ++other) {
            if (!tree_->get_at(key(other), 4).value()) continue;
            const AbsenceProof claim{.reached = tree_->prove(key(other), 4).value()};
            EXPECT_FALSE(verify_absence(roots_[4], key(present), claim));
        }
    }
}

TEST_F(StateProofs, OfAbsenceFailThroughALeafOffTheWay) {
    const auto absent = key(200);
    const auto honest = tree_->prove_absence(absent, 4).value();
    for (std::uint8_t other = 0; other < 60; ++other) {
        const auto proof = tree_->prove(key(other), 4);
        if (!proof) continue;
        const bool on_the_way = proof->key == honest.reached.key;
        EXPECT_EQ(verify_absence(roots_[4], absent, {.reached = *proof}).has_value(), on_the_way);
    }
}

// A miner who puts a leaf where its bits do not lead could show it as present to those who climb
// and as absent to those who descend, if a verifier took the turns from the proof. Ours takes them
// from the key.
TEST(MisplacedLeaf, ProvesNothing) {
    const Bytes honest{1};
    Bytes misplaced{2};
    while (bit_of(path_of(misplaced), 0) == bit_of(path_of(honest), 0)) ++misplaced[0];
    const Bytes value{7};
    const auto a = leaf_hash(path_of(honest), value);
    const auto b = leaf_hash(path_of(misplaced), value);
    const bool honest_is_left = bit_of(path_of(honest), 0) == 0;
    // Both leaves stand on the wrong side.
    const auto root = honest_is_left ? inner_hash(0, b, a) : inner_hash(0, a, b);
    const wire::StateProof shown{.key = misplaced, .value = value, .steps = {{0, a}}};
    EXPECT_FALSE(verify_existence(root, shown));
}

// The same hashes read as a tree that parts at another bit: the prefix byte tells them apart.
TEST(MisplacedLeaf, CannotMoveToAnotherBit) {
    const Bytes key_a{1};
    const Bytes value{7};
    const wire::Hash256 sibling{crypto::sha256(value)};
    const auto path = path_of(key_a);
    const unsigned turn = bit_of(path, 3);
    const auto leaf = leaf_hash(path, value);
    const auto root = turn == 0 ? inner_hash(3, leaf, sibling) : inner_hash(3, sibling, leaf);
    EXPECT_TRUE(verify_existence(root, {.key = key_a, .value = value, .steps = {{3, sibling}}}));
    for (unsigned bit = 0; bit < 256; ++bit) {
        if (bit == 3) continue;
        EXPECT_FALSE(verify_existence(
            root,
            {.key = key_a, .value = value, .steps = {{static_cast<std::uint8_t>(bit), sibling}}}));
    }
}

// An inner node's hash can never be taken for a leaf's: their first bytes differ.
TEST(MisplacedLeaf, InnerNodesAreNoLeaves) {
    const Bytes a{1};
    const wire::Hash256 left{crypto::sha256(a)};
    const wire::Hash256 right{crypto::sha256(left.view())};
    for (unsigned bit = 0; bit < 255; ++bit) {
        Bytes input{static_cast<std::uint8_t>(bit + 1)};
        base::append(input, left.view());
        base::append(input, right.view());
        EXPECT_EQ(inner_hash(bit, left, right).bytes, crypto::sha256(input));
        EXPECT_NE(input[0], 0);
    }
}

}  // namespace
}  // namespace state
