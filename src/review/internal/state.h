// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "base/announcer.h"
#include "base/recent_latencies.h"
#include "review/internal/approval.h"
#include "review/internal/periods.h"
#include "review/internal/report_record.h"
#include "review/review.h"

namespace review {
namespace internal {

/// How often what our side could not do is tried again, and how seldom the place in the series is
/// kept at least. Chosen by us.
inline constexpr std::chrono::seconds retry_interval{1};
inline constexpr std::uint64_t batches_unsaved_max = 1'000;

struct QueuedCut {
    wire::LedgerId patient;
    Cut cut;
};

}  // namespace internal

/// Lock order: `saving`, then `mutex`. Readings change what stands under `mutex`; `save` takes all
/// of it at one moment, so that the disk always holds a state that one position explains. A report
/// that is being decided is in `deciding`; only whoever put it there writes its record.
struct Review::State {
    /// Outlives this object in the series, which calls until the end of its own life.
    struct Gate {
        std::mutex mutex;
        State* state = nullptr;
    };

    const Parts parts;
    const Options options;
    const internal::PeriodOptions period_options;
    const internal::Approval approval;
    std::shared_ptr<Gate> gate = std::make_shared<Gate>();
    base::Announcer<ReportView> announcer;

    std::mutex saving;
    mutable std::mutex mutex;
    std::condition_variable wake_cutter;
    std::condition_variable wake_sender;
    // All below: under `mutex`.
    bool stopping = false;
    std::uint64_t position = 0;
    std::uint64_t unsaved_batches = 0;
    std::uint64_t next_id = 1;
    std::map<wire::LedgerId, internal::PatientPeriods> periods;
    std::set<wire::LedgerId> changed_periods;
    std::deque<internal::QueuedCut> cuts;  ///< Not on disk yet, oldest first.
    std::map<std::uint64_t, internal::Record> records;
    std::set<std::uint64_t> deciding;
    std::optional<base::Error> error;
    base::RecentLatencies latencies;
    std::thread cutter;
    std::thread sender;

    State(const Parts& parts_in, Options options_in)
        : parts(parts_in),
          options(std::move(options_in)),
          period_options{.period = options.period, .readings_max = options.readings_max},
          approval(parts, options.chain_id) {}

    // Readings become reports: review_cuts.cpp.
    base::Result<void> load();
    void on_batch(const series::StoredBatch& batch);
    bool devices_finished(const wire::LedgerId& patient, const internal::PatientPeriods& of) const;
    void queue(const wire::LedgerId& patient, const std::vector<internal::Cut>& fresh);
    base::Result<internal::Record> build(const internal::QueuedCut& queued, std::uint64_t id) const;
    base::Result<void> save();
    void cut_when_due();

    // Reports are decided: review_decisions.cpp.
    base::Result<internal::Record> begin_decision(std::uint64_t id);
    void end_decision(std::uint64_t id);
    base::Result<void> put(const internal::Record& record);
    base::Result<ReportView> approve(std::uint64_t id, const wire::Signer& doctor);
    base::Result<void> sign_and_keep(internal::Record& record, const wire::Signer& doctor,
                                     bool by_program);
    void submit(internal::Record& record);
    void send_when_due();
};

}  // namespace review
