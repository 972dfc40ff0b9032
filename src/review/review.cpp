// SPDX-License-Identifier: Apache-2.0
#include "review/review.h"

#include <algorithm>
#include <utility>

#include "review/internal/reason.h"
#include "review/internal/state.h"

namespace review {

using base::ErrorCode;
using base::fail;

Review::Review(std::unique_ptr<State> state) : state_(std::move(state)) {}

base::Result<std::unique_ptr<Review>> Review::open(Parts parts, Options options) {
    if (options.period <= std::chrono::milliseconds{0} || options.readings_max == 0) {
        return fail(ErrorCode::malformed, "a report needs a period above 0 and room for a reading");
    }
    auto owned = std::make_unique<State>(parts, std::move(options));
    auto* state = owned.get();
    auto review = std::unique_ptr<Review>(new Review(std::move(owned)));
    if (const auto loaded = state->load(); !loaded) return base::pass(loaded);
    state->gate->state = state;
    state->cutter = std::thread([state] { state->cut_when_due(); });
    const auto gate = state->gate;
    const auto followed =
        parts.series.follow(state->position, [gate](const series::StoredBatch& batch) {
            const std::lock_guard lock(gate->mutex);
            if (gate->state != nullptr) gate->state->on_batch(batch);
        });
    if (!followed) return base::pass(followed);
    if (const auto saved = state->save(); !saved) return base::pass(saved);
    state->sender = std::thread([state] { state->send_when_due(); });
    return review;
}

Review::~Review() {
    {
        const std::lock_guard lock(state_->gate->mutex);
        state_->gate->state = nullptr;
    }
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
    }
    state_->wake_cutter.notify_all();
    state_->wake_sender.notify_all();
    if (state_->cutter.joinable()) state_->cutter.join();
    if (state_->sender.joinable()) state_->sender.join();
}

std::vector<ReportView> Review::reports(std::optional<ReportState> state,
                                        std::optional<wire::LedgerId> doctor) const {
    const std::lock_guard lock(state_->mutex);
    std::vector<ReportView> out;
    for (const auto& [id, record] : state_->records) {
        if (state && record.view.state != *state) continue;
        if (doctor && record.view.doctor != *doctor) continue;
        out.push_back(record.view);
    }
    return out;
}

std::vector<ReportView> Review::reports_of(const wire::LedgerId& patient) const {
    const std::lock_guard lock(state_->mutex);
    std::vector<ReportView> out;
    for (const auto& [id, record] : state_->records) {
        if (record.view.patient == patient) out.push_back(record.view);
    }
    return out;
}

base::Result<ReportView> Review::report(std::uint64_t id) const {
    const std::lock_guard lock(state_->mutex);
    const auto found = state_->records.find(id);
    if (found == state_->records.end()) {
        return fail(ErrorCode::not_found, "no report has this number");
    }
    return found->second.view;
}

base::Result<ReportView> Review::approve(std::uint64_t id, const wire::Signer& doctor) {
    return state_->approve(id, doctor);
}

base::Result<ReportView> Review::refuse(std::uint64_t id, const wire::LedgerId& doctor,
                                        std::string reason) {
    if (const auto checked = internal::check_reason(reason); !checked) return base::pass(checked);
    auto record = state_->begin_decision(id);
    if (!record) return base::pass(record);
    const auto decide = [&]() -> base::Result<ReportView> {
        if (doctor != record->view.doctor) {
            return fail(ErrorCode::wrong_doctor,
                        "another doctor is responsible for this patient's reports");
        }
        record->view.state = ReportState::refused;
        record->view.decided_at = state_->parts.clock.now();
        record->view.decided_by = doctor;
        record->view.refusal_reason = std::move(reason);
        record->view.last_error.reset();
        if (const auto kept = state_->put(*record); !kept) return base::pass(kept);
        return record->view;
    };
    auto decided = decide();
    state_->end_decision(id);
    return decided;
}

base::Result<void> Review::flush() {
    if (auto saved = state_->save(); !saved) return saved;
    state_->announcer.wait();
    return {};
}

std::optional<base::Error> Review::last_error() const {
    const std::lock_guard lock(state_->mutex);
    return state_->error;
}

base::Result<void> Review::close_periods() {
    {
        const std::lock_guard lock(state_->mutex);
        const auto end = internal::mark_of(state_->position + 1, 0);
        for (auto& [patient, periods] : state_->periods) {
            if (!periods.has_open()) continue;
            state_->queue(patient, periods.close(end, state_->period_options));
            state_->changed_periods.insert(patient);
        }
    }
    return state_->save();
}

bool Review::all_finished() const {
    const auto devices = state_->parts.directory.devices();
    const std::lock_guard lock(state_->mutex);
    if (devices.empty() || !state_->cuts.empty()) return false;
    const bool finished = std::ranges::all_of(devices, [&](const identity::DeviceRecord& device) {
        const auto found = state_->periods.find(device.patient);
        return !device.serving() ||
               (found != state_->periods.end() && found->second.finished(device.id));
    });
    return finished && std::ranges::none_of(state_->periods, [](const auto& entry) {
               return entry.second.has_open();
           });
}

void Review::on_change(std::function<void(const ReportView&)> listener) {
    state_->announcer.add(std::move(listener));
}

Review::Counts Review::counts() const {
    const std::lock_guard lock(state_->mutex);
    Counts counts{0, 0, 0};
    for (const auto& [id, record] : state_->records) {
        switch (record.view.state) {
            case ReportState::pending:
            case ReportState::submitting:
                ++counts.pending;
                break;
            case ReportState::approved:
                ++counts.approved;
                break;
            case ReportState::refused:
                ++counts.refused;
                break;
        }
    }
    return counts;
}

std::optional<Review::Latency> Review::approval_to_commit() const {
    const auto recent = [&] {
        const std::lock_guard lock(state_->mutex);
        return state_->latencies;
    }();
    const auto of = recent.percentiles();
    if (!of) return std::nullopt;
    return Latency{of->p50_ms, of->p99_ms};
}

}  // namespace review
