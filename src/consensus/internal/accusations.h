// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"
#include "wire/transaction.h"

namespace consensus {

/// Two blocks of one height under one miner's seal, as one node has them: kept on disk until the
/// chain holds the evidence, however often it is lost on its way. Keys are
/// OrphanStore::store_prefix, then: 'e' | height 8, big-endian | miner 16 -> the evidence.
class Accusations {
public:
    /// Of the newest are kept; a committee has 7 miners, of which two may lie. Chosen by us.
    static constexpr std::size_t kept_max = 64;
    /// Who lied where.
    using Place = std::pair<wire::Height, wire::LedgerId>;
    struct Kept {
        wire::Evidence evidence;
        wire::Height told_at = 0;  ///< The tip when it was last sent; not on disk, 0: never.
    };

    /// Borrows `store`. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<Accusations> open(storage::KeyValueStore& store);

    [[nodiscard]] bool contains(const Place& place) const { return kept_.contains(place); }
    /// What is kept, and may be marked as told.
    [[nodiscard]] std::map<Place, Kept>& all() { return kept_; }
    /// On disk when it returns; above `kept_max` the oldest goes. Errors: those of
    /// KeyValueStore::write; then nothing changed.
    [[nodiscard]] base::Result<void> keep(const Place& place, wire::Evidence evidence);
    /// The chain holds it, or never will. Errors: as `keep`.
    [[nodiscard]] base::Result<void> forget(const Place& place);

private:
    explicit Accusations(storage::KeyValueStore& store) : store_(&store) {}
    storage::KeyValueStore* store_;
    std::map<Place, Kept> kept_;
};

}  // namespace consensus
