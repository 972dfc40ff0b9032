// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "base/clock.h"
#include "identity/directory.h"
#include "ledger/application.h"
#include "readmodel/read_model.h"

namespace cli {

/// The lowest block that a node itself still reads: one that the read model has yet to take over,
/// or the grant of a consent that stands or will, since an approval is made from its transaction.
/// Errors: the store's.
[[nodiscard]] base::Result<wire::Height> first_needed(const readmodel::ReadModel& read_model,
                                                      const identity::Directory& directory,
                                                      base::TimePoint now);

/// Lets go of old blocks and states on a thread of its own, beside the executing one, as the chain
/// grows: looked at once a second, in bounded steps.
class Pruner {
public:
    /// Borrows `application`. `needed`: the lowest block that stays, whatever the policy says;
    /// asked from the thread.
    Pruner(ledger::Application& application, ledger::PrunePolicy policy,
           std::function<base::Result<wire::Height>()> needed);
    /// Ends within one step.
    ~Pruner() = default;
    Pruner(const Pruner&) = delete;
    Pruner& operator=(const Pruner&) = delete;

private:
    [[nodiscard]] base::Result<void> run_once(const std::stop_token& stop);
    void work(const std::stop_token& stop);

    ledger::Application& application_;
    ledger::PrunePolicy policy_;
    std::function<base::Result<wire::Height>()> needed_;
    wire::Height retained_ = 0;
    bool complained_ = false;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;  // last: it uses what stands above
};

}  // namespace cli
