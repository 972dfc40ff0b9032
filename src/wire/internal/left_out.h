// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "wire/claim.h"

namespace wire::internal {

/// What of a receipt follows from the rest of it is left out of its compact form: roots that its
/// paths lead to, the text of the checkpoint's note, and what two paths of one history both say.
/// Source: docs/formats/receipt.md, "What follows from the rest".
struct ShortClaim {
    Claim claim;  ///< Without what is left out.
    /// The header from behind what is left out of it; `claim.header` ends before. Empty: nothing
    /// is.
    base::Bytes header_rest;
    /// The signature lines of the note, which is empty itself. Empty: the note is whole.
    std::string signatures;
    std::uint64_t checkpoint_size = 0;  ///< 0: the header's history_size.
    Height checkpoint_height = 0;       ///< 0: the header's.
    base::Bytes checkpoint_header;      ///< Empty: the header's own hash.
    bool one_path = false;              ///< Both paths are shortened.
};

/// Leaves out all that `restore` brings back.
[[nodiscard]] ShortClaim shorten(const Claim& claim);
/// Nothing where what is left out does not follow.
[[nodiscard]] std::optional<Claim> restore(const ShortClaim& in);

}  // namespace wire::internal
