// SPDX-License-Identifier: Apache-2.0
#include "cli/pruner.h"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace cli {

base::Result<wire::Height> first_needed(const readmodel::ReadModel& read_model,
                                        const identity::Directory& directory, base::TimePoint now) {
    wire::Height first = read_model.height() + 1;
    for (const auto& patient : directory.people(wire::Role::patient)) {
        const auto consents = read_model.consents_of(patient.id);
        if (!consents) return base::pass(consents);
        for (const auto& consent : *consents) {
            const bool over = consent.ended_height || consent.until <= now;
            if (!over) first = std::min(first, consent.granted_height);
        }
    }
    return first;
}

Pruner::Pruner(ledger::Application& application, ledger::PrunePolicy policy,
               std::function<base::Result<wire::Height>()> needed)
    : application_(application),
      policy_(policy),
      needed_(std::move(needed)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

base::Result<void> Pruner::run_once(const std::stop_token& stop) {
    const auto wanted = ledger::retain_height(policy_, application_.info().height);
    // Not for each block: a sixteenth of what is kept at a time.
    const auto step = std::max<std::uint64_t>(1, policy_.keep_blocks / 16);
    if (wanted < retained_ + step) return {};
    const auto needed = needed_();
    if (!needed) return base::pass(needed);
    const auto retain = std::min(wanted, *needed);
    if (retain <= retained_) return {};
    while (!stop.stop_requested()) {
        const auto pruned = application_.prune(retain);
        if (!pruned) return base::pass(pruned);
        if (!pruned->done) continue;
        retained_ = retain;
        spdlog::info("pruned: blocks are kept from {} on, states from {} on", pruned->first_block,
                     pruned->first_state);
        return {};
    }
    return {};
}

/// A failure, e.g. a full disk, is told once; what is old is tried again.
void Pruner::work(const std::stop_token& stop) {
    constexpr std::chrono::seconds interval{1};
    while (!stop.stop_requested()) {
        const auto done = run_once(stop);
        if (!done && !complained_) spdlog::error("pruning: {}", done.error().detail);
        complained_ = !done;
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, interval, [] { return false; });
    }
}

}  // namespace cli
