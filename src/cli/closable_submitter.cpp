// SPDX-License-Identifier: Apache-2.0
#include "cli/closable_submitter.h"

#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <utility>

namespace cli {
namespace {

std::unexpected<base::Error> closed_error() {
    return base::fail(base::ErrorCode::unavailable,
                      "the node is ending; try again when it is back");
}

}  // namespace

struct ClosableSubmitter::State {
    std::mutex mutex;  // guards all below
    std::condition_variable answered;
    std::map<std::uint64_t, Done> under_way;
    std::uint64_t next = 0;
    bool closed = false;

    /// Nothing if `close` was faster.
    Done take(std::uint64_t number) {
        const std::scoped_lock lock(mutex);
        auto taken = under_way.extract(number);
        answered.notify_all();
        return taken ? std::move(taken.mapped()) : Done();
    }
};

ClosableSubmitter::ClosableSubmitter(chain::TransactionSubmitter& behind)
    : behind_(behind), state_(std::make_shared<State>()) {}

ClosableSubmitter::~ClosableSubmitter() {
    close(std::chrono::milliseconds(0));
}

void ClosableSubmitter::submit(base::Bytes envelope, Done done) {
    std::uint64_t number = 0;
    {
        std::unique_lock lock(state_->mutex);
        if (state_->closed) {
            lock.unlock();
            done(closed_error());
            return;
        }
        number = state_->next++;
        state_->under_way.emplace(number, std::move(done));
    }
    behind_.submit(std::move(envelope), [state = state_, number](auto committed) {
        if (const auto waiting = state->take(number)) waiting(std::move(committed));
    });
}

void ClosableSubmitter::close(std::chrono::milliseconds grace) {
    std::unique_lock lock(state_->mutex);
    state_->closed = true;
    state_->answered.wait_for(lock, grace, [&] { return state_->under_way.empty(); });
    const auto left = std::exchange(state_->under_way, {});
    lock.unlock();
    for (const auto& [number, done] : left) done(closed_error());
}

}  // namespace cli
