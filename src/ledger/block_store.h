// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
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
    std::optional<base::Bytes> consent_key;  ///< Of a grant: state::consent_of what it grants.
};

/// Committed blocks and the indexes over them. What stands in the store follows from the blocks
/// alone, so re-execution writes the same bytes. Any thread may read.
///
/// Keys are the prefix, one byte that tells the kind, and the rest; numbers are big-endian:
/// 'g'                  | the genesis, encoded
/// 't'                  | the tip: height 8, header hash 64
/// 'b' | height 8       | the block, encoded
/// 'i' | tx id 64       | height 8, index 4
/// 'r' | body ref 32    | of a grant, which is all that bodies name: height 8, index 4
/// 'h' | header hash 64 | height 8
/// 'f' | header ref 32  | height 8 (the genesis too: height 0)
/// 'm' | miner 16       | blocks it has mined, 8
/// 'c' | body ref 32    | of a grant: the state's key of the consent
class BlockStore {
public:
    /// All keys of the blocks and their indexes in the store begin with this byte.
    static constexpr std::uint8_t store_prefix = 'B';

    /// Borrows `store`.
    explicit BlockStore(storage::KeyValueStore& store) : store_(store) {}

    struct Tip {
        wire::Height height = 0;
        wire::HeaderHash hash;  ///< Of the genesis at height 0.
        friend bool operator==(const Tip&, const Tip&) = default;
    };
    /// Errors of all reads: `not_found` where a result is named and absent, `corrupted` if stored
    /// bytes do not decode, `unavailable`.
    [[nodiscard]] base::Result<std::optional<wire::Genesis>> genesis() const;
    [[nodiscard]] base::Result<std::optional<Tip>> tip() const;
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const;
    [[nodiscard]] base::Result<std::optional<Place>> place_of(const wire::TxId& id) const;
    [[nodiscard]] base::Result<std::optional<Place>> place_of_ref(
        const wire::Hash256& body_ref) const;
    [[nodiscard]] base::Result<std::optional<wire::Height>> height_of(
        const wire::HeaderHash& header) const;
    [[nodiscard]] base::Result<std::optional<wire::Height>> height_of_ref(
        const wire::Hash256& header_ref) const;
    /// The state's key of what the grant with this body_ref granted.
    [[nodiscard]] base::Result<std::optional<base::Bytes>> consent_key_of(
        const wire::Hash256& consent) const;
    /// In the order of `miners`.
    [[nodiscard]] base::Result<std::vector<std::uint64_t>> mined_by(
        const std::vector<wire::LedgerId>& miners) const;

    /// Add to `batch` what must be written. `names`: one for each of the block's transactions;
    /// `mined_before`: what `mined_by` says of the block's miner.
    static void stage_genesis(const wire::Genesis& genesis, storage::WriteBatch& batch);
    static void stage(const wire::Block& block, std::span<const TxNames> names,
                      std::uint64_t mined_before, storage::WriteBatch& batch);

private:
    storage::KeyValueStore& store_;
};

}  // namespace ledger
