// SPDX-License-Identifier: Apache-2.0
// How readings become reports: the part of Review that follows the series.
#include <algorithm>
#include <utility>

#include "base/record.h"
#include "review/internal/assembly.h"
#include "review/internal/state.h"

namespace review {

using base::ErrorCode;
using base::fail;
using internal::Cut;
using internal::PatientPeriods;
using internal::QueuedCut;
using internal::Record;
using storage::WriteBatch;

namespace {

constexpr std::size_t alarms_max = 1'000;  ///< In one report; ours.

}  // namespace

base::Result<void> Review::State::load() {
    const auto stored = parts.store.get(base::as_bytes(internal::position_key));
    if (!stored) return base::pass(stored);
    if (*stored) {
        base::RecordReader in(**stored);
        position = in.u64();
        next_id = in.u64();
        if (!in.complete()) {
            return fail(ErrorCode::corrupted, "the position of the reports cannot be read");
        }
    }
    base::Result<void> read;
    const auto all = [&](std::string_view prefix, auto&& take) {
        const auto begin = base::as_bytes(prefix);
        auto scanned = parts.store.scan(begin, storage::end_of_prefix(begin),
                                        [&](base::ByteView key, base::ByteView value) {
                                            read = take(key.subspan(begin.size()), value);
                                            return read.has_value();
                                        });
        if (scanned && !read) scanned = read;
        return scanned;
    };
    auto loaded = all(internal::periods_prefix,
                      [&](base::ByteView key, base::ByteView value) -> base::Result<void> {
                          const auto patient = wire::LedgerId::from(key);
                          auto state = PatientPeriods::decode(value);
                          if (!state) return base::pass(state);
                          if (!patient) return fail(ErrorCode::corrupted, "a key is too short");
                          periods.emplace(*patient, std::move(*state));
                          return {};
                      });
    if (!loaded) return loaded;
    return all(internal::report_prefix,
               [&](base::ByteView, base::ByteView value) -> base::Result<void> {
                   auto record = internal::decode_record(value);
                   if (!record) return base::pass(record);
                   const auto id = record->view.id;
                   records.emplace(id, std::move(*record));
                   return {};
               });
}

void Review::State::on_batch(const series::StoredBatch& batch) {
    const std::lock_guard lock(mutex);
    if (batch.position <= position) return;
    position = batch.position;
    auto& of_patient = periods[batch.patient];
    queue(batch.patient, of_patient.apply(batch, period_options));
    // Also for what is resent after the end: it makes a report of its own.
    if (of_patient.finished(batch.device) && devices_finished(batch.patient, of_patient)) {
        const auto end = internal::mark_of(position + 1, 0);
        queue(batch.patient, of_patient.close(end, period_options));
    }
    changed_periods.insert(batch.patient);
    if (++unsaved_batches >= internal::batches_unsaved_max || !cuts.empty())
        wake_cutter.notify_one();
}

bool Review::State::devices_finished(const wire::LedgerId& patient,
                                     const PatientPeriods& of) const {
    for (const auto& device : parts.directory.devices_of(patient)) {
        if (device.serving() && !of.finished(device.id)) return false;
    }
    return true;
}

void Review::State::queue(const wire::LedgerId& patient, const std::vector<Cut>& fresh) {
    for (const auto& cut : fresh) cuts.push_back({patient, cut});
}

base::Result<Record> Review::State::build(const QueuedCut& queued, std::uint64_t id) const {
    const auto& [patient, cut] = queued;
    const auto readings = internal::readings_of(parts.series, patient, cut);
    if (!readings) return base::pass(readings);
    auto alarms = parts.monitor.history(patient, cut.period_start, cut.period_end, alarms_max);
    if (!alarms) return base::pass(alarms);
    std::ranges::reverse(*alarms);
    const auto devices = parts.directory.devices_of(patient);
    const auto interval_of = [&](wire::Vital vital) {
        const auto found = std::ranges::find_if(devices, [vital](const auto& device) {
            return std::ranges::find(device.vitals, vital) != device.vitals.end();
        });
        const identity::DeviceRecord usual;
        return std::chrono::milliseconds{found == devices.end() ? usual.interval_ms
                                                                : found->interval_ms};
    };
    Record record;
    record.cut = cut;
    auto& view = record.view;
    view.id = id;
    view.patient = patient;
    if (const auto person = parts.directory.person(patient)) {
        view.doctor = person->responsible_doctor;
    }
    view.period_start = cut.period_start;
    view.period_end = cut.period_end;
    view.reading_count = cut.reading_count;
    view.vitals = internal::summarise({.readings = *readings,
                                       .alarms = *alarms,
                                       .period_start = cut.period_start,
                                       .period_end = cut.period_end,
                                       .interval_of = interval_of});
    view.alarms = std::move(*alarms);
    view.state = ReportState::pending;
    view.created_at = parts.clock.now();
    return record;
}

base::Result<void> Review::State::save() {
    {
        const std::lock_guard one_at_a_time(saving);
        std::unique_lock lock(mutex);
        if (cuts.empty() && changed_periods.empty()) return {};
        WriteBatch batch;
        for (const auto& patient : changed_periods) {
            batch.put(internal::periods_key(patient), periods.at(patient).encode());
        }
        const auto patients = std::exchange(changed_periods, {});
        const std::vector<QueuedCut> fresh(cuts.begin(), cuts.end());
        const auto batch_count = unsaved_batches;
        const auto first_id = next_id;
        base::RecordWriter place;
        place.u64(position).u64(first_id + fresh.size());
        batch.put({internal::position_key.begin(), internal::position_key.end()}, place.take());
        lock.unlock();

        const auto write = [&]() -> base::Result<std::vector<Record>> {
            std::vector<Record> built;
            if (!fresh.empty()) {
                // The monitor saw these readings before us; now its alarms are on disk as well.
                if (const auto known = parts.monitor.flush(); !known) return base::pass(known);
            }
            for (const auto& queued : fresh) {
                auto record = build(queued, first_id + built.size());
                if (!record) return base::pass(record);
                batch.put(internal::report_key(record->view.id), internal::encode(*record));
                built.push_back(std::move(*record));
            }
            if (const auto written = parts.store.write(batch); !written) {
                return base::pass(written);
            }
            return built;
        };
        auto written = write();

        lock.lock();
        if (!written) {
            changed_periods.insert(patients.begin(), patients.end());
            error = written.error();
            return base::pass(written);
        }
        error.reset();
        unsaved_batches -= batch_count;
        next_id += written->size();
        cuts.erase(cuts.begin(), cuts.begin() + static_cast<std::ptrdiff_t>(written->size()));
        for (auto& record : *written) {
            announcer.push(record.view);
            records.emplace(record.view.id, std::move(record));
        }
    }
    announcer.tell();
    return {};
}

void Review::State::cut_when_due() {
    std::unique_lock lock(mutex);
    for (bool last = false; !last;) {
        wake_cutter.wait_for(lock, internal::retry_interval, [this] {
            return stopping || !cuts.empty() || unsaved_batches >= internal::batches_unsaved_max;
        });
        last = stopping;
        lock.unlock();
        const bool written = save().has_value();
        lock.lock();
        // The reason stands in `error`. A full disk is not asked without pause; what could not be
        // written before the end is cut again, the same way, at the next start.
        if (!written) {
            wake_cutter.wait_for(lock, internal::retry_interval, [this] { return stopping; });
        }
    }
}

}  // namespace review
