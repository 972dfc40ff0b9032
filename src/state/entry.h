// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <functional>
#include <optional>

#include "base/bytes.h"
#include "wire/ids.h"

namespace state {

/// One key with its value as of a version. The views hold until the visitor returns.
struct Entry {
    /// In whose own tree it stands; nothing: in the main tree.
    std::optional<wire::LedgerId> patient;
    base::ByteView key;
    base::ByteView value;
};
/// False: no more.
using EntryVisitor = std::function<bool(const Entry&)>;

/// A place in the fixed order of a version's entries: the main tree by rising SHA-256(key), and
/// behind each leaf 'p' | patient that patient's own tree, again by rising SHA-256(key).
struct Position {
    wire::Hash256 main;  ///< SHA-256 of the key in the main tree.
    /// SHA-256 of the key in the own tree of that leaf's patient; nothing: the leaf itself.
    std::optional<wire::Hash256> own;
    friend auto operator<=>(const Position&, const Position&) = default;
};

/// Where an entry stands in that order.
[[nodiscard]] Position position_of(const Entry& entry);

}  // namespace state
