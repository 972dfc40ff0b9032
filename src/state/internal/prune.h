// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include "base/error.h"
#include "state/internal/node_store.h"
#include "storage/key_value_store.h"

namespace state {

/// Finds what a later version needs no more, and thins pages.
///
/// A node is in one place only, and once a version does without it no later one comes back to it.
/// So what version N needs no more of the version P before it is what a walk of P meets that N does
/// not hold, and N holds of P just the subtrees that hang below N's own nodes: both walks are as
/// long as what N changed.
class Pruning {
public:
    /// Borrows `store`.
    explicit Pruning(const storage::KeyValueStore& store) : store_(store), reader_(store, 64) {}

    /// `older` is the version right before `newer`. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<void> drop_difference(const RootRecord& older,
                                                     const RootRecord& newer);
    [[nodiscard]] std::size_t nodes() const { return nodes_; }
    /// Adds what the pages become without the nodes dropped. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<void> add_to(storage::WriteBatch& batch);

private:
    using Offsets = std::vector<std::uint32_t>;
    using Kept = std::vector<NodeRef>;  // sorted

    /// The subtrees of older versions that hang below the nodes written since `older`.
    base::Result<void> keep_below(const Subtree& at, wire::Height older, Kept& kept);
    base::Result<void> drop_all_but(const Kept& kept, const Subtree& at);
    base::Result<void> thin(const PageId& id, Offsets& dropped, storage::WriteBatch& batch);
    /// With those that earlier steps dropped of this page; sorted.
    base::Result<bool> add_dropped_before(const PageId& id, Offsets& dropped);

    const storage::KeyValueStore& store_;
    PageReader reader_;
    std::map<PageId, Offsets> dropped_;
    std::size_t nodes_ = 0;
};

}  // namespace state
