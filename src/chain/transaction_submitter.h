// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "wire/ids.h"

namespace chain {

/// Where a transaction came to rest.
struct Committed {
    wire::TxId id;
    wire::Height height = 0;
    std::uint32_t index = 0;  ///< Within the block.
    base::TimePoint block_time;
};

/// The only way into the ledger. Thread-safe.
class TransactionSubmitter {
public:
    virtual ~TransactionSubmitter() = default;
    using Done = std::function<void(base::Result<Committed>)>;
    /// Calls `done` once, from any thread: with the block after it is on disk, or with the
    /// contract's reason for the refusal. One that is in a block already answers with that block.
    virtual void submit(base::Bytes envelope, Done done) = 0;
};

/// Waits for `done`.
[[nodiscard]] base::Result<Committed> submit_and_wait(TransactionSubmitter& submitter,
                                                      base::Bytes envelope);

}  // namespace chain
