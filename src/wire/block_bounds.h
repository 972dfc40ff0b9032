// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace wire {

// How many parts a decoder takes, looked at before any of them is made: an empty one takes two
// bytes of the 160 MiB that a block may have, and 50 times that in memory. All chosen by us.

/// An engine makes blocks of 2,000 (EmbeddedEngine::Options, Coordinator::Limits), in which the
/// largest still fit into `block_bytes_max`.
inline constexpr std::size_t block_transactions_max = 65'536;
/// More miners than a chain can ask for each block.
inline constexpr std::size_t seal_approvals_max = 16'384;
/// As many as fit into `genesis_bytes_max` at their least size.
inline constexpr std::size_t genesis_members_max = 262'144;

}  // namespace wire
