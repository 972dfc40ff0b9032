// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace cli {

/// Whether what was submitted was refused by the chain's rules, rather than by a node that lacks
/// room, a disk or time just now. Some verdicts end if the transaction is signed anew, or under
/// newer rules: that is for the caller to tell.
[[nodiscard]] constexpr bool is_of_the_rules(base::ErrorCode code) {
    switch (code) {
        case base::ErrorCode::unavailable:
        case base::ErrorCode::busy:
        case base::ErrorCode::storage_full:
        case base::ErrorCode::corrupted:
            return false;
        default:
            return true;
    }
}

}  // namespace cli
