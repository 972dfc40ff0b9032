// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node_cache.h"

#include <array>

namespace state {
namespace {

std::size_t count(const Subtree& subtree) {
    if (!subtree.node) return 0;
    std::size_t out = 1;
    if (const auto* inner = std::get_if<Inner>(&subtree.node->content)) {
        for (const auto& side : inner->sides) out += count(side);
    } else if (const auto& leaf = std::get<Leaf>(subtree.node->content); leaf.own_tree) {
        out += count(*leaf.own_tree);
    }
    return out;
}

/// A node is needed only after its parent, so what is old has nothing newer below it.
void let_go_of_older(const Subtree& subtree, std::uint64_t than) {
    if (!subtree.node) return;
    if (subtree.node->last_used < than) {
        subtree.node.reset();
        return;
    }
    if (const auto* inner = std::get_if<Inner>(&subtree.node->content)) {
        for (const auto& side : inner->sides) let_go_of_older(side, than);
    } else if (const auto& leaf = std::get<Leaf>(subtree.node->content); leaf.own_tree) {
        let_go_of_older(*leaf.own_tree, than);
    }
}

/// Ages, in versions, that are tried one after another until half of the memory is free.
constexpr std::array<std::uint64_t, 6> ages{1'024, 256, 64, 16, 4, 1};

}  // namespace

NodeCache::NodeCache(const storage::KeyValueStore& store, std::size_t nodes_max)
    : reader_(store),
      load_([this](const Subtree& subtree) { return load(subtree); }),
      nodes_max_(nodes_max) {}

base::Result<std::shared_ptr<const Node>> NodeCache::load(const Subtree& subtree) {
    if (!subtree.node) {
        auto node = reader_.read(subtree);
        if (!node) return node;
        subtree.node = std::move(*node);
        ++in_memory_;
    }
    subtree.node->last_used = now_;
    return subtree.node;
}

void NodeCache::turn_to(const Subtree& root, std::size_t added) {
    in_memory_ += added;
    // Replaced nodes are counted until now, so the bound is checked on what is really there.
    if (in_memory_ > nodes_max_) {
        in_memory_ = count(root);
        if (in_memory_ > nodes_max_ / 4 * 3) {
            for (const auto age : ages) {
                if (age < now_) let_go_of_older(root, now_ - age);
                in_memory_ = count(root);
                if (in_memory_ <= nodes_max_ / 2) break;
            }
            if (in_memory_ > nodes_max_ / 2) {
                root.node.reset();
                in_memory_ = 0;
            }
        }
    }
    ++now_;
}

}  // namespace state
