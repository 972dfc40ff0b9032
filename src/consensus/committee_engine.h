// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "consensus/coordinator.h"
#include "consensus/engine.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "storage/key_value_store.h"
#include "wire/block.h"
#include "wire/signer.h"

namespace consensus {

/// One miner that runs in this process, with its own key and its own stores.
struct CommitteeMiner {
    std::unique_ptr<wire::Signer> signer;
    std::unique_ptr<storage::KeyValueStore> ledger;  ///< Its replica of the chain.
    std::unique_ptr<storage::KeyValueStore> notes;   ///< What it signed, and its orphans.
    /// For evidence that it sends. From the miner's thread.
    std::function<base::Result<std::uint64_t>()> next_sequence;
};

/// Drives a chain whose blocks need the approval of a quorum (docs/adr/0018): a thread for each
/// miner, and one that closes the heights. `Parts::application` is a replica of its own beside the
/// miners', which believes none of them; blocks and answers come from there.
///
/// What is seen and when: a block is approved by the quorum and on disk in that replica, then its
/// `done` calls run on the engine's thread and followers are told, as EmbeddedEngine has it.
class CommitteeEngine final : public Engine {
public:
    struct Parts {  // borrowed but the miners and functions
        ledger::Application& application;
        crypto::SignatureVerifier& verifier;
        const base::Clock& clock;
        std::vector<CommitteeMiner> miners;
        /// From any of the engine's threads; may be empty.
        std::function<void(const base::Error&)> on_error;
    };
    /// All chosen by us.
    struct Options {
        std::size_t block_transactions_max = 2'000;
        std::chrono::milliseconds block_wait{50};  ///< After the first transaction of a block.
        std::size_t pending_max = 50'000;          ///< Above it `submit` answers `busy`.
        /// A height that takes longer is told to those who wait; it goes on being closed.
        std::chrono::milliseconds patience{20'000};
        std::chrono::milliseconds stop_patience{5'000};  ///< For what is pending at the end.
    };

    /// Continues where the application stands; a miner with an empty store begins with the genesis
    /// and catches up. Errors: `conflict` if the application holds no chain, or a miner another
    /// one; `malformed` if each miner of the chain seals alone; the stores'.
    [[nodiscard]] static base::Result<std::unique_ptr<CommitteeEngine>> start(Parts parts,
                                                                              Options options);
    [[nodiscard]] static base::Result<std::unique_ptr<CommitteeEngine>> start(Parts parts) {
        return start(std::move(parts), Options());
    }
    /// Commits what is pending if the quorum is there, then stops. Subscriptions end before the
    /// engine does.
    ~CommitteeEngine() override;

    /// Errors given to `done`: as EmbeddedEngine::submit; `unavailable` too while too few miners
    /// agree (a block may still hold the transaction later: submit it again and hear where).
    void submit(base::Bytes envelope, Done done) override;

    [[nodiscard]] wire::Height height() const override;
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const override;
    /// The subscription must not be destroyed from within `on_block`.
    [[nodiscard]] std::unique_ptr<chain::Subscription> follow(
        wire::Height from, std::function<void(const wire::Block&)> on_block) override;
    /// Answers chain::path::orphans from the miners' notes; the rest is the application's.
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view path,
                                                  base::ByteView data) const override;

    /// What is being closed, for people. Any thread.
    [[nodiscard]] Coordinator::Status status() const;

private:
    struct State;
    explicit CommitteeEngine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace consensus
