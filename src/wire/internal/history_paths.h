// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "crypto/hash.h"
#include "wire/ids.h"

namespace wire::internal {

/// A leaf of a log of `size` entries that is the beginning of one of `later_size`.
struct HistoryPlace {
    std::uint64_t index = 0;
    std::uint64_t size = 0;
    std::uint64_t later_size = 0;
};

/// The roots of the complete trees that a log is made of stand on both paths, that of a leaf
/// (`path`) and that from the log to the later one (`onward`). Leaves out of `path` all above the
/// leaf's own complete tree, and that tree's root out of `onward`. False, and nothing is left out,
/// where the log is one complete tree, or the paths have not the lengths of this place.
[[nodiscard]] bool leave_out_of_paths(const HistoryPlace& place, std::vector<Hash256>& path,
                                      std::vector<Hash256>& onward);
/// The way back. False where the paths have not the lengths that `leave_out_of_paths` leaves.
[[nodiscard]] bool fill_paths(const HistoryPlace& place, const crypto::Digest32& leaf,
                              std::vector<Hash256>& path, std::vector<Hash256>& onward);

}  // namespace wire::internal
