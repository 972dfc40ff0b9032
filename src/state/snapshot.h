// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "state/snapshot_format.h"
#include "state/tree.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace state {

/// Reads every entry of the version once, in memory bounded by a chunk. Any thread.
/// Errors: `not_found` (no such version, or pruned), `corrupted`, `unavailable`, `too_large` if one
/// entry does not fit a chunk or the metadata would pass its bound.
[[nodiscard]] base::Result<SnapshotMetadata> describe_snapshot(const StateTree& tree,
                                                               wire::Height height);
/// The bytes of a chunk, read from the tree when asked for; the version must be there still. Any
/// thread. Errors: `not_found` (also: no such chunk), `corrupted` (also: the bytes do not have the
/// hash that `metadata` names), `unavailable`.
[[nodiscard]] base::Result<base::Bytes> snapshot_chunk(const StateTree& tree,
                                                       const SnapshotMetadata& metadata,
                                                       std::uint32_t index);

/// Builds a version of the state in a store that has none, chunk by chunk, in memory bounded by a
/// chunk. Each chunk is one synced write that also says how far the import came, so that it goes on
/// after a crash. The nodes count as state only once the root record of `finish` is written: until
/// then StateTree::open finds an empty tree. One thread.
class SnapshotImport {
public:
    /// Borrows `store`. Goes on with an import of the same metadata that is under way there;
    /// removes one of other metadata. Errors: `conflict` if the store has a version,
    /// `malformed` for metadata that cannot be, `corrupted`, `unavailable`, `storage_full`.
    [[nodiscard]] static base::Result<std::unique_ptr<SnapshotImport>> begin(
        storage::KeyValueStore& store, SnapshotMetadata metadata);
    ~SnapshotImport();

    [[nodiscard]] const SnapshotMetadata& metadata() const;
    /// The chunk that comes next; the number of chunks once all are there.
    [[nodiscard]] std::uint32_t next_chunk() const;
    [[nodiscard]] bool complete() const { return next_chunk() == metadata().chunks.size(); }

    /// Errors: `conflict` for a chunk out of turn (repeated or too early), `malformed` for one that
    /// is not what the metadata names or holds entries that cannot be; nothing is written then,
    /// and the right chunk may follow. `storage_full`, `unavailable`.
    [[nodiscard]] base::Result<void> apply(std::uint32_t index, base::ByteView chunk);

    /// After the last chunk: adds what makes the nodes a version to `batch`, which the caller
    /// writes together with its own records; then StateTree::open finds it. Errors: `conflict` if
    /// chunks are missing; `malformed` if the entries do not have the root that the metadata
    /// names: then everything is removed first, and this object may only be destroyed.
    [[nodiscard]] base::Result<void> finish(storage::WriteBatch& batch);

    /// Removes whatever an import that was not finished left; does nothing if there is none.
    /// Errors: `storage_full`, `unavailable`.
    [[nodiscard]] static base::Result<void> abandon(storage::KeyValueStore& store);

private:
    struct State;
    explicit SnapshotImport(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace state
