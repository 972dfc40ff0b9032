// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "chain/transaction_submitter.h"
#include "wire/ids.h"

namespace consensus {

/// A transaction that waits for a block, and everybody who asked for it.
struct PendingTx {
    base::Bytes envelope;
    wire::Hash256 leaf;  ///< RFC 9162 leaf hash of the envelope, as the history log has it.
    std::vector<chain::TransactionSubmitter::Done> done;
};

/// What was submitted, in order, until the engine's thread takes it. Thread-safe.
class PendingQueue {
public:
    using Entry = std::shared_ptr<PendingTx>;

    explicit PendingQueue(std::size_t pending_max) : pending_max_(pending_max) {}

    enum class Added { queued, joined, full, closed };
    /// `joined`: the same envelope waits already, or is in the block being made; `done` is called
    /// together with its own. `done` is moved from only for `queued` and `joined`.
    [[nodiscard]] Added add(base::Bytes envelope, chain::TransactionSubmitter::Done& done);

    /// The same, with the answers of `chain::TransactionSubmitter::submit` for what cannot wait
    /// here
    /// (`too_large`, `busy`, `unavailable`). Whether it waits. CHECKs that `done` can be called.
    bool submit(base::Bytes envelope, chain::TransactionSubmitter::Done done);

    /// Waits for a block's worth: `count_max` transactions, or what has come `wait` after the
    /// first. Empty only when the queue is closed and drained.
    [[nodiscard]] std::vector<Entry> take_block(std::size_t count_max,
                                                std::chrono::milliseconds wait);
    /// A whole block if one waits already; else empty, at once.
    [[nodiscard]] std::vector<Entry> take_full_block(std::size_t count);

    /// What `take_block` would give without waiting any more; else empty, at once.
    [[nodiscard]] std::vector<Entry> take_ready(std::size_t count_max,
                                                std::chrono::milliseconds wait);
    [[nodiscard]] std::size_t waiting() const;

    /// The block with these transactions is decided: takes all who asked for each. From now on the
    /// same envelope is a new submission.
    [[nodiscard]] std::vector<std::vector<chain::TransactionSubmitter::Done>> finish(
        const std::vector<Entry>& entries);

    /// `add` answers `closed` from now on; what waits is still given out.
    void close();

private:
    [[nodiscard]] std::vector<Entry> take(std::size_t count);

    const std::size_t pending_max_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<Entry> waiting_;
    /// Waiting and in the block being made, by envelope.
    std::unordered_map<wire::Hash256, Entry, base::FixedBytesHash<wire::Hash256>> open_;
    std::chrono::steady_clock::time_point first_at_;  ///< When `waiting_` became non-empty.
    bool closed_ = false;
};

}  // namespace consensus
