// SPDX-License-Identifier: Apache-2.0
// For tests alone: how long their loops run.
#pragma once

#include <algorithm>

namespace base::testing {

/// Whether this build carries a sanitizer, under which a step takes about ten times as long.
#ifdef SALUS_SANITIZED
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// `full` rounds of a loop, a tenth of them under a sanitizer. A sanitizer looks for faults of
/// memory and of threads, which show in the first rounds as well as in the last.
template <typename Count>
[[nodiscard]] constexpr Count rounds(Count full) {
    return sanitized ? std::max<Count>(Count{1}, full / 10) : full;
}

/// The step of a loop over every byte or bit: 1, and under a sanitizer a prime, so that the
/// positions met are spread over all places of a byte and all fields of a record.
inline constexpr unsigned stride = sanitized ? 13 : 1;

}  // namespace base::testing
