// SPDX-License-Identifier: Apache-2.0
#include "cli/certification_sender.h"

#include <algorithm>
#include <condition_variable>
#include <list>
#include <mutex>
#include <optional>
#include <vector>

#include "chain/queries.h"
#include "cli/verdict.h"

namespace cli {

using base::ErrorCode;
using base::Result;
using wire::Certify;

namespace {

/// Transactions under way at once, so that they leave room in the chain's queue. Chosen by us.
constexpr std::size_t under_way_max = 64;
/// Refusals that are remembered for who waits.
constexpr std::size_t refusals_max = 64;

/// Whether another try would change nothing; each try is signed anew, with another sequence.
bool is_verdict(ErrorCode code) {
    return is_of_the_rules(code) && code != ErrorCode::replayed && code != ErrorCode::expired;
}

}  // namespace

struct CertificationSender::State {
    explicit State(Parts borrowed) : parts(std::move(borrowed)) {}

    struct Entry {
        Certify certify;
        bool under_way = false;
    };
    struct Refusal {
        Certify certify;
        base::Error error;
    };

    Parts parts;
    std::mutex mutex;  // guards all below
    std::condition_variable changed;
    std::list<Entry> pending;
    std::list<Refusal> refused;
    bool failing = false;  // said so already
    bool stopped = false;

    [[nodiscard]] Result<bool> shown(const Certify& certify) const {
        const auto view = chain::certification_of(parts.blocks, certify.record_hash);
        if (!view && view.error().code == ErrorCode::not_found) return false;
        if (!view) return base::pass(view);
        return certify.event == wire::CertificationEvent::certified || view->revoked_height != 0;
    }

    /// What may be sent now: the first about its record, and not under way.
    std::vector<Certify> take_due() {
        const std::scoped_lock lock(mutex);
        std::vector<Certify> due;
        std::size_t room = under_way_max;
        room -= std::min<std::size_t>(room, std::ranges::count_if(pending, &Entry::under_way));
        for (auto entry = pending.begin(); entry != pending.end() && due.size() < room; ++entry) {
            const auto same_record = [&](const Entry& other) {
                return other.certify.record_hash == entry->certify.record_hash;
            };
            const auto first = std::ranges::find_if(pending, same_record);
            if (stopped || entry->under_way || first != entry) continue;
            entry->under_way = true;
            due.push_back(entry->certify);
        }
        return due;
    }

    void finish(const Certify& certify, const Result<void>& outcome) {
        bool say = false;
        {
            const std::scoped_lock lock(mutex);
            const auto entry = std::ranges::find(pending, certify, &Entry::certify);
            if (entry == pending.end()) return;
            entry->under_way = false;
            const bool verdict = !outcome && is_verdict(outcome.error().code);
            if (verdict) {
                refused.push_back({certify, outcome.error()});
                if (refused.size() > refusals_max) refused.pop_front();
            }
            if (outcome || verdict) pending.erase(entry);
            say = verdict || (!outcome && !failing);
            failing = !outcome && !verdict;
        }
        changed.notify_all();
        if (say) parts.on_error(outcome.error());
    }

    static void send(const std::shared_ptr<State>& state, const Certify& certify) {
        if (const auto there = state->shown(certify); there && *there) {
            return state->finish(certify, {});
        }
        auto envelope = state->parts.sign(certify);
        if (!envelope) return state->finish(certify, base::pass(envelope));
        const auto done = [weak = std::weak_ptr(state), certify](const auto& committed) {
            const auto held = weak.lock();
            if (!held) return;
            Result<void> outcome = committed ? Result<void>() : base::pass(committed);
            // An earlier try may have got there although it was said to have failed.
            if (const auto there = held->there_after(outcome, certify)) outcome = {};
            held->finish(certify, outcome);
        };
        state->parts.submitter.submit(*std::move(envelope), done);
    }
    [[nodiscard]] bool there_after(const Result<void>& outcome, const Certify& certify) const {
        if (outcome || outcome.error().code != ErrorCode::conflict) return false;
        return shown(certify).value_or(false);
    }
};

CertificationSender::CertificationSender(Parts parts)
    : state_(std::make_shared<State>(std::move(parts))) {}

CertificationSender::~CertificationSender() {
    stop();
}

Result<bool> CertificationSender::shown(const Certify& certify) const {
    return state_->shown(certify);
}

void CertificationSender::tell(const Certify& certify) {
    {
        const std::scoped_lock lock(state_->mutex);
        std::erase_if(state_->refused,
                      [&](const auto& refusal) { return refusal.certify == certify; });
        const auto known = std::ranges::find(state_->pending, certify, &State::Entry::certify);
        if (known == state_->pending.end()) state_->pending.push_back({certify});
    }
    retry();
}

Result<void> CertificationSender::wait(const Certify& certify, std::chrono::milliseconds limit) {
    std::unique_lock lock(state_->mutex);
    const auto is_pending = [&] {
        return std::ranges::find(state_->pending, certify, &State::Entry::certify) !=
               state_->pending.end();
    };
    state_->changed.wait_for(lock, limit, [&] { return state_->stopped || !is_pending(); });
    if (is_pending()) {
        return base::fail(ErrorCode::unavailable,
                          "the chain has not confirmed it yet; it is told as soon as it can be, so "
                          "try again in a minute");
    }
    const auto refusal = std::ranges::find(state_->refused, certify, &State::Refusal::certify);
    if (refusal == state_->refused.end()) return {};
    return std::unexpected(refusal->error);
}

void CertificationSender::retry() {
    for (const Certify& certify : state_->take_due()) State::send(state_, certify);
}

void CertificationSender::stop() {
    {
        const std::scoped_lock lock(state_->mutex);
        state_->stopped = true;
    }
    state_->changed.notify_all();
}

}  // namespace cli
