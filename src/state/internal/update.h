// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/node_store.h"
#include "wire/ids.h"

namespace state {

/// One leaf that changes. No value: the leaf goes.
struct Change {
    wire::Hash256 path;
    base::Bytes key;
    std::optional<base::Bytes> value;
    std::optional<Subtree> own_tree;
};

/// Finds the node of a subtree, in memory or in the store.
using Load = std::function<base::Result<std::shared_ptr<const Node>>(const Subtree&)>;

/// Applies a version's changes in one pass: each new inner node is hashed and written once, however
/// many leaves below it change. Shares all unchanged subtrees with the version before.
class Update {
public:
    /// Borrows both.
    Update(const Load& load, PageWriter& writer) : load_(load), writer_(writer) {}
    /// The subtree after `changes`, which have different paths; nothing if it became empty. Sorts
    /// the changes and moves out of them.
    [[nodiscard]] base::Result<std::optional<Subtree>> apply(const std::optional<Subtree>& at,
                                                             std::vector<Change>& changes);

private:
    using Span = std::span<Change>;
    using Outcome = base::Result<std::optional<Subtree>>;
    Outcome apply_sorted(const Subtree& at, Span changes);
    Outcome apply_to_leaf(const Subtree& at, const Leaf& leaf, Span changes);
    Outcome apply_to_inner(const Subtree& at, const Inner& inner, Span changes);
    /// `at`, all of whose paths share `inner.prefix`, gets a parent that parts at `bit` before.
    Outcome part_above(const Subtree& at, const Inner& inner, unsigned bit, Span changes);
    /// New leaves alone. Deletions change nothing here.
    [[nodiscard]] std::optional<Subtree> build(Span changes);
    [[nodiscard]] std::optional<Subtree> join(unsigned bit, const wire::Hash256& path,
                                              std::optional<Subtree> left,
                                              std::optional<Subtree> right);
    [[nodiscard]] Subtree make_leaf(Change& change);

    const Load& load_;
    PageWriter& writer_;
};

}  // namespace state
