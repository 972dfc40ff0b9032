// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/update.h"
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

}  // namespace state
