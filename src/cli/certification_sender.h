// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/error.h"
#include "chain/block_source.h"
#include "chain/transaction_submitter.h"
#include "wire/transaction.h"

namespace cli {

/// Takes to the chain what a key generator certified and revoked, and again until the chain shows
/// it, so that nobody else has to wait for a block. It remembers in memory alone: after a start it
/// is told again what the chain lacks. Thread-safe; every call but `wait` returns at once.
class CertificationSender {
public:
    /// Borrowed, and must outlive this; what `submitter` answers later does no harm.
    struct Parts {
        chain::TransactionSubmitter& submitter;
        const chain::BlockSource& blocks;
        /// The key generator's signed transaction, with its next sequence.
        std::function<base::Result<base::Bytes>(const wire::Certify&)> sign;
        /// From any thread, for the log: a refusal, and the first of a row of failures.
        std::function<void(const base::Error&)> on_error;
    };
    explicit CertificationSender(Parts parts);
    ~CertificationSender();

    /// Whether the chain shows it. Errors: those of the query.
    [[nodiscard]] base::Result<bool> shown(const wire::Certify& certify) const;
    /// To be taken there, behind what was told before about the same record.
    void tell(const wire::Certify& certify);
    /// Until the chain shows what was told. Errors: `unavailable` after `limit` or once stopped,
    /// while it is still being tried; the contract's refusal, and then it is tried no more.
    [[nodiscard]] base::Result<void> wait(const wire::Certify& certify,
                                          std::chrono::milliseconds limit);
    /// Sends again what failed for now. Call it now and then.
    void retry();
    /// Ends every `wait`, and sends nothing more.
    void stop();

private:
    struct State;
    std::shared_ptr<State> state_;
};

}  // namespace cli
