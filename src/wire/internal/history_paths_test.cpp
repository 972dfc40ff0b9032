// SPDX-License-Identifier: Apache-2.0
// Goal: what two paths of one history say of each other comes back. Method: every leaf of every log
// of up to 20 entries that goes on to one of up to 24, with the paths of RFC 9162.
#include "wire/internal/history_paths.h"

#include <gtest/gtest.h>

#include <string>

#include "base/bytes.h"
#include "crypto/merkle.h"
#include "crypto/merkle_testing.h"

namespace wire::internal {
namespace {

using crypto::Digest32;
using crypto::testing::consistency_path;

std::vector<Hash256> hashes(const std::vector<Digest32>& nodes) {
    std::vector<Hash256> out;
    for (const auto& node : nodes) out.push_back({node});
    return out;
}

constexpr std::uint64_t size_max = 20;
constexpr std::uint64_t later_max = 24;

TEST(HistoryPaths, OfEveryPlaceComeBackWhole) {
    std::vector<Digest32> leaves;
    for (std::uint64_t i = 0; i < later_max; ++i) {
        leaves.push_back(crypto::merkle_leaf(base::as_bytes(std::to_string(i))));
    }
    const std::span all(leaves);
    for (std::uint64_t size = 2; size <= size_max; ++size) {
        for (std::uint64_t later = size + 1; later <= later_max; ++later) {
            const auto onward = hashes(consistency_path(size, all.first(later)));
            for (std::uint64_t index = 0; index < size; ++index) {
                SCOPED_TRACE(std::to_string(index) + " of " + std::to_string(size) + ", then " +
                             std::to_string(later));
                const auto path = hashes(crypto::merkle_path(all.first(size), index));
                const HistoryPlace place{.index = index, .size = size, .later_size = later};
                auto short_path = path;
                auto short_onward = onward;
                const bool cut = leave_out_of_paths(place, short_path, short_onward);
                ASSERT_EQ(cut, !std::has_single_bit(size))
                    << "one complete tree says nothing twice";
                if (!cut) continue;
                EXPECT_LT(short_path.size() + short_onward.size(), path.size() + onward.size());
                ASSERT_TRUE(fill_paths(place, leaves[index], short_path, short_onward));
                EXPECT_EQ(short_path, path);
                EXPECT_EQ(short_onward, onward);
            }
        }
    }
}

TEST(HistoryPaths, OfAnotherLengthAreRefused) {
    const HistoryPlace place{.index = 4, .size = 6, .later_size = 9};
    const Digest32 leaf{};
    std::vector<Hash256> path(1);
    std::vector<Hash256> onward(3);
    ASSERT_TRUE(fill_paths(place, leaf, path, onward));
    for (const auto& [within, beyond] : {std::pair{0, 3}, {2, 3}, {1, 2}, {1, 4}}) {
        path.assign(static_cast<std::size_t>(within), {});
        onward.assign(static_cast<std::size_t>(beyond), {});
        EXPECT_FALSE(fill_paths(place, leaf, path, onward)) << within << " and " << beyond;
    }
    for (const auto& bad : {HistoryPlace{6, 6, 9}, HistoryPlace{4, 6, 6}, HistoryPlace{3, 4, 9},
                            HistoryPlace{0, 0, 9}, HistoryPlace{7, 6, 9}}) {
        path.assign(1, {});
        onward.assign(3, {});
        EXPECT_FALSE(fill_paths(bad, leaf, path, onward));
        EXPECT_FALSE(leave_out_of_paths(bad, path, onward));
    }
}

}  // namespace
}  // namespace wire::internal
