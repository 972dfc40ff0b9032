// SPDX-License-Identifier: Apache-2.0
#include "state/internal/visit.h"

#include "base/check.h"
#include "state/proof.h"

namespace state {
namespace {

/// What a part of the walk ends with: an error, or whether to go on.
using Going = base::Result<bool>;
/// From which path on leaves count; nothing: from the first.
using From = std::optional<wire::Hash256>;

class Visit {
public:
    Visit(const Load& load, const EntryVisitor& visitor) : load_(load), visitor_(visitor) {}

    /// The leaves of the main tree, behind each that has one its own tree.
    Going main_tree(const Subtree& root, const std::optional<Position>& from) {
        const auto begin = from ? From(from->main) : std::nullopt;
        return leaves(root, begin, [&](const Leaf& leaf) -> Going {
            const bool inside = from && from->own && leaf.path == from->main;
            if (!inside && !visitor_({.patient = {}, .key = leaf.key, .value = leaf.value})) {
                return false;
            }
            if (!leaf.own_tree) return true;
            return own_tree(leaf, inside ? from->own : std::nullopt);
        });
    }

private:
    Going own_tree(const Leaf& owner, const From& from) {
        const auto patient = wire::LedgerId::from(base::ByteView(owner.key).subspan(1));
        CHECK(patient);
        return leaves(*owner.own_tree, from, [&](const Leaf& leaf) -> Going {
            return visitor_({.patient = patient, .key = leaf.key, .value = leaf.value});
        });
    }

    /// No deeper than 256 calls: each goes down one inner node, whose bit is above its parent's.
    template <class OnLeaf>
    Going leaves(const Subtree& at, const From& from, const OnLeaf& on_leaf) {
        const auto node = load_(at);
        if (!node) return base::pass(node);
        if (const auto* leaf = std::get_if<Leaf>(&(*node)->content)) {
            return from && leaf->path < *from ? Going(true) : on_leaf(*leaf);
        }
        const auto& inner = std::get<Inner>((*node)->content);
        From left = from;
        if (from) {
            if (common_bits(*from, inner.prefix) < inner.bit) {
                // All below are on one side of `from`.
                if (inner.prefix < *from) return true;
                left.reset();
            } else if (bit_of(*from, inner.bit) == 1) {
                return leaves(inner.sides[1], from, on_leaf);
            }
        }
        const auto going = leaves(inner.sides[0], left, on_leaf);
        if (!going || !*going) return going;
        return leaves(inner.sides[1], std::nullopt, on_leaf);
    }

    const Load& load_;
    const EntryVisitor& visitor_;
};

}  // namespace

base::Result<void> visit_entries(const Load& load, const Subtree& root,
                                 const std::optional<Position>& from, const EntryVisitor& visitor) {
    const auto going = Visit(load, visitor).main_tree(root, from);
    if (!going) return base::pass(going);
    return {};
}

}  // namespace state
