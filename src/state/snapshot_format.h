// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "state/entry.h"
#include "wire/ids.h"

namespace state {

/// A version of the state as bytes: its entries in their fixed order (state/entry.h), cut into
/// chunks. The bytes follow from the entries alone, so every replica makes the same snapshot,
/// whatever it has cached, pruned or restored. All numbers are big-endian.
///
///   metadata: "SALUSSM1" | height 8 | root 32 | entries 8 | chunks 4 | for each chunk:
///             hash 32 | SHA-256 of the main tree's key 32 | 0, or 1 | SHA-256 of the own key 32
///   chunk:    "SALUSSC1" | height 8 | index 4 | for each entry:
///             0 main tree, 1 own tree | key length 2 | key | value length 4 | value

/// A chunk takes as many whole entries as fit. Chosen by us; part of the format.
inline constexpr std::size_t snapshot_chunk_bytes_max = 1U << 20;
/// Bound of encoded metadata, that of about 40 GB of state. Chosen by us.
inline constexpr std::size_t snapshot_metadata_bytes_max = 4U << 20;

/// What a snapshot is made of. Whoever restores checks `root` against a header that it trusts.
struct SnapshotMetadata {
    struct Chunk {
        wire::Hash256 hash;  ///< SHA-256 of the chunk's bytes.
        Position first;      ///< Of its first entry.
        friend bool operator==(const Chunk&, const Chunk&) = default;
    };
    wire::Height height = 0;
    wire::Hash256 root;  ///< The state root after the block of this height.
    std::uint64_t entries = 0;
    std::vector<Chunk> chunks;
    friend bool operator==(const SnapshotMetadata&, const SnapshotMetadata&) = default;
};
[[nodiscard]] base::Bytes encode(const SnapshotMetadata& metadata);
/// Accepts only what encodes to the same bytes again: at least one chunk, first positions rising.
/// Errors: `malformed` naming the field, `too_large`.
[[nodiscard]] base::Result<SnapshotMetadata> decode_snapshot_metadata(base::ByteView bytes);
/// SHA-256 of the encoded metadata: the hash by which a snapshot is offered.
[[nodiscard]] wire::Hash256 hash_of(const SnapshotMetadata& metadata);

struct SnapshotEntry {
    /// Whether it stands in the own tree of the patient whose leaf came last.
    bool own = false;
    base::ByteView key;
    base::ByteView value;
};
/// The views point into the bytes that were decoded.
struct SnapshotChunk {
    wire::Height height = 0;
    std::uint32_t index = 0;
    std::vector<SnapshotEntry> entries;
};
/// One entry as it stands in a chunk, behind `out`.
void append_snapshot_entry(base::Bytes& out, const SnapshotEntry& entry);
[[nodiscard]] base::Bytes encode(const SnapshotChunk& chunk);
/// Accepts only what encodes to the same bytes again. Whether the entries can stand in a tree is
/// for the import to tell. Errors: `malformed` naming the entry, `too_large`.
[[nodiscard]] base::Result<SnapshotChunk> decode_snapshot_chunk(base::ByteView bytes);

/// Whether these bytes are chunk `index`, told without any store. Errors: `malformed`, naming what
/// is wrong (another chunk's bytes are named as that), `not_found`: no such chunk.
[[nodiscard]] base::Result<void> check_snapshot_chunk(const SnapshotMetadata& metadata,
                                                      std::uint32_t index, base::ByteView chunk);

}  // namespace state
