// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <memory_resource>
#include <vector>

#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/node_store.h"

namespace state {

/// Finds the node of a subtree, in memory or in the store. Valid until the version is replaced.
using Load = std::function<base::Result<std::shared_ptr<const Node>>(const Subtree&)>;

/// Keeps the newest version's nodes in memory, hung into the tree itself, up to a bound. What has
/// not been needed for longest goes first; the way to it stays in the store. One thread.
///
/// Owns the nodes and gives their memory out again, since a block replaces as many as it makes.
/// Invariants: each node in memory hangs below one parent of the newest version. While a version is
/// staged, its own nodes hang below those of that version, and a node that it shares with the
/// newest hangs below both; `adopt` frees those it does without, `drop` frees its own.
class NodeCache {
public:
    /// Borrows `store`.
    NodeCache(const storage::KeyValueStore& store, std::size_t nodes_max);
    /// CHECKs nothing: `clear` must have been called with the newest root.
    ~NodeCache() = default;
    NodeCache(const NodeCache&) = delete;
    NodeCache& operator=(const NodeCache&) = delete;

    /// The node, which stays hung into `subtree`. Not while a version is staged. Errors: those of
    /// PageReader::read.
    [[nodiscard]] base::Result<const Node*> need(const Subtree& subtree) {
        if (!subtree.node) return read(subtree);
        subtree.node->last_used = now_;
        return subtree.node;
    }
    /// For reading. While a version is staged, what is not in memory is read without being kept.
    [[nodiscard]] const Load& loader() const { return load_; }

    /// Where the bytes of leaves that it is given are best.
    [[nodiscard]] std::pmr::memory_resource* memory() { return &memory_; }
    /// Takes a node of the version that is being staged.
    [[nodiscard]] const Node* keep(Node&& node);
    /// The version that is being staged does without this node.
    void leave_out(const Node* node) { left_out_.push_back(node); }
    /// Staging is over: until `adopt` or `drop` the newest version takes no nodes in.
    void hold() { held_ = true; }
    /// The staged version with this root becomes the newest: lets go of nodes if there are too
    /// many.
    void adopt(const Subtree& root);
    /// The staged version never was.
    void drop();
    /// Frees everything below the newest root, and the pages that nodes were read from.
    void clear(const Subtree& root);
    [[nodiscard]] std::size_t nodes_in_memory() const { return in_memory_; }

private:
    base::Result<const Node*> read(const Subtree& subtree);
    const Node* take(Node&& node);
    void free(const Node* node);
    void free_below(const Subtree& subtree);
    void free_older(const Subtree& subtree, std::uint64_t than);

    PageReader reader_;
    Load load_;
    std::pmr::unsynchronized_pool_resource memory_;
    std::size_t nodes_max_;
    std::size_t in_memory_ = 0;
    std::uint64_t now_ = 1;
    bool held_ = false;
    std::vector<const Node*> made_;      ///< Of the version that is being staged or staged.
    std::vector<const Node*> left_out_;  ///< By that version.
};

}  // namespace state
