// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "consensus/committee.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace consensus {

/// What one miner has signed at the height after its tip. It stands on disk before an answer leaves
/// the node, so a crash makes it sign nothing twice. Keys are OrphanStore::store_prefix, then: 'b'
/// -> the ballot, 'p' -> its own proposal.
class Ballot {
public:
    /// Borrows `store`. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] static base::Result<Ballot> open(storage::KeyValueStore& store);

    /// Forgets what was signed at other heights.
    void begin(wire::Height height);

    /// The newest attempt that this node voted or approved at; nothing: none yet.
    [[nodiscard]] std::optional<std::uint32_t> attempt() const { return now_.attempt; }
    [[nodiscard]] const std::optional<BlockName>& voted() const { return now_.voted; }
    [[nodiscard]] const std::optional<Locked>& locked() const { return now_.locked; }
    [[nodiscard]] const SharedBlock& proposal() const { return proposal_; }

    /// Each is on disk when it returns. Errors: those of KeyValueStore::write; then nothing
    /// changed.
    [[nodiscard]] base::Result<void> vote(std::uint32_t attempt, const BlockName& block);
    [[nodiscard]] base::Result<void> lock(const Locked& locked);
    [[nodiscard]] base::Result<void> propose(const SharedBlock& block);

private:
    struct Marks {
        wire::Height height = 0;
        std::optional<std::uint32_t> attempt;
        std::optional<BlockName> voted;  ///< At `attempt`.
        std::optional<Locked> locked;
    };
    explicit Ballot(storage::KeyValueStore& store) : store_(&store) {}
    base::Result<void> write(Marks next);
    [[nodiscard]] static base::Bytes encode(const Marks& marks);
    [[nodiscard]] static base::Result<Marks> decode(base::ByteView bytes);

    storage::KeyValueStore* store_;
    Marks now_;
    SharedBlock proposal_;  ///< At `now_.height`, if any.
};

}  // namespace consensus
