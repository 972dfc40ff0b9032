// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/error.h"
#include "state/entry.h"
#include "state/internal/node.h"
#include "state/internal/node_cache.h"

namespace state {

/// Calls `visitor` for each entry below `root` in the order of state/entry.h, from the first that
/// is not before `from` on, until it says false.
[[nodiscard]] base::Result<void> visit_entries(const Load& load, const Subtree& root,
                                               const std::optional<Position>& from,
                                               const EntryVisitor& visitor);

}  // namespace state
