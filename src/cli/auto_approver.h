// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "review/review.h"
#include "wire/signer.h"

namespace cli {

/// The demo program that decides in a doctor's place. It signs as what it is (role demo_program),
/// so that receipts say so. A report that a rule refuses it leaves to a person.
class AutoApprover {
public:
    /// Borrows both; starts a thread.
    AutoApprover(review::Review& review, const wire::Signer& program);
    ~AutoApprover();
    /// There may be new reports.
    void wake();
    /// Whether every pending report is one that a rule refused to this program.
    [[nodiscard]] bool idle() const;

private:
    void run();
    void approve_pending();

    review::Review& review_;
    const wire::Signer& program_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    bool woken_ = true;
    bool stopping_ = false;
    std::set<std::uint64_t> left_to_people_;
    std::thread thread_;
};

}  // namespace cli
