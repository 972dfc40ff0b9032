// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/node_cache.h"
#include "state/internal/node_store.h"
#include "wire/ids.h"

namespace state {

/// One leaf that changes. Borrows all but the path.
struct Change {
    wire::Hash256 path;
    const base::Bytes* key = nullptr;
    const base::Bytes* value = nullptr;  ///< Null: the leaf goes.
    const Subtree* own_tree = nullptr;   ///< For 'p' | patient: that patient's own tree.
};

/// Applies a version's changes in one pass: each new inner node is hashed and written once, however
/// many leaves below it change. Shares all unchanged subtrees with the version before.
class Update {
public:
    /// Borrows both.
    Update(NodeCache& cache, PageWriter& writer) : cache_(cache), writer_(writer) {}
    /// The subtree after `changes`, which have different paths; nothing if it became empty. Null as
    /// `at`: it was. Sorts the changes. Errors: those of NodeCache::need; the cache must be told to
    /// drop then.
    [[nodiscard]] base::Result<std::optional<Subtree>> apply(const Subtree* at,
                                                             std::vector<Change>& changes);

private:
    using Span = std::span<Change>;
    /// Nothing if the subtree became empty, or if something failed, which `error_` tells.
    using Outcome = std::optional<Subtree>;
    Outcome apply_sorted(const Subtree& at, Span changes);
    Outcome apply_to_leaf(const Subtree& at, const Leaf& leaf, Span changes);
    Outcome apply_to_inner(const Subtree& at, const Inner& inner, Span changes);
    /// `at`, all of whose paths share `inner.prefix`, gets a parent that parts at `bit` before.
    Outcome part_above(const Subtree& at, const Inner& inner, unsigned bit, Span changes);
    /// New leaves alone. Deletions change nothing here.
    [[nodiscard]] Outcome build(Span changes);
    [[nodiscard]] Outcome join(unsigned bit, const wire::Hash256& path, Outcome left,
                               Outcome right);
    [[nodiscard]] Subtree add(Node&& node);

    NodeCache& cache_;
    PageWriter& writer_;
    std::optional<base::Error> error_;
};

}  // namespace state
