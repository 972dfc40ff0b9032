// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

#include "state/internal/node.h"
#include "state/internal/node_store.h"
#include "state/internal/update.h"

namespace state {

/// Keeps the newest version's nodes in memory, hung into the tree itself, up to a bound. What has
/// not been needed for longest goes first; the way to it stays in the store. One thread.
class NodeCache {
public:
    /// Borrows `store`.
    NodeCache(const storage::KeyValueStore& store, std::size_t nodes_max);
    NodeCache(const NodeCache&) = delete;
    NodeCache& operator=(const NodeCache&) = delete;

    /// The node, which stays hung into `subtree`. Errors: those of PageReader::read.
    [[nodiscard]] base::Result<std::shared_ptr<const Node>> load(const Subtree& subtree);
    [[nodiscard]] const Load& loader() const { return load_; }
    /// A new version, with `added` nodes in memory, begins: lets go of nodes if there are too many.
    void turn_to(const Subtree& root, std::size_t added);
    /// An upper bound of the nodes in memory.
    [[nodiscard]] std::size_t nodes_in_memory() const { return in_memory_; }

private:
    PageReader reader_;
    Load load_;
    std::size_t nodes_max_;
    std::size_t in_memory_ = 0;
    std::uint64_t now_ = 1;
};

}  // namespace state
