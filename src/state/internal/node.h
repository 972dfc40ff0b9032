// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <variant>

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
    /// A cache: filled when the node is first needed, emptied when memory runs short.
    mutable std::shared_ptr<const Node> node;
};

struct Leaf {
    wire::Hash256 path;
    base::Bytes key;
    base::Bytes value;
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
    /// How many versions had been adopted when this was last needed.
    mutable std::uint64_t last_used = 0;
};

/// The number of leading bits in which `a` and `b` agree; 256 if they are equal.
[[nodiscard]] unsigned common_bits(const wire::Hash256& a, const wire::Hash256& b);
/// `path` with all bits from `bits` on set to zero.
[[nodiscard]] wire::Hash256 prefix_of(const wire::Hash256& path, unsigned bits);
[[nodiscard]] wire::Hash256 hash_of(const Leaf& leaf);
[[nodiscard]] wire::Hash256 hash_of(const Inner& inner);
[[nodiscard]] wire::Hash256 hash_of(const Node& node);

}  // namespace state
