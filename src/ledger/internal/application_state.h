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
#include "ledger/internal/signature_desk.h"
#include "state/tree.h"

namespace ledger {

/// The state tree as it stood after one block; any thread may read it.
class VersionView final : public state::StateView {
public:
    VersionView(const state::StateTree& tree, wire::Height version)
        : tree_(tree), version_(version) {}
    [[nodiscard]] base::Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        return tree_.get_at(key, version_);
    }

private:
    const state::StateTree& tree_;
    wire::Height version_;
};

struct Application::State {
    State(storage::KeyValueStore& store_in, crypto::SignatureVerifier& verifier_in,
          std::unique_ptr<state::StateTree> tree_in)
        : store(store_in),
          verifier(verifier_in),
          blocks(store_in),
          tree(std::move(tree_in)),
          recent(*tree),
          desk(recent) {}

    storage::KeyValueStore& store;
    crypto::SignatureVerifier& verifier;
    BlockStore blocks;
    std::unique_ptr<state::StateTree> tree;
    std::unique_ptr<HistoryLog> history;
    state::RememberingView recent;  ///< Of `tree`, for execution.
    SignatureDesk desk;

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
    /// Makes `info` and the turn that follows it what others see.
    void publish(Info info);
    /// Decodes, verifies and executes above committed state. Errors: as `ledger::execute`.
    [[nodiscard]] base::Result<Execution> run(const Candidate& candidate);
    /// Builds and stages the block of what was accepted. Errors: the store's.
    [[nodiscard]] base::Result<void> stage(const Candidate& candidate, Execution& execution);
};

}  // namespace ledger
