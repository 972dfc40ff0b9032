// SPDX-License-Identifier: Apache-2.0
#include "chain/transaction_submitter.h"

#include <future>
#include <memory>

namespace chain {

base::Result<Committed> submit_and_wait(TransactionSubmitter& submitter, base::Bytes envelope) {
    // Shared: the promise must outlive set_value, which may still run when the waiter is back.
    const auto promise = std::make_shared<std::promise<base::Result<Committed>>>();
    auto future = promise->get_future();
    submitter.submit(std::move(envelope), [promise](base::Result<Committed> outcome) {
        promise->set_value(std::move(outcome));
    });
    return future.get();
}

}  // namespace chain
