// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "wire/claim.h"

namespace witness {

/// RFC 9162 section 2.1.4: from the log's older size to its newer one. Errors: of whoever has it.
using ConsistencyPath = std::function<base::Result<std::vector<wire::Hash256>>(
    std::uint64_t old_size, std::uint64_t new_size)>;

/// Puts the checkpoint of a signed note, as text, into a receipt that it vouches for; nobody's
/// signature is looked at. Errors: `malformed` (no checkpoint), `corrupted` (the receipt's header),
/// `expired` (it is older than the receipt's block), `conflict` (a receipt about the state needs
/// one of its own block), those of `path`. `claim` is as it was then.
[[nodiscard]] base::Result<void> attach_checkpoint(wire::Claim& claim, std::string_view note,
                                                   const ConsistencyPath& path);

}  // namespace witness
