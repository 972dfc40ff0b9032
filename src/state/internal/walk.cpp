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

}  // namespace state
