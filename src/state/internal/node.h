// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "wire/ids.h"

namespace state {

/// Where a node's record stands in the store: a byte offset within a page of one version.
struct NodeRef {
    wire::Height version = 0;
    std::uint32_t page = 0;
    std::uint32_t offset = 0;
    friend auto operator<=>(const NodeRef&, const NodeRef&) = default;
};

struct Node;

/// A subtree as its parent knows it; the node itself may be in memory or only in the store.
struct Subtree {
    wire::Hash256 hash;
    NodeRef ref;
    /// Only in the tree that a NodeCache holds, which owns the node: filled when it is first
    /// needed, emptied when memory runs short.
    mutable const Node* node = nullptr;
};

/// Bytes of a leaf, in the memory of the NodeCache that holds it, or in the ordinary one.
using LeafBytes = std::pmr::vector<std::uint8_t>;

[[nodiscard]] inline base::Bytes bytes_of(const LeafBytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

struct Leaf {
    wire::Hash256 path;
    LeafBytes key;
    LeafBytes value;
    /// For 'p' | patient: that patient's own tree, whose root hash is `value`.
    std::optional<Subtree> own_tree;
};

struct Inner {
    std::uint8_t bit = 0;  ///< At which the two sides part.
    wire::Hash256
        prefix;  ///< The bits before `bit` that all paths below share; zero from there on.
    std::array<Subtree, 2> sides;
};

struct Node {
    std::variant<Leaf, Inner> content;
    /// How many versions had been adopted when this was last needed; of use in a NodeCache alone.
    mutable std::uint64_t last_used = 0;
};

/// Asks the processor for a node that is needed soon. Changes nothing.
inline void fetch(const Node& node) {
    constexpr std::size_t cache_line_bytes = 64;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&node);
    for (std::size_t at = 0; at < sizeof(Node); at += cache_line_bytes) {
        __builtin_prefetch(bytes + at);
    }
}

/// The number of leading bits in which `a` and `b` agree; 256 if they are equal.
[[nodiscard]] unsigned common_bits(const wire::Hash256& a, const wire::Hash256& b);
/// `path` with all bits from `bits` on set to zero.
[[nodiscard]] wire::Hash256 prefix_of(const wire::Hash256& path, unsigned bits);
[[nodiscard]] wire::Hash256 hash_of(const Leaf& leaf);
[[nodiscard]] wire::Hash256 hash_of(const Inner& inner);
[[nodiscard]] wire::Hash256 hash_of(const Node& node);

}  // namespace state
