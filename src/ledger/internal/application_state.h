// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>

#include "ledger/application.h"
#include "ledger/block_store.h"
#include "ledger/history_log.h"
#include "ledger/internal/execution.h"
#include "ledger/internal/restore.h"
#include "ledger/internal/signature_desk.h"
#include "ledger/internal/version_view.h"
#include "state/tree.h"
#include "storage/ahead_store.h"

namespace ledger {

/// The newest version of whichever tree is there.
class NewestView final : public state::StateView {
public:
    /// Borrows `tree`.
    explicit NewestView(const std::unique_ptr<state::StateTree>& tree) : tree_(tree) {}
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        return tree_->get(key);
    }

private:
    const std::unique_ptr<state::StateTree>& tree_;
};

struct Application::State {
    State(storage::KeyValueStore& store_in, crypto::SignatureVerifier& verifier_in,
          Options options_in)
        : store(store_in), verifier(verifier_in), options(options_in), blocks(store_in) {}

    storage::KeyValueStore& store;
    crypto::SignatureVerifier& verifier;
    Options options;
    BlockStore blocks;
    storage::AheadStore ahead_store{store};  ///< With the block that is ahead, for execution.
    BlockStore ahead_blocks{ahead_store};
    std::unique_ptr<state::StateTree> tree;  ///< Replaced only while there is no chain.
    std::unique_ptr<HistoryLog> history;
    NewestView newest{tree};
    state::RememberingView recent{newest};  ///< For execution.
    SignatureDesk desk{recent};
    std::unique_ptr<Restore> restore;  ///< While a snapshot is being restored.
    std::mutex past;                   ///< Held by whoever prunes or takes a snapshot.

    mutable std::shared_mutex mutex;    ///< Guards `committed`.
    std::optional<Standing> committed;  ///< What any thread may ask about the tip.
    std::optional<Standing> executed;   ///< What the next block stands on.

    /// What a block leaves when the next one stands upon it.
    struct Adopted {
        Standing standing;
        SignatureDesk::Spent spent;
    };
    /// A block that `executed` knows and `committed` does not. From `go_ahead` until its write
    /// ends it belongs to who writes it.
    struct Ahead {
        wire::Block block;
        storage::WriteBatch batch;
        Adopted adopted;
    };
    std::optional<Ahead> ahead;

    /// The block that waits for its seal. `batch` holds its state and history, staged.
    struct Pending {
        wire::Block block;
        std::vector<TxNames> names;
        std::uint64_t round = 0;
        std::uint32_t passed_over = 0;
        wire::PublicKeyBytes miner_key;
        storage::WriteBatch batch;
        wire::HeaderHash hash;
        state::Changes changes;
        std::vector<crypto::Digest32> leaves;
    };
    std::optional<Pending> pending;

    [[nodiscard]] Standing snapshot() const {
        const std::shared_lock lock(mutex);
        return *committed;
    }
    void drop_pending() {
        tree->drop();
        history->drop();
        pending.reset();
    }
    /// Opens tree, history and tip from the store. Errors: `corrupted`, `unavailable`.
    [[nodiscard]] base::Result<void> load();
    /// With whose turn follows, as the newest version of the tree has it.
    [[nodiscard]] Standing standing_after(Info info) const;
    /// This is what others see, and what is executed stands on.
    void publish(const Standing& standing);
    /// Errors: `conflict` if a block is ahead: it has to be written first.
    [[nodiscard]] base::Result<void> check_behind() const;
    /// Gives the pending block its seal, and its batch all that is written of it.
    void complete(const wire::Seal& seal);
    /// Makes the pending block, which is complete and whose batch can be read, what the next one
    /// stands upon.
    [[nodiscard]] Adopted adopt();
    /// The turn of the block after `info`, as the state in `view` has it.
    [[nodiscard]] static base::Result<Turn> turn_after(const state::StateView& view,
                                                       const Info& info, std::uint32_t passed_over);
    /// Decodes, verifies and executes above committed state. Errors: as `ledger::execute`.
    [[nodiscard]] base::Result<Execution> run(const Candidate& candidate,
                                              CheckKind kind = CheckKind::first);
    /// Builds and stages the block of what was accepted. Errors: the store's.
    [[nodiscard]] base::Result<void> stage(const Candidate& candidate, Execution& execution);
    /// Errors: as `Application::check_seal`.
    [[nodiscard]] base::Result<void> check_approvals(const wire::Seal& seal) const;
};

}  // namespace ledger
