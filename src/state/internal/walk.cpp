// SPDX-License-Identifier: Apache-2.0
#include "state/internal/walk.h"

#include <algorithm>

#include "state/proof.h"

namespace state {

base::Result<Reached> walk(const Load& load, const Subtree& root, const wire::Hash256& path,
                           std::vector<wire::StateProofStep>* steps) {
    auto node = load(root);
    while (node) {
        if (const auto* leaf = std::get_if<Leaf>(&(*node)->content)) {
            if (steps) std::ranges::reverse(*steps);
            return Reached{.node = std::move(*node), .leaf = leaf};
        }
        const auto& inner = std::get<Inner>((*node)->content);
        const unsigned turn = bit_of(path, inner.bit);
        if (steps) steps->push_back({.bit = inner.bit, .sibling = inner.sides[1 - turn].hash});
        node = load(inner.sides[turn]);
    }
    return base::pass(node);
}

namespace {

using MaybeProof = base::Result<std::optional<wire::StateProof>>;

class WalkBeside {
public:
    WalkBeside(const Load& load, const wire::Hash256& path, Side side)
        : load_(load), path_(path), side_(side), towards_(side == Side::before ? 1 : 0) {}

    /// No deeper than 256 calls: each goes down one inner node, whose bit is above its parent's.
    MaybeProof nearest(const Subtree& at) {
        const auto node = load_(at);
        if (!node) return base::pass(node);
        if (const auto* leaf = std::get_if<Leaf>(&(*node)->content)) {
            if (side_ == Side::before ? leaf->path >= path_ : leaf->path <= path_) {
                return std::nullopt;
            }
            return proof_of(*leaf);
        }
        const auto& inner = std::get<Inner>((*node)->content);
        const unsigned shared = common_bits(path_, inner.prefix);
        if (shared < inner.bit) {
            // All below are on one side of the path.
            return bit_of(path_, shared) == towards_ ? last(at) : MaybeProof(std::nullopt);
        }
        const unsigned turn = bit_of(path_, inner.bit);
        auto found = nearest(inner.sides[turn]);
        if (!found || *found) return with_step(std::move(found), inner, turn);
        if (turn != towards_) return std::nullopt;
        return with_step(last(inner.sides[1 - turn]), inner, 1 - turn);
    }

private:
    /// The leaf of this subtree that is nearest to what is on its other side.
    MaybeProof last(const Subtree& at) {
        const auto node = load_(at);
        if (!node) return base::pass(node);
        if (const auto* leaf = std::get_if<Leaf>(&(*node)->content)) return proof_of(*leaf);
        const auto& inner = std::get<Inner>((*node)->content);
        return with_step(last(inner.sides[towards_]), inner, towards_);
    }
    static MaybeProof proof_of(const Leaf& leaf) {
        return wire::StateProof{
            .key = bytes_of(leaf.key), .value = bytes_of(leaf.value), .steps = {}};
    }
    static MaybeProof with_step(MaybeProof below, const Inner& inner, unsigned turn) {
        if (below && *below) {
            (*below)->steps.push_back({.bit = inner.bit, .sibling = inner.sides[1 - turn].hash});
        }
        return below;
    }

    const Load& load_;
    const wire::Hash256& path_;
    Side side_;
    unsigned towards_;  ///< The turn that leads towards the path from its side.
};

}  // namespace

base::Result<std::optional<wire::StateProof>> walk_beside(const Load& load, const Subtree& root,
                                                          const wire::Hash256& path, Side side) {
    return WalkBeside(load, path, side).nearest(root);
}

}  // namespace state
