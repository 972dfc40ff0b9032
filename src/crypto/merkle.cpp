// SPDX-License-Identifier: Apache-2.0
#include "crypto/merkle.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace crypto {
namespace {

constexpr std::uint8_t leaf_prefix = 0x00;
constexpr std::uint8_t node_prefix = 0x01;

/// Replaces a level by the one above it: pairs are joined, a last one without a partner moves up.
/// RFC 9162 splits at the largest power of two below the size, which comes to the same tree.
void climb(std::vector<Digest32>& level) {
    const std::size_t pairs = level.size() / 2;
    for (std::size_t i = 0; i < pairs; ++i) {
        level[i] = merkle_node(level[2 * i], level[2 * i + 1]);
    }
    if (level.size() % 2 == 1) level[pairs] = level.back();
    level.resize((level.size() + 1) / 2);
}

}  // namespace

Digest32 merkle_leaf(base::ByteView data) {
    return sha256({{&leaf_prefix, 1}, data});
}

Digest32 merkle_node(const Digest32& left, const Digest32& right) {
    std::array<std::uint8_t, 65> joined;
    joined[0] = node_prefix;
    std::ranges::copy(left, joined.begin() + 1);
    std::ranges::copy(right, joined.begin() + 33);
    return sha256(joined);
}

Digest32 merkle_root(std::span<const Digest32> leaf_hashes) {
    if (leaf_hashes.empty()) return sha256(base::ByteView{});
    std::vector<Digest32> level(leaf_hashes.begin(), leaf_hashes.end());
    while (level.size() > 1) climb(level);
    return level[0];
}

std::vector<Digest32> merkle_path(std::span<const Digest32> leaf_hashes, std::uint64_t index) {
    CHECK(index < leaf_hashes.size());
    std::vector<Digest32> level(leaf_hashes.begin(), leaf_hashes.end());
    std::vector<Digest32> path;
    while (level.size() > 1) {
        const std::uint64_t sibling = index ^ 1;
        if (sibling < level.size()) path.push_back(level[sibling]);
        climb(level);
        index >>= 1;
    }
    return path;
}

// Source: RFC 9162 section 2.1.3.2, with its names fn (index of the node on the way up), sn (index
// of the last node of that level) and r.
std::optional<Digest32> merkle_root_from(const Digest32& leaf_hash, std::uint64_t index,
                                         std::uint64_t size, std::span<const Digest32> path) {
    if (index >= size) return std::nullopt;
    std::uint64_t fn = index;
    std::uint64_t sn = size - 1;
    Digest32 r = leaf_hash;
    for (const auto& p : path) {
        if (sn == 0) return std::nullopt;
        if ((fn & 1) != 0 || fn == sn) {
            r = merkle_node(p, r);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            r = merkle_node(r, p);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0) return std::nullopt;
    return r;
}

bool verify_merkle_path(const Digest32& leaf_hash, std::uint64_t index, std::uint64_t size,
                        std::span<const Digest32> path, const Digest32& root) {
    return merkle_root_from(leaf_hash, index, size, path) == root;
}

std::size_t merkle_path_length(std::uint64_t index, std::uint64_t size) {
    CHECK(index < size);
    std::size_t length = 0;
    for (std::uint64_t last = size - 1; last != 0; last >>= 1, index >>= 1) {
        // The last node of a level has no sibling where it is a left one.
        if (index < last || (index & 1) != 0) ++length;
    }
    return length;
}

// Source: RFC 9162 section 2.1.4.2, with its names. The RFC leaves two cases to the caller: equal
// sizes (the path is empty, the roots are equal) and the empty tree, a prefix of every tree.
std::optional<Digest32> merkle_consistency_root(std::uint64_t old_size, const Digest32& old_root,
                                                std::uint64_t new_size,
                                                std::span<const Digest32> path) {
    if (old_size == 0 || old_size > new_size || path.empty() != (old_size == new_size)) {
        return std::nullopt;
    }
    if (path.empty()) return old_root;
    std::uint64_t fn = old_size - 1;
    std::uint64_t sn = new_size - 1;
    while ((fn & 1) != 0) {
        fn >>= 1;
        sn >>= 1;
    }
    // Where the old tree is complete, its root starts the path without standing in it.
    const bool old_is_complete = std::has_single_bit(old_size);
    Digest32 fr = old_is_complete ? old_root : path[0];
    Digest32 sr = fr;
    for (const auto& c : path.subspan(old_is_complete ? 0 : 1)) {
        if (sn == 0) return std::nullopt;
        if ((fn & 1) != 0 || fn == sn) {
            fr = merkle_node(c, fr);
            sr = merkle_node(c, sr);
            while ((fn & 1) == 0 && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = merkle_node(sr, c);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0 || fr != old_root) return std::nullopt;
    return sr;
}

bool verify_merkle_consistency(std::uint64_t old_size, const Digest32& old_root,
                               std::uint64_t new_size, const Digest32& new_root,
                               std::span<const Digest32> path) {
    if (old_size == 0 && new_size != 0) return path.empty() && old_root == merkle_root({});
    if (old_size == new_size) return path.empty() && old_root == new_root;
    return merkle_consistency_root(old_size, old_root, new_size, path) == new_root;
}

}  // namespace crypto
