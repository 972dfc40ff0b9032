// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace state {

/// Absence as ICS-23's NonExistenceProof says it: the leaves before and behind the absent key in
/// the order of paths, with nothing between them. For verifiers that use public ICS-23 libraries;
/// our own absence proof (state/proof.h) is one leaf.
struct Neighbours {
    std::optional<wire::StateProof> left;   ///< Nothing: the right one is the first of all.
    std::optional<wire::StateProof> right;  ///< Nothing: the left one is the last of all.
    friend bool operator==(const Neighbours&, const Neighbours&) = default;
};

/// Errors: `malformed` unless both exist under `root`, stand on either side of `key` and nothing
/// can stand between them.
[[nodiscard]] base::Result<void> verify_neighbours(const wire::Hash256& root, base::ByteView key,
                                                   const Neighbours& neighbours);

}  // namespace state
