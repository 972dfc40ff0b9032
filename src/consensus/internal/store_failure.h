// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

namespace consensus {

/// Whether `code` says that this replica cannot go on, not that a block is wrong.
[[nodiscard]] constexpr bool is_store_failure(base::ErrorCode code) {
    using enum base::ErrorCode;
    return code == corrupted || code == unavailable || code == storage_full ||
           code == unsupported_version;
}

}  // namespace consensus
