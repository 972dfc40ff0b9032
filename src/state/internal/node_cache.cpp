// SPDX-License-Identifier: Apache-2.0
#include "state/internal/node_cache.h"

#include <array>
#include <utility>

#include "base/check.h"

namespace state {
namespace {

using Allocator = std::pmr::polymorphic_allocator<Node>;

/// Ages, in versions, that are tried one after another until half of the memory is free.
constexpr std::array<std::uint64_t, 6> ages{1'024, 256, 64, 16, 4, 1};

/// Calls `visit` for each subtree that the node refers to.
template <class Visit>
void each_below(const Node& node, const Visit& visit) {
    if (const auto* inner = std::get_if<Inner>(&node.content)) {
        for (const auto& side : inner->sides) visit(side);
    } else if (const auto& leaf = std::get<Leaf>(node.content); leaf.own_tree) {
        visit(*leaf.own_tree);
    }
}

}  // namespace

NodeCache::NodeCache(const storage::KeyValueStore& store, std::size_t nodes_max)
    : reader_(store),
      load_([this](const Subtree& subtree) -> base::Result<std::shared_ptr<const Node>> {
          if (held_ && !subtree.node) return reader_.read(subtree);
          const auto node = need(subtree);
          if (!node) return base::pass(node);
          return std::shared_ptr<const Node>(std::shared_ptr<const Node>(), *node);
      }),
      nodes_max_(nodes_max) {}

const Node* NodeCache::take(Node&& node) {
    node.last_used = now_;
    ++in_memory_;
    return Allocator(&memory_).new_object<Node>(std::move(node));
}

void NodeCache::free(const Node* node) {
    // Given out as const, made as not.
    Allocator(&memory_).delete_object(const_cast<Node*>(node));
    --in_memory_;
}

base::Result<const Node*> NodeCache::read(const Subtree& subtree) {
    CHECK(!held_);
    auto node = reader_.read_node(subtree);
    if (!node) return base::pass(node);
    subtree.node = take(std::move(*node));
    return subtree.node;
}

const Node* NodeCache::keep(Node&& node) {
    made_.push_back(take(std::move(node)));
    return made_.back();
}

void NodeCache::drop() {
    for (const auto* node : made_) free(node);
    made_.clear();
    left_out_.clear();
    held_ = false;
}

void NodeCache::free_below(const Subtree& subtree) {
    if (!subtree.node) return;
    each_below(*subtree.node, [this](const Subtree& below) { free_below(below); });
    free(std::exchange(subtree.node, nullptr));
}

/// A node is needed only after its parent, so what is old has nothing newer below it.
void NodeCache::free_older(const Subtree& subtree, std::uint64_t than) {
    if (!subtree.node) return;
    if (subtree.node->last_used < than) {
        free_below(subtree);
    } else {
        each_below(*subtree.node, [&](const Subtree& below) { free_older(below, than); });
    }
}

void NodeCache::clear(const Subtree& root) {
    CHECK(made_.empty());
    free_below(root);
    reader_.forget();
    CHECK(in_memory_ == 0);
}

void NodeCache::adopt(const Subtree& root) {
    constexpr std::size_t ahead = 8;  // chosen by us
    for (std::size_t i = 0; i < left_out_.size(); ++i) {
        if (i + ahead < left_out_.size()) fetch(*left_out_[i + ahead]);
        free(left_out_[i]);
    }
    left_out_.clear();
    made_.clear();
    held_ = false;
    if (in_memory_ > nodes_max_) {
        for (const auto age : ages) {
            if (age < now_) free_older(root, now_ - age);
            if (in_memory_ <= nodes_max_ / 2) break;
        }
        if (in_memory_ > nodes_max_ / 2) free_below(root);
    }
    ++now_;
}

}  // namespace state
