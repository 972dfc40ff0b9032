// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "consensus/engine.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "wire/signer.h"

namespace consensus {

/// Drives the ledger within this process: one thread gathers what was submitted, cuts a block,
/// executes it, lets the miner whose turn it is seal it, and answers when it is on disk.
///
/// While a block is being written the next is executed upon it. Order of what is seen: a block is
/// on disk, then its `done` calls run on a thread of the engine's (they may submit, but must not
/// wait for the chain), and followers are told, each on a thread of its own, so that a slow one
/// delays nobody. If a block cannot be written, what was executed upon it is executed anew.
class EmbeddedEngine final : public Engine {
public:
    /// A miner's key, from the engine's thread. A miner whose key is not to be had is absent: its
    /// turn is passed over once the policy's timeout is over, and kept as long as the rules say.
    using MinerSigners =
        std::function<base::Result<std::unique_ptr<wire::Signer>>(const wire::LedgerId& miner)>;

    struct Parts {  // all borrowed but the functions
        ledger::Application& application;
        crypto::SignatureVerifier& verifier;
        const base::Clock& clock;
        MinerSigners signer_of;
        /// Told of failures that no caller hears of: an absent miner (once, until its key is there
        /// again), a block that cannot be written (a full disk),
        /// a committed block that cannot be read for a follower (which is tried again). From any of
        /// the engine's threads; may be empty.
        std::function<void(const base::Error&)> on_error;
    };
    /// All chosen by us.
    struct Options {
        std::size_t block_transactions_max = 2'000;
        std::chrono::milliseconds block_wait{50};  ///< After the first transaction of a block.
        std::size_t pending_max = 50'000;          ///< Above it `submit` answers `busy`.
    };

    /// Continues where the application stands. Errors: `conflict` if it holds no chain.
    [[nodiscard]] static base::Result<std::unique_ptr<EmbeddedEngine>> start(Parts parts,
                                                                             Options options);
    [[nodiscard]] static base::Result<std::unique_ptr<EmbeddedEngine>> start(Parts parts) {
        return start(std::move(parts), Options());
    }
    /// Commits what is pending, then stops. Subscriptions end before the engine does.
    ~EmbeddedEngine() override;

    /// Errors given to `done`: `too_large` at once; `busy` when too many wait;
    /// `storage_full` and `unavailable` for every transaction of a block that could not be written,
    /// or that no miner could seal (submit again later); `unavailable` after the end began; else
    /// the contract's reason.
    void submit(base::Bytes envelope, Done done) override;

    [[nodiscard]] wire::Height height() const override;
    [[nodiscard]] base::Result<wire::Block> block(wire::Height height) const override;
    /// The subscription must not be destroyed from within `on_block`.
    [[nodiscard]] std::unique_ptr<chain::Subscription> follow(
        wire::Height from, std::function<void(const wire::Block&)> on_block) override;
    /// No branch arises where one miner seals alone: chain::path::orphans has none.
    [[nodiscard]] base::Result<base::Bytes> query(std::string_view path,
                                                  base::ByteView data) const override;

private:
    struct State;
    explicit EmbeddedEngine(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace consensus
