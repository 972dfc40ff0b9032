// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "state/internal/node.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace state {

/// How the tree lies in the store. All numbers are big-endian.
///
///   'S' 'p' version 8 page 4   a page: records of nodes, each after those it refers to
///   'S' 'r' version 8          the root of that version: ref 16, hash 32
///
///   inner: 1 | bit 1 | prefix, (bit + 7) / 8 | left ref 16, hash 32 | right ref 16, hash 32
///   leaf:  2 | key length 2 | key | value length 4 | value
///   leaf with a tree of its own: 3 | as a leaf | ref 16     (its hash is the value)
///
/// Nodes of one version lie together, children before parents, subtree by subtree, so that one page
/// holds most of the lower part of a way.

/// Gathers the records of one version and adds full pages to a batch.
class PageWriter {
public:
    /// Chosen by us: about one block of RocksDB, which reads and caches by blocks.
    static constexpr std::size_t page_bytes = 4'096;

    /// Borrows `batch`.
    PageWriter(wire::Height version, storage::WriteBatch& batch)
        : version_(version), batch_(batch) {}
    /// Writes the node and returns it as its parent knows it, with the node in memory.
    [[nodiscard]] Subtree add(Node node);
    /// The last page and the root record. Call once, at the end.
    void finish(const Subtree& root);
    [[nodiscard]] std::size_t nodes() const { return nodes_; }

private:
    void flush();
    wire::Height version_;
    storage::WriteBatch& batch_;
    base::Bytes page_;
    std::uint32_t page_number_ = 0;
    std::size_t nodes_ = 0;
};

/// Reads nodes from the store; keeps the last page, since a way mostly stays within one. One thread
/// for each reader.
class PageReader {
public:
    /// Borrows `store`.
    explicit PageReader(const storage::KeyValueStore& store) : store_(store) {}
    /// Errors: `corrupted` naming version and page unless the record hashes to `subtree.hash`.
    [[nodiscard]] base::Result<std::shared_ptr<const Node>> read(const Subtree& subtree);

private:
    const storage::KeyValueStore& store_;
    base::Bytes page_;
    std::optional<std::pair<wire::Height, std::uint32_t>> loaded_;
};

struct RootRecord {
    wire::Height version = 0;
    Subtree root;
};
/// Nothing if the store holds no version. Errors: `corrupted`, `unavailable`.
[[nodiscard]] base::Result<std::optional<RootRecord>> newest_root(
    const storage::KeyValueStore& store);
/// The root as of `version`. Errors: `not_found` above the newest version.
[[nodiscard]] base::Result<RootRecord> root_as_of(const storage::KeyValueStore& store,
                                                  wire::Height version);

}  // namespace state
