// SPDX-License-Identifier: Apache-2.0
#include "consensus/internal/pending_queue.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/check.h"
#include "crypto/merkle.h"
#include "wire/transaction.h"

namespace consensus {

using base::ErrorCode;

PendingQueue::Added PendingQueue::add(base::Bytes envelope,
                                      chain::TransactionSubmitter::Done& done) {
    const wire::Hash256 leaf{crypto::merkle_leaf(envelope)};
    const std::lock_guard lock(mutex_);
    if (closed_) return Added::closed;
    if (const auto same = open_.find(leaf); same != open_.end()) {
        same->second->done.push_back(std::move(done));
        return Added::joined;
    }
    if (waiting_.size() >= pending_max_) return Added::full;
    auto entry = std::make_shared<PendingTx>();
    entry->envelope = std::move(envelope);
    entry->leaf = leaf;
    entry->done.push_back(std::move(done));
    open_.emplace(leaf, entry);
    if (waiting_.empty()) first_at_ = std::chrono::steady_clock::now();
    waiting_.push_back(std::move(entry));
    changed_.notify_one();
    return Added::queued;
}

bool PendingQueue::submit(base::Bytes envelope, chain::TransactionSubmitter::Done done) {
    CHECK(done);
    if (envelope.size() > wire::transaction_bytes_max) {
        done(base::fail(
            ErrorCode::too_large,
            "a transaction has " + std::to_string(wire::transaction_bytes_max) + " bytes at most"));
        return false;
    }
    switch (add(std::move(envelope), done)) {
        case Added::queued:
        case Added::joined:
            return true;
        case Added::full:
            done(base::fail(ErrorCode::busy, "too many transactions wait; try again in a moment"));
            return false;
        case Added::closed:
            done(base::fail(ErrorCode::unavailable,
                            "the node is stopping; submit again after its start"));
            return false;
    }
    return false;
}

std::vector<PendingQueue::Entry> PendingQueue::take(std::size_t count) {
    const auto end =
        waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(count, waiting_.size()));
    std::vector<Entry> out(waiting_.begin(), end);
    waiting_.erase(waiting_.begin(), end);
    first_at_ = std::chrono::steady_clock::now();
    return out;
}

std::vector<PendingQueue::Entry> PendingQueue::take_block(std::size_t count_max,
                                                          std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    changed_.wait_until(lock, first_at_ + wait,
                        [&] { return closed_ || waiting_.size() >= count_max; });
    return take(count_max);
}

std::vector<PendingQueue::Entry> PendingQueue::take_full_block(std::size_t count) {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < count) return {};
    return take(count);
}

std::vector<PendingQueue::Entry> PendingQueue::take_ready(std::size_t count_max,
                                                          std::chrono::milliseconds wait) {
    const std::lock_guard lock(mutex_);
    const bool over = closed_ || waiting_.size() >= count_max ||
                      std::chrono::steady_clock::now() >= first_at_ + wait;
    if (waiting_.empty() || !over) return {};
    return take(count_max);
}

std::size_t PendingQueue::waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

std::vector<std::vector<chain::TransactionSubmitter::Done>> PendingQueue::finish(
    const std::vector<Entry>& entries) {
    std::vector<std::vector<chain::TransactionSubmitter::Done>> out;
    out.reserve(entries.size());
    const std::lock_guard lock(mutex_);
    for (const auto& entry : entries) {
        open_.erase(entry->leaf);
        out.push_back(std::move(entry->done));
    }
    return out;
}

void PendingQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

}  // namespace consensus
