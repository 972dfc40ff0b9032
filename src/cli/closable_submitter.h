// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>

#include "base/bytes.h"
#include "chain/transaction_submitter.h"

namespace cli {

/// A way onto the chain that can be closed while the engine behind it runs, so that a node ends
/// although no block comes: whoever still waits hears `unavailable` then. What was submitted may
/// get into a block all the same. Thread-safe.
class ClosableSubmitter final : public chain::TransactionSubmitter {
public:
    /// Borrows `behind`, whose late answers do no harm.
    explicit ClosableSubmitter(chain::TransactionSubmitter& behind);
    ~ClosableSubmitter() override;

    void submit(base::Bytes envelope, Done done) override;
    /// Takes nothing more, gives what is under way `grace` to be answered, and answers the rest.
    void close(std::chrono::milliseconds grace);

private:
    struct State;
    chain::TransactionSubmitter& behind_;
    std::shared_ptr<State> state_;
};

}  // namespace cli
