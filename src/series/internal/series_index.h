// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <shared_mutex>

#include "series/internal/codec.h"
#include "series/series_store.h"
#include "storage/key_value_store.h"

namespace series::internal {

/// How readings are found by patient, vital and time. The log is the truth; readings join a chunk
/// of their series (points of one hour, packed) once enough have come, and until then they stand in
/// memory, from where a restart gets them back by reading the end of the log again.
///
/// Invariant: a reading stands in exactly one of the two. Which one follows from its batch's
/// position: in chunks up to `Series::chunked_position`, in memory after it. One thread at a time
/// plans and takes; readers may come beside it.
class SeriesIndex {
public:
    /// Borrows `store`. Reads what series there are; the log is replayed by `take`.
    [[nodiscard]] static base::Result<std::unique_ptr<SeriesIndex>> load(
        const storage::KeyValueStore& store);

    /// What is to be written together with `batches`, whose positions follow the last one taken:
    /// new series, strips, and the chunks that are due. Nothing changes here yet.
    void plan(std::span<const StoredBatch> batches, storage::WriteBatch& write);
    /// The write is on disk: what was planned holds. Also replays a batch of the log at start.
    void take(std::span<const StoredBatch> batches);
    /// The write failed.
    void forget_plan();

    /// Where replaying the log must begin: all before stands in chunks.
    [[nodiscard]] std::uint64_t chunked_position() const { return chunked_position_; }

    /// Calls `visit` with the points of each hour in [from, to), in order of time, until it is
    /// false.
    [[nodiscard]] base::Result<void> visit_hours(
        const wire::LedgerId& patient, wire::Vital vital, base::TimePoint from, base::TimePoint to,
        const std::function<bool(std::vector<Point>&)>& visit) const;
    /// Position and index in its batch of the strip that begins last in [from, to).
    struct StripPlace {
        std::uint64_t position = 0;
        std::uint32_t index = 0;
    };
    [[nodiscard]] base::Result<std::optional<StripPlace>> last_strip(const wire::LedgerId& patient,
                                                                     base::TimePoint from,
                                                                     base::TimePoint to) const;
    [[nodiscard]] std::vector<wire::Reading> latest(const wire::LedgerId& patient) const;

private:
    struct Series {
        std::uint32_t id = 0;
        std::uint64_t chunked_position = 0;
        std::uint64_t oldest_position = 0;  ///< Of the points in memory; 0 for none.
        std::vector<Point> points;
        std::optional<wire::Reading> newest;
    };
    using Name = std::pair<wire::LedgerId, wire::Vital>;

    explicit SeriesIndex(const storage::KeyValueStore& store) : store_(store) {}
    [[nodiscard]] base::Result<void> load_series();
    [[nodiscard]] base::Result<void> load_newest_strip(Series& series) const;
    /// Strips of one series in [begin, end); later batches than `position_max` are on disk already,
    /// but not known to readers yet.
    struct StripKeys {
        base::Bytes begin;
        base::Bytes end;
        std::uint64_t position_max = 0;
    };
    [[nodiscard]] base::Result<std::optional<StripPlace>> last_strip_of(
        const StripKeys& keys) const;
    /// The number of the series, also where it is planned only.
    std::uint32_t plan_series(const Name& name, storage::WriteBatch& write);
    void plan_chunks(const Name& name, const Series& series, storage::WriteBatch& write) const;
    void take_reading(const StoredBatch& batch, std::size_t index);

    const storage::KeyValueStore& store_;
    mutable std::shared_mutex mutex_;  // guards what follows against readers
    std::map<Name, Series> series_;
    std::set<std::pair<std::uint64_t, Name>> open_;  // oldest position of those with points
    std::set<Name> full_;
    std::uint64_t last_position_ = 0;
    std::uint64_t chunked_position_ = 0;

    // The plan, between `plan` and `take`.
    std::map<Name, std::uint32_t> new_series_;
    std::set<Name> due_;
    std::uint64_t planned_chunked_position_ = 0;
};

}  // namespace series::internal
