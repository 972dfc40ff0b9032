// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace ledger {

/// Where a transaction is.
struct Place {
    wire::Height height = 0;
    std::uint32_t index = 0;  ///< Within the block.
    friend bool operator==(const Place&, const Place&) = default;
};

/// The names under which a block's transactions are found.
struct TxNames {
    wire::TxId id;
    wire::Hash256 body_ref;
    bool grant = false;  ///< Of consent: other bodies may name it by `body_ref`.
};

/// Committed blocks and the indexes over them. Under `store_prefix` stands what follows from the
/// blocks alone, so re-execution writes the same bytes; under `local_prefix` what one replica did
/// with its past. Nothing of either decides a state. Any thread may read.
///
/// Keys are the prefix, one byte that tells the kind, and the rest; numbers are big-endian:
/// 'B' 'g'                  | the genesis, encoded
/// 'B' 't'                  | the tip: height 8, header hash 64
/// 'B' 'b' | height 8       | the block, encoded
/// 'B' 'i' | tx id 64       | height 8, index 4
/// 'B' 'r' | body ref 32    | of a grant, which is all that bodies name: height 8, index 4
/// 'B' 'h' | header hash 64 | height 8
/// 'L' 'b'                  | where the blocks begin: lowest height 8, height of the snapshot 8
/// 'L' 's' | height 8       | metadata of a snapshot that is on offer
class BlockStore {
public:
    /// All keys of the blocks and their indexes in the store begin with this byte.
    static constexpr std::uint8_t store_prefix = 'B';
    /// All keys that follow from no block, but from what this replica did, begin with this byte.
    static constexpr std::uint8_t local_prefix = 'L';

    /// Borrows `store`.
    explicit BlockStore(storage::KeyValueStore& store) : store_(store) {}

    struct Tip {
        wire::Height height = 0;
        wire::HeaderHash hash;  ///< Of the genesis at height 0.
        friend bool operator==(const Tip&, const Tip&) = default;
    };
    /// Errors of all reads: `not_found` where a result is named and absent (the detail says whether
    /// it was pruned or lies before the replica's snapshot), `corrupted` if stored bytes do not
    /// decode, `unavailable`.
    [[nodiscard]] base::Result<std::optional<wire::Genesis>> genesis() const;
    [[nodiscard]] base::Result<std::optional<Tip>> tip() const;
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const;
    [[nodiscard]] base::Result<std::optional<Place>> place_of(const wire::TxId& id) const;
    [[nodiscard]] base::Result<std::optional<Place>> place_of_ref(
        const wire::Hash256& body_ref) const;
    [[nodiscard]] base::Result<std::optional<wire::Height>> height_of(
        const wire::HeaderHash& header) const;

    /// Where the blocks of this replica begin.
    struct Beginning {
        wire::Height lowest = 1;    ///< Blocks below are not here.
        wire::Height snapshot = 0;  ///< Of the snapshot that it was restored from; 0: none.
        friend bool operator==(const Beginning&, const Beginning&) = default;
    };
    [[nodiscard]] base::Result<Beginning> beginning() const;
    static void stage_beginning(const Beginning& beginning, storage::WriteBatch& batch);

    /// Metadata of the snapshots on offer, by height.
    [[nodiscard]] base::Result<std::map<wire::Height, base::Bytes>> snapshots() const;
    static void stage_snapshot(wire::Height height, base::Bytes metadata,
                               storage::WriteBatch& batch);
    static void stage_snapshot_removal(wire::Height height, storage::WriteBatch& batch);

    /// Removes blocks from the lowest on, with what is indexed of them, `blocks_max` of them at
    /// most and none from `retain` on, in one synced write. Returns the lowest that is left. One
    /// thread at a time. Errors: the store's.
    [[nodiscard]] base::Result<wire::Height> prune_below(wire::Height retain,
                                                         std::size_t blocks_max);

    /// Add to `batch` what must be written. `names`: one for each of the block's transactions.
    static void stage_genesis(const wire::Genesis& genesis, storage::WriteBatch& batch);
    static void stage(const wire::Block& block, std::span<const TxNames> names,
                      storage::WriteBatch& batch);

private:
    [[nodiscard]] std::unexpected<base::Error> missing(wire::Height height) const;
    storage::KeyValueStore& store_;
};

}  // namespace ledger
