// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/node_cache.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace state {

/// The leaf that the bits of a path lead to, which need not be the path's own.
struct Reached {
    std::shared_ptr<const Node> node;  ///< Keeps `leaf` alive.
    const Leaf* leaf = nullptr;
};
/// Follows the bits of `path` down from `root`. `steps`, if given, gets the proof's steps, leaf
/// first.
[[nodiscard]] base::Result<Reached> walk(const Load& load, const Subtree& root,
                                         const wire::Hash256& path,
                                         std::vector<wire::StateProofStep>* steps);

enum class Side : std::uint8_t { before, behind };
/// The leaf nearest to `path` on that side, with the proof that it exists; nothing if none is
/// there.
[[nodiscard]] base::Result<std::optional<wire::StateProof>> walk_beside(const Load& load,
                                                                        const Subtree& root,
                                                                        const wire::Hash256& path,
                                                                        Side side);

}  // namespace state
