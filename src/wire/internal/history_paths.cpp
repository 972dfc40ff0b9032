// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/history_paths.h"

#include <bit>
#include <cstddef>
#include <optional>

#include "crypto/merkle.h"

namespace wire::internal {
namespace {

/// Where in the onward path the roots of the complete trees stand, the smallest first, and how long
/// that path is. Source: RFC 9162 section 2.1.4.2, with its names: those are what is hashed into
/// fr.
struct Onward {
    std::vector<std::size_t> roots{0};
    std::size_t length = 1;
};
Onward onward_of(std::uint64_t size, std::uint64_t later_size) {
    Onward out;
    auto fn = size - 1;
    auto sn = later_size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    for (; sn != 0; ++out.length) {
        if ((fn & 1) != 0 || fn == sn) {
            out.roots.push_back(out.length);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        }
        fn >>= 1;
        sn >>= 1;
    }
    return out;
}

/// The complete tree that a leaf stands in.
struct OwnTree {
    unsigned level = 0;       ///< Of 2^level leaves, which is also the length of a path within.
    std::uint64_t index = 0;  ///< Of the leaf in it.
    std::size_t rank = 0;     ///< So many complete trees are smaller.
};
OwnTree own_tree_of(const HistoryPlace& place) {
    OwnTree out{.level = 0, .index = place.index, .rank = 0};
    for (out.level = 63; out.level > 0; --out.level) {
        const auto leaves = std::uint64_t{1} << out.level;
        if ((place.size & leaves) == 0) continue;
        if (out.index < leaves) break;
        out.index -= leaves;
    }
    const auto smaller = (std::uint64_t{1} << out.level) - 1;
    out.rank = static_cast<std::size_t>(std::popcount(place.size & smaller));
    return out;
}

bool applies(const HistoryPlace& place) {
    return place.index < place.size && place.size < place.later_size &&
           !std::has_single_bit(place.size);
}

}  // namespace

bool leave_out_of_paths(const HistoryPlace& place, std::vector<Hash256>& path,
                        std::vector<Hash256>& onward) {
    if (!applies(place)) return false;
    const auto own = own_tree_of(place);
    const auto whole = onward_of(place.size, place.later_size);
    if (onward.size() != whole.length || path.size() < own.level) return false;
    path.resize(own.level);
    onward.erase(onward.begin() + static_cast<std::ptrdiff_t>(whole.roots[own.rank]));
    return true;
}

bool fill_paths(const HistoryPlace& place, const crypto::Digest32& leaf, std::vector<Hash256>& path,
                std::vector<Hash256>& onward) {
    if (!applies(place)) return false;
    const auto own = own_tree_of(place);
    const auto whole = onward_of(place.size, place.later_size);
    if (onward.size() + 1 != whole.length || path.size() != own.level) return false;
    std::vector<crypto::Digest32> within;
    for (const auto& hash : path) within.push_back(hash.bytes);
    const auto root =
        crypto::merkle_root_from(leaf, own.index, std::uint64_t{1} << own.level, within);
    if (!root) return false;
    onward.insert(onward.begin() + static_cast<std::ptrdiff_t>(whole.roots[own.rank]),
                  Hash256{*root});
    std::optional<crypto::Digest32> behind;  // what the smaller trees come to
    for (std::size_t i = 0; i < whole.roots.size(); ++i) {
        const auto& tree = onward[whole.roots[i]];
        if (i < own.rank) {
            behind = behind ? crypto::merkle_node(tree.bytes, *behind) : tree.bytes;
            continue;
        }
        if (i == own.rank && behind) path.push_back({*behind});
        if (i > own.rank) path.push_back(tree);
    }
    return true;
}

}  // namespace wire::internal
