// SPDX-License-Identifier: Apache-2.0
// How a report is decided: the part of Review between a doctor and the ledger.
#include "chain/queries.h"
#include "review/internal/state.h"

namespace review {

using base::ErrorCode;
using base::fail;
using internal::Record;
using storage::WriteBatch;

namespace {

/// Our side failed for now: the same bytes may be accepted later.
bool may_pass(ErrorCode code) {
    return code == ErrorCode::unavailable || code == ErrorCode::busy ||
           code == ErrorCode::storage_full;
}
/// Worth keeping with the report: somebody other than us must act first.
bool is_refusal(ErrorCode code) {
    return !may_pass(code) && code != ErrorCode::unauthenticated;
}

}  // namespace

base::Result<Record> Review::State::begin_decision(std::uint64_t id) {
    const std::lock_guard lock(mutex);
    const auto found = records.find(id);
    if (found == records.end()) return fail(ErrorCode::not_found, "no report has this number");
    if (found->second.view.state != ReportState::pending || deciding.contains(id)) {
        return fail(ErrorCode::conflict, "the report was decided before; read it again");
    }
    deciding.insert(id);
    return found->second;
}

void Review::State::end_decision(std::uint64_t id) {
    {
        const std::lock_guard lock(mutex);
        deciding.erase(id);
    }
    wake_sender.notify_one();
    announcer.tell();
}

/// Durable when it returns; after an error the report is as it was before.
base::Result<void> Review::State::put(const Record& record) {
    WriteBatch batch;
    batch.put(internal::report_key(record.view.id), internal::encode(record));
    if (auto written = parts.store.write(batch); !written) return written;
    const std::lock_guard lock(mutex);
    records.insert_or_assign(record.view.id, record);
    announcer.push(record.view);
    return {};
}

base::Result<ReportView> Review::State::approve(std::uint64_t id, const wire::Signer& doctor) {
    const auto started = parts.clock.now();
    auto record = begin_decision(id);
    if (!record) return base::pass(record);
    const auto decide = [&]() -> base::Result<ReportView> {
        const auto person = parts.directory.person(doctor.id());
        const bool by_program = person && person->role == wire::Role::demo_program;
        if (doctor.id() != record->view.doctor && !by_program) {
            return fail(ErrorCode::wrong_doctor,
                        "another doctor is responsible for this patient's reports");
        }
        auto signed_now = sign_and_keep(*record, doctor, by_program);
        if (!signed_now) {
            if (is_refusal(signed_now.error().code)) {
                record->view.last_error = signed_now.error();
                if (const auto kept = put(*record); !kept) return base::pass(kept);
            }
            return base::pass(signed_now);
        }
        submit(*record);
        if (record->view.state == ReportState::pending) {
            return std::unexpected(*record->view.last_error);
        }
        return record->view;
    };
    auto decided = decide();
    if (decided && decided->state == ReportState::approved) {
        const auto took = parts.clock.now() - started;
        const std::lock_guard lock(mutex);
        latencies.add(static_cast<double>(took.count()));
    }
    end_decision(id);
    return decided;
}

/// From pending to submitting. After an error the record holds what a later try can use again.
base::Result<void> Review::State::sign_and_keep(Record& record, const wire::Signer& doctor,
                                                bool by_program) {
    const auto basis = approval.basis(record.view.patient, doctor.id());
    if (!basis) return base::pass(basis);
    const auto sealed = approval.seal(record, doctor.id());
    if (!sealed) return base::pass(sealed);
    if (!record.sealed) {
        record.sealed = *sealed;
        if (auto kept = put(record); !kept) return kept;
    }
    auto transaction = approval.sign(record, *basis, doctor);
    if (!transaction) return base::pass(transaction);
    auto next = record;
    next.view.state = ReportState::submitting;
    next.view.decided_at = parts.clock.now();
    next.view.decided_by = doctor.id();
    next.view.decided_by_program = by_program;
    next.view.last_error.reset();
    next.view.transaction = transaction->id;
    next.envelope = std::move(transaction->envelope);
    if (auto kept = put(next); !kept) return kept;
    record = std::move(next);
    return {};
}

/// From submitting to approved, or back to pending with the ledger's refusal in `last_error`. Where
/// our side fails for now the report stays submitting, and `send_when_due` tries again.
void Review::State::submit(Record& record) {
    const auto committed = chain::submit_and_wait(parts.submitter, record.envelope);
    if (!committed && may_pass(committed.error().code)) return;
    auto height = committed ? std::optional(committed->height) : std::nullopt;
    if (!committed) {
        // A refusal must not hide that the very same transaction got into a block before.
        const auto place = chain::place_of(parts.blocks, record.view.transaction);
        if (place) height = place->height;
        if (!place && place.error().code != ErrorCode::not_found) return;
    }
    auto next = record;
    next.envelope.clear();
    if (height) {
        next.view.state = ReportState::approved;
        next.view.height = *height;
    } else {
        next.view.state = ReportState::pending;
        next.view.decided_at.reset();
        next.view.decided_by = {};
        next.view.decided_by_program = false;
        next.view.transaction = {};
        next.view.last_error = committed.error();
    }
    // It is in a block or refused, whatever our disk says: asked again, the ledger answers the
    // same.
    if (put(next)) record = std::move(next);
}

void Review::State::send_when_due() {
    std::unique_lock lock(mutex);
    while (!stopping) {
        std::vector<Record> waiting;
        for (const auto& [id, record] : records) {
            if (record.view.state != ReportState::submitting || deciding.contains(id)) continue;
            waiting.push_back(record);
        }
        for (auto& record : waiting) {
            if (stopping) return;
            const auto id = record.view.id;
            deciding.insert(id);
            lock.unlock();
            submit(record);
            end_decision(id);
            lock.lock();
        }
        wake_sender.wait_for(lock, internal::retry_interval, [this] { return stopping; });
    }
}

}  // namespace review
