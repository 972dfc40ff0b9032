// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "state/snapshot_format.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace ledger {

/// What a snapshot holds beside the state, cut into chunks that come before those of the state.
/// All numbers are big-endian.
///
///   metadata: "SALUSLM1" | frame bytes 8 | frame chunks 4 | SHA-256 of each 32
///             | state metadata (state/snapshot_format.h)
///   frame:    "SALUSLF1" | length 4 | genesis | length 4 | block | history size 8 | peaks 32 each

/// Every frame chunk but the last has exactly this size.
inline constexpr std::size_t frame_chunk_bytes = 1U << 20;

/// The complete subtrees that make up the history log, from the largest (leftmost) on.
struct HistoryFrontier {
    std::uint64_t size = 0;
    std::vector<wire::Hash256> peaks;
    friend bool operator==(const HistoryFrontier&, const HistoryFrontier&) = default;
};

struct SnapshotFrame {
    wire::Genesis genesis;
    wire::Block block;  ///< Of the snapshot's height.
    HistoryFrontier history;
};
[[nodiscard]] base::Bytes encode(const SnapshotFrame& frame);
/// Accepts only what encodes to the same bytes again. Errors: `malformed`, and those of the
/// decoders of genesis and block.
[[nodiscard]] base::Result<SnapshotFrame> decode_snapshot_frame(base::ByteView bytes);

struct FrameMetadata {
    std::uint64_t frame_bytes = 0;
    std::vector<wire::Hash256> chunks;  ///< SHA-256 of each frame chunk.
    state::SnapshotMetadata state;
    [[nodiscard]] std::uint32_t chunk_count() const {
        return static_cast<std::uint32_t>(chunks.size() + state.chunks.size());
    }
};
[[nodiscard]] FrameMetadata describe_frame(base::ByteView frame, state::SnapshotMetadata state);
[[nodiscard]] base::Bytes encode(const FrameMetadata& metadata);
/// Accepts only what encodes to the same bytes again, with as many frame chunks as the frame's size
/// makes. Errors: `malformed`, `too_large`.
[[nodiscard]] base::Result<FrameMetadata> decode_frame_metadata(base::ByteView bytes);

}  // namespace ledger
