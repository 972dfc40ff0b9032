// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "state/internal/node_store.h"
#include "state/internal/tree_builder.h"
#include "state/snapshot_format.h"
#include "wire/ids.h"

namespace state {

/// How far the import of a snapshot came: all that it needs to go on. A value, so that a chunk
/// that turns out to be wrong leaves the one before it.
class ImportProgress {
public:
    explicit ImportProgress(const wire::Hash256& snapshot) : snapshot_(snapshot) {}

    /// The hash of the metadata it belongs to.
    [[nodiscard]] const wire::Hash256& snapshot() const { return snapshot_; }
    [[nodiscard]] std::uint32_t next_chunk() const { return next_chunk_; }
    [[nodiscard]] std::uint32_t next_page() const { return next_page_; }
    [[nodiscard]] std::uint64_t entries() const { return entries_; }

    /// Where `entry` would stand; for an own entry before any patient's leaf: nothing.
    [[nodiscard]] std::optional<Position> position_of(const SnapshotEntry& entry) const;
    /// Errors: `malformed` if it cannot stand behind what came so far.
    [[nodiscard]] base::Result<void> add(const SnapshotEntry& entry, PageWriter& writer);
    /// The chunk's entries are added, its last page is ended.
    void end_chunk(const PageWriter& writer);
    /// The tree of all entries. Errors: `malformed`.
    [[nodiscard]] base::Result<Subtree> finish(PageWriter& writer);

    /// snapshot 32 | next chunk 4 | next page 4 | entries 8 | main tree's builder | 0, or
    /// 1 | key | value | own tree's builder; each but the numbers with its length, four bytes.
    [[nodiscard]] base::Bytes encode() const;
    /// Nothing unless `bytes` are such an encoding.
    [[nodiscard]] static std::optional<ImportProgress> decode(base::ByteView bytes);

private:
    /// The patient whose own tree is being built; its leaf waits for that tree.
    struct Owner {
        base::Bytes key;
        base::Bytes value;
        TreeBuilder tree;
    };
    [[nodiscard]] base::Result<void> add_own(const SnapshotEntry& entry, PageWriter& writer);
    [[nodiscard]] base::Result<void> end_owner(PageWriter& writer);
    [[nodiscard]] std::unexpected<base::Error> refused(const std::string& why) const;

    wire::Hash256 snapshot_;
    std::uint32_t next_chunk_ = 0;
    std::uint32_t next_page_ = 0;
    std::uint64_t entries_ = 0;
    TreeBuilder main_;
    std::optional<Owner> owner_;
};

}  // namespace state
