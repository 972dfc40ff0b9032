// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <span>
#include <vector>

#include "crypto/merkle.h"

namespace crypto::testing {

/// The proof that the log of `leaves` begins with its first `old_size`, 0 < old_size <= their
/// number. Source: RFC 9162 section 2.1.4.1, SUBPROOF.
inline std::vector<Digest32> consistency_path(std::size_t old_size,
                                              std::span<const Digest32> leaves,
                                              bool complete = true) {
    if (old_size == leaves.size()) {
        if (complete) return {};
        return {merkle_root(leaves)};
    }
    const auto half = std::bit_floor(leaves.size() - 1);
    const bool left = old_size <= half;
    auto out = left ? consistency_path(old_size, leaves.first(half), complete)
                    : consistency_path(old_size - half, leaves.subspan(half), false);
    out.push_back(merkle_root(left ? leaves.subspan(half) : leaves.first(half)));
    return out;
}

}  // namespace crypto::testing
