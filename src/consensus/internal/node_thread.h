// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "consensus/committee_engine.h"
#include "consensus/miner_node.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "wire/block.h"

namespace consensus {

/// One miner's node with all that it stands on, on a thread of its own.
class NodeThread {
public:
    struct Parts {
        const wire::Genesis& genesis;  ///< Borrowed while it starts.
        CommitteeMiner miner;
        /// From the node's thread.
        std::function<void(const wire::LedgerId& from, Answer answer)> answer;
        std::function<bool(wire::Height)> is_open;  ///< Whether a nonce at this height is wanted.
        std::function<void(const base::Error&)> on_error;
    };
    /// Errors: `conflict` if its store holds another chain; those of the store.
    [[nodiscard]] static base::Result<std::unique_ptr<NodeThread>> start(Parts parts);
    ~NodeThread();

    /// Any thread. Above a bound requests are dropped; the coordinator asks again.
    void post(Request request);
    [[nodiscard]] wire::LedgerId id() const { return parts_.miner.signer->id(); }
    /// Any thread.
    [[nodiscard]] base::Result<std::vector<chain::Orphan>> orphans() const {
        return node_->orphans().list();
    }

private:
    explicit NodeThread(Parts parts) : parts_(std::move(parts)) {}
    base::Result<void> open(const wire::Genesis& genesis);
    void run();

    Parts parts_;
    std::unique_ptr<crypto::SignatureVerifier> verifier_;
    std::unique_ptr<ledger::Application> application_;
    std::unique_ptr<MinerNode> node_;
    /// A block at this height is on offer: voting for it comes before grinding for another.
    std::atomic<wire::Height> offered_ = 0;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Request> waiting_;
    bool stop_ = false;
    std::thread thread_;
};

}  // namespace consensus
