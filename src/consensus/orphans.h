// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "chain/orphans.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/ids.h"

namespace consensus {

/// The branches that one node has seen and that are no part of its chain [3]: blocks that a
/// registered miner sealed, with why they stand apart. The newest `kept_max` are kept, on disk; the
/// state never depends on them. One thread writes, any may read.
///
/// Keys are the prefix, then: 'o' | number 8, big-endian, rising -> the orphan, as queries encode
/// it.
class OrphanStore {
public:
    static constexpr std::uint8_t store_prefix = 'N';  ///< Of all that a node notes.
    static constexpr std::size_t kept_max = 1'000;     ///< Chosen by us.

    /// Borrows `store`. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<OrphanStore> open(storage::KeyValueStore& store);

    /// Keeps it, or counts its approvals anew if it is kept already. Errors: those of
    /// KeyValueStore::write.
    [[nodiscard]] base::Result<void> keep(const chain::Orphan& orphan);
    /// It became part of the chain after all.
    [[nodiscard]] base::Result<void> forget(const wire::HeaderHash& header);
    /// Oldest first. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<std::vector<chain::Orphan>> list() const;
    [[nodiscard]] bool contains(const wire::HeaderHash& header) const;

private:
    explicit OrphanStore(storage::KeyValueStore& store) : store_(&store) {}
    struct Kept {
        std::uint64_t number = 0;
        wire::HeaderHash header;
    };
    storage::KeyValueStore* store_;
    std::vector<Kept> kept_;  ///< Oldest first.
};

}  // namespace consensus
