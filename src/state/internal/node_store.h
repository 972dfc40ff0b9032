// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "state/internal/node.h"
#include "state/internal/page.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace state {

/// How the tree lies in the store. All numbers are big-endian.
///
///   'S' 'p' version 8 page 4   a page (state/internal/page.h); each node after those it refers to
///   'S' 'd' version 8 page 4   offsets 4, rising, of the page's records that pruning has let go of
///   'S' 'r' version 8          the root of that version: ref 16, hash 32
///   'S' 'i'                    how far the import of a snapshot came, while one is under way
///
/// Nodes of one version lie together, children before parents, subtree by subtree, so that one page
/// holds most of the lower part of a way.
[[nodiscard]] base::Bytes page_key(const PageId& id);
[[nodiscard]] base::Bytes dropped_key(const PageId& id);
[[nodiscard]] base::Bytes root_key(wire::Height version);
[[nodiscard]] base::Bytes import_key();
/// What all keys of pages begin with.
[[nodiscard]] base::Bytes page_prefix();

/// Gathers the records of one version and adds full pages to a batch.
class PageWriter {
public:
    /// Chosen by us: about one block of RocksDB, which reads and caches by blocks.
    static constexpr std::size_t page_bytes = 4'096;

    /// Borrows `batch`.
    PageWriter(wire::Height version, storage::WriteBatch& batch, std::uint32_t first_page = 0)
        : version_(version), batch_(batch), page_number_(first_page) {
        page_.reserve(page_bytes);
    }
    /// Writes the node and returns it as its parent knows it.
    [[nodiscard]] Subtree add(const Node& node);
    /// Ends the page that is being filled, if any.
    void end_page();
    /// The last page and the root record. Call once, at the end.
    void finish(const Subtree& root);
    [[nodiscard]] std::size_t nodes() const { return nodes_; }
    /// After `end_page`: the number of the next page.
    [[nodiscard]] std::uint32_t next_page() const { return page_number_; }

private:
    wire::Height version_;
    storage::WriteBatch& batch_;
    base::Bytes page_;
    std::uint32_t page_number_ = 0;
    std::size_t nodes_ = 0;
};

/// Reads nodes from the store; keeps some pages, since a way mostly stays within few. One thread
/// for each reader.
class PageReader {
public:
    /// Borrows `store`. Keeps up to `pages_max` pages, at least one.
    explicit PageReader(const storage::KeyValueStore& store, std::size_t pages_max = 1)
        : store_(store), kept_(pages_max) {}
    /// Errors: `corrupted` naming version and page unless the record hashes to `subtree.hash`.
    [[nodiscard]] base::Result<std::shared_ptr<const Node>> read(const Subtree& subtree);
    [[nodiscard]] base::Result<Node> read_node(const Subtree& subtree);
    /// The pages that are kept may not be those of the store any more.
    void forget() { kept_.assign(kept_.size(), Kept{}); }

private:
    struct Kept {
        std::optional<PageId> id;
        base::Bytes page;
    };
    const storage::KeyValueStore& store_;
    std::vector<Kept> kept_;
};

/// The error of a page that cannot be read as it must be.
[[nodiscard]] std::unexpected<base::Error> damaged(const PageId& id);

struct RootRecord {
    wire::Height version = 0;
    Subtree root;
};
/// Nothing if the store holds no version. Errors: `corrupted`, `unavailable`.
[[nodiscard]] base::Result<std::optional<RootRecord>> newest_root(
    const storage::KeyValueStore& store);
/// The oldest from `version` on; nothing if there is none. Errors: as above.
[[nodiscard]] base::Result<std::optional<RootRecord>> first_root_from(
    const storage::KeyValueStore& store, wire::Height version);
/// The root as of `version`. Errors: `not_found` above the newest version and below the oldest.
[[nodiscard]] base::Result<RootRecord> root_as_of(const storage::KeyValueStore& store,
                                                  wire::Height version);

}  // namespace state
