// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "state/entry.h"
#include "state/neighbours.h"
#include "state/proof.h"
#include "state/view.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace state {

/// The authenticated state of the ledger (state/proof.h has its shape) with all its past versions.
///
/// Invariants:
/// - A version is a block's height; versions rise. Each adds pages of new nodes and a root record.
///   No node is ever changed; pruning removes those that no version left needs.
/// - Bytes that a version writes depend on the changes alone, never on what is cached or pruned, so
///   that re-execution gives the same store.
/// - Consents ('c', 'd') live in their patient's own tree, whose root is the value of 'p' |
/// patient.
///
/// What takes a version reads the store alone: any thread may call it, also beside `prune_below`,
/// which any thread may call, one at a time. The rest belongs to the thread that executes blocks.
class StateTree final : public StateView {
public:
    /// All keys of the tree in the store begin with this byte.
    static constexpr std::uint8_t store_prefix = 'S';

    struct Options {
        /// Nodes of the newest version held in memory, about 200 bytes each; chosen by us.
        std::size_t cached_nodes_max = 400'000;
    };
    /// Borrows `store`. Continues from the newest version there. Errors: `corrupted`,
    /// `unavailable`.
    [[nodiscard]] static base::Result<std::unique_ptr<StateTree>> open(
        storage::KeyValueStore& store, Options options);
    [[nodiscard]] static base::Result<std::unique_ptr<StateTree>> open(
        storage::KeyValueStore& store) {
        return open(store, Options());
    }
    ~StateTree() override;

    /// Whether no version has been adopted yet.
    [[nodiscard]] bool empty() const;
    /// CHECKs that the tree is not empty.
    [[nodiscard]] wire::Hash256 root() const;
    /// The height of the newest version. CHECKs that the tree is not empty.
    [[nodiscard]] wire::Height version() const;

    /// The newest adopted value. A staged version is not seen.
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override;

    /// Computes the root after `changes` and adds all that must be written to `batch`, without
    /// writing. Deleting an absent key changes nothing. The first version adds the sentinel. CHECKs
    /// that `version` is above the newest, that nothing is staged, and that no change names 'p' or
    /// the sentinel. Errors: `corrupted`, `unavailable`; nothing is staged then.
    [[nodiscard]] base::Result<wire::Hash256> stage(wire::Height version, const Changes& changes,
                                                    storage::WriteBatch& batch);
    /// The batch is on disk: the staged version becomes the newest. CHECKs that there is one.
    void adopt();
    /// The staged version never was; nothing happens if there is none.
    void drop();
    /// The version that was adopted last never was: the one before is the newest again. CHECKs that
    /// there is one, and that this is not the second step back.
    void step_back();

    /// As of `version`. Errors: `not_found` above the newest version and below the oldest that
    /// pruning left (the detail says "pruned"), `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<wire::Hash256> root_at(wire::Height version) const;
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get_at(base::ByteView key,
                                                                  wire::Height version) const;
    /// For a consent the proof is under the root of the patient's own tree, the value of
    /// 'p' | patient, which is proven apart. Errors: `not_found` if the key is absent.
    [[nodiscard]] base::Result<wire::StateProof> prove(base::ByteView key,
                                                       wire::Height version) const;
    /// For a consent in the patient's own tree; of a patient without one: `not_found`, and the
    /// absence of 'p' | patient says it all. Errors: `conflict` if the key is present.
    [[nodiscard]] base::Result<AbsenceProof> prove_absence(base::ByteView key,
                                                           wire::Height version) const;

    /// The same absence for verifiers that use ICS-23. Errors: as `prove_absence`.
    [[nodiscard]] base::Result<Neighbours> prove_neighbours(base::ByteView key,
                                                            wire::Height version) const;

    /// Calls `visit` for every entry of `version` in the order that state/entry.h defines,
    /// sentinels and the leaves of patients among them, until it says false. Checks the hash of
    /// each node it passes. Memory is bounded, whatever the number of entries. Errors: as
    /// `root_at`.
    [[nodiscard]] base::Result<void> visit(wire::Height version, const EntryVisitor& visit) const;
    /// The same from the first entry that is not before `from`.
    [[nodiscard]] base::Result<void> visit_from(wire::Height version, const Position& from,
                                                const EntryVisitor& visit) const;

    /// What one call of `prune_below` did.
    struct Pruned {
        bool done = false;        ///< Whether nothing is left to prune below the version asked for.
        wire::Height oldest = 0;  ///< The oldest version that can be read now.
        std::size_t nodes = 0;    ///< So many nodes were let go of.
    };
    /// The oldest version that can be read. Errors: `not_found` while there is none, `corrupted`.
    [[nodiscard]] base::Result<wire::Height> oldest() const;
    /// One step towards dropping all that no version from `version` on needs. A step is one synced
    /// write that takes the tree from one oldest version to a later one, so a crash leaves either;
    /// it stops at the first version after `nodes_max` nodes, so memory and the write are bounded
    /// by that and by what one block changed. Call until `done`. Of a page, what is no longer
    /// needed goes at the latest when it is half of the page. Errors: `not_found` above the newest
    /// version, `corrupted`, `unavailable`, `storage_full`.
    [[nodiscard]] base::Result<Pruned> prune_below(wire::Height version, std::size_t nodes_max);

private:
    struct State;
    explicit StateTree(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace state
