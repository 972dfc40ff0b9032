// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "wire/ids.h"

namespace ledger {

/// All that a replica needs to go on from one height: the state, and what stands beside it (the
/// genesis, the block of that height, the frontier of the history log). The bytes follow from the
/// chain alone, so they are the same on every replica. docs/formats/state.md has the format.
struct Snapshot {
    static constexpr std::uint32_t format_1 = 1;
    wire::Height height = 0;
    std::uint32_t format = format_1;
    std::uint32_t chunks = 0;
    wire::Hash256 hash;    ///< SHA-256 of `metadata`.
    base::Bytes metadata;  ///< Names the hash of each chunk.
    friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// What whoever restores trusts beforehand, as in CometBFT's state sync: everything in a snapshot
/// is held against it.
struct TrustedHeader {
    wire::Height height = 0;
    wire::HeaderHash hash;
};

struct RestoreProgress {
    std::uint32_t next_chunk = 0;
    bool complete = false;
};

}  // namespace ledger
