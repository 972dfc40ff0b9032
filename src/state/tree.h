// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/error.h"
#include "state/proof.h"
#include "state/view.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"
#include "wire/receipt.h"

namespace state {

/// The authenticated state of the ledger (state/proof.h has its shape) with all its past versions.
///
/// Invariants:
/// - A version is a block's height; versions rise. Nothing that was written is ever changed: each
///   version adds pages of new nodes and one root record.
/// - Bytes written depend on the changes alone, never on what is cached, so that re-execution gives
///   the same store.
/// - Consents ('c', 'd') live in their patient's own tree, whose root is the value of 'p' |
/// patient.
///
/// `get_at`, `prove`, `prove_absence` and `root_at` read the store alone: any thread may call them.
/// The rest belongs to the one thread that executes blocks.
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

    /// As of `version`. Errors: `not_found` above the newest version, `corrupted`, `unavailable`.
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

private:
    struct State;
    explicit StateTree(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace state
