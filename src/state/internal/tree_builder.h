// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "state/internal/node.h"
#include "state/internal/node_store.h"
#include "wire/ids.h"

namespace state {

/// Builds a tree from its leaves in rising order of their paths, in memory bounded by its depth.
///
/// Invariant: the pending subtrees stand left of `last_`, their bits rise, and the subtree `i` and
/// all that comes after it part at bit `i`.
class TreeBuilder {
public:
    [[nodiscard]] bool empty() const { return !current_; }
    /// Of the last leaf. CHECKs that there is one.
    [[nodiscard]] const wire::Hash256& last_path() const;
    /// CHECKs that its path is above the last one's.
    void add(Leaf leaf, PageWriter& writer);
    /// The whole tree. CHECKs that there is a leaf. The builder is empty afterwards.
    [[nodiscard]] Subtree finish(PageWriter& writer);

    /// count 1 | (bit 1 | subtree 48)* | subtree 48 | last path 32; a single 255 while empty.
    [[nodiscard]] base::Bytes encode() const;
    /// Nothing unless `bytes` are such an encoding.
    [[nodiscard]] static std::optional<TreeBuilder> decode(base::ByteView bytes);

private:
    struct Pending {
        std::uint8_t bit = 0;
        Subtree subtree;
    };
    /// Joins the pending subtrees whose bit is above `bit`, or from it on if `bit` says nothing.
    void join_down_to(std::optional<unsigned> bit, PageWriter& writer);

    std::vector<Pending> pending_;
    std::optional<Subtree> current_;
    wire::Hash256 last_;
};

}  // namespace state
