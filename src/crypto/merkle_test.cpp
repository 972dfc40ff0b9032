// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle.h"
#include "base/testing.h"

#include <gtest/gtest.h>

#include <bit>
#include <string>

namespace crypto {
namespace {

using Leaves = std::span<const Digest32>;

std::vector<Digest32> numbered_leaves(std::size_t count) {
    std::vector<Digest32> out;
    for (std::size_t i = 0; i < count; ++i) {
        out.push_back(merkle_leaf(base::as_bytes(std::to_string(i))));
    }
    return out;
}

// The definitions of RFC 9162 section 2.1.1, 2.1.3.1 and 2.1.4.1, word for word and recursive.
Digest32 defined_root(Leaves d) {
    if (d.empty()) return sha256(base::ByteView{});
    if (d.size() == 1) return d[0];
    const std::size_t k = std::bit_floor(d.size() - 1);
    return merkle_node(defined_root(d.first(k)), defined_root(d.subspan(k)));
}
std::vector<Digest32> defined_path(std::size_t m, Leaves d) {
    if (d.size() == 1) return {};
    const std::size_t k = std::bit_floor(d.size() - 1);
    auto path = m < k ? defined_path(m, d.first(k)) : defined_path(m - k, d.subspan(k));
    path.push_back(m < k ? defined_root(d.subspan(k)) : defined_root(d.first(k)));
    return path;
}
std::vector<Digest32> defined_subproof(std::size_t m, Leaves d, bool b) {
    if (m == d.size()) return b ? std::vector<Digest32>{} : std::vector{defined_root(d)};
    const std::size_t k = std::bit_floor(d.size() - 1);
    auto proof =
        m <= k ? defined_subproof(m, d.first(k), b) : defined_subproof(m - k, d.subspan(k), false);
    proof.push_back(m <= k ? defined_root(d.subspan(k)) : defined_root(d.first(k)));
    return proof;
}

// Source: the test data of google/certificate-transparency (merkle_tree_test).
TEST(Merkle, FollowsTheVectorsOfCertificateTransparency) {
    const std::vector<std::pair<std::string_view, std::string_view>> leaf_and_root = {
        {"", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"},
        {"00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"},
        {"10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"},
        {"2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"},
        {"3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"},
        {"40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"},
        {"5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"},
        {"606162636465666768696a6b6c6d6e6f",
         "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"},
    };
    EXPECT_EQ(base::to_hex(merkle_root({})),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    std::vector<Digest32> leaves;
    for (const auto& [leaf, root] : leaf_and_root) {
        leaves.push_back(merkle_leaf(base::from_hex(leaf).value()));
        EXPECT_EQ(base::to_hex(merkle_root(leaves)), root) << leaves.size() << " leaves";
    }
}

TEST(Merkle, RootsAndPathsAreThoseDefinedForAnySize) {
    const auto all = numbered_leaves(70);
    for (std::size_t size = 1; size <= all.size(); size += base::testing::stride) {
        const Leaves leaves(all.data(), size);
        const auto root = merkle_root(leaves);
        ASSERT_EQ(root, defined_root(leaves)) << size;
        for (std::size_t i = 0; i < size; ++i) {
            const auto path = merkle_path(leaves, i);
            ASSERT_EQ(path, defined_path(i, leaves)) << size << ", " << i;
            ASSERT_TRUE(verify_merkle_path(leaves[i], i, size, path, root)) << size << ", " << i;
        }
    }
}

// Goal: a path proves one leaf at one place of one tree. Method: change each part alone.
TEST(Merkle, AnyChangeBreaksAPath) {
    for (const std::size_t size : {1, 2, 3, 7, 8, 11}) {
        const auto leaves = numbered_leaves(size);
        const auto root = merkle_root(leaves);
        for (std::size_t i = 0; i < size; ++i) {
            const auto path = merkle_path(leaves, i);
            EXPECT_FALSE(verify_merkle_path(root, i, size + 1, path, leaves[i]));
            EXPECT_FALSE(verify_merkle_path(leaves[i], size, size, path, root));
            EXPECT_FALSE(verify_merkle_path(leaves[i], i, 0, path, root));
            for (std::size_t other = 0; other < size; ++other) {
                if (other == i) continue;
                EXPECT_FALSE(verify_merkle_path(leaves[i], other, size, path, root));
                EXPECT_FALSE(verify_merkle_path(leaves[other], i, size, path, root));
            }
            auto longer = path;
            longer.push_back(root);
            EXPECT_FALSE(verify_merkle_path(leaves[i], i, size, longer, root));
            for (std::size_t step = 0; step < path.size(); ++step) {
                auto bad = path;
                bad[step][31] ^= 1;
                EXPECT_FALSE(verify_merkle_path(leaves[i], i, size, bad, root));
                bad = path;
                bad.erase(bad.begin() + static_cast<std::ptrdiff_t>(step));
                EXPECT_FALSE(verify_merkle_path(leaves[i], i, size, bad, root));
            }
        }
    }
}

TEST(Merkle, AnOlderTreeIsAPrefixOfANewer) {
    const auto all = numbered_leaves(40);
    for (std::size_t size = 1; size <= all.size(); size += base::testing::stride) {
        const Leaves leaves(all.data(), size);
        const auto root = merkle_root(leaves);
        for (std::size_t old = 1; old <= size; ++old) {
            const auto old_root = merkle_root(leaves.first(old));
            const auto path = defined_subproof(old, leaves, true);
            ASSERT_TRUE(verify_merkle_consistency(old, old_root, size, root, path))
                << old << " in " << size;
            for (std::size_t step = 0; step < path.size(); ++step) {
                auto bad = path;
                bad[step][0] ^= 1;
                ASSERT_FALSE(verify_merkle_consistency(old, old_root, size, root, bad));
            }
            auto longer = path;
            longer.push_back(root);
            ASSERT_FALSE(verify_merkle_consistency(old, old_root, size, root, longer));
            if (path.empty()) continue;
            auto shorter = path;
            shorter.pop_back();
            ASSERT_FALSE(verify_merkle_consistency(old, old_root, size, root, shorter));
            ASSERT_FALSE(verify_merkle_consistency(old, root, size, root, path));
            ASSERT_FALSE(verify_merkle_consistency(old, old_root, size, old_root, path));
        }
    }
}

TEST(Merkle, ARewrittenHistoryIsNoPrefix) {
    auto leaves = numbered_leaves(9);
    const auto old_root = merkle_root(Leaves(leaves).first(6));
    leaves[2][0] ^= 1;
    const auto path = defined_subproof(6, leaves, true);
    EXPECT_FALSE(verify_merkle_consistency(6, old_root, 9, merkle_root(leaves), path));
}

TEST(Merkle, TheEmptyTreeIsAPrefixOfAnyAndNothingShrinks) {
    const auto leaves = numbered_leaves(3);
    const auto root = merkle_root(leaves);
    EXPECT_TRUE(verify_merkle_consistency(0, merkle_root({}), 3, root, {}));
    EXPECT_FALSE(verify_merkle_consistency(0, root, 3, root, {}));
    EXPECT_FALSE(verify_merkle_consistency(0, merkle_root({}), 3, root, leaves));
    EXPECT_FALSE(verify_merkle_consistency(3, root, 2, root, {}));
    EXPECT_FALSE(verify_merkle_consistency(2, root, 3, root, {}));
}

TEST(MerkleDeathTest, ThereIsNoPathToALeafThatIsNotThere) {
    EXPECT_DEATH(static_cast<void>(merkle_path({}, 0)), "broken invariant");
}

}  // namespace
}  // namespace crypto
