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
    std::unique_ptr<state::StateTree> tree;  ///< Replaced only while there is no chain.
    std::unique_ptr<HistoryLog> history;
    NewestView newest{tree};
    state::RememberingView recent{newest};  ///< For execution.
    SignatureDesk desk{recent};
    std::unique_ptr<Restore> restore;  ///< While a snapshot is being restored.
    std::mutex past;                   ///< Held by whoever prunes or takes a snapshot.

    /// What any thread may ask about the tip; replaced by each commit.
    struct Committed {
        Info info;
        base::Result<Turn> turn;
    };
    mutable std::shared_mutex mutex;  ///< Guards `committed`.
    std::optional<Committed> committed;

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

    [[nodiscard]] Committed snapshot() const {
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
    /// Makes `info` and the turn that follows it what others see.
    void publish(Info info);
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
