// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "series/series_store.h"
#include "wire/ids.h"

namespace review::internal {

/// The place of a reading in the series: its batch's position, then its index within the batch.
using Mark = std::uint64_t;
inline constexpr Mark marks_per_batch = 4'096;  // a batch has at most 256 readings
[[nodiscard]] constexpr Mark mark_of(std::uint64_t position, std::size_t index) {
    return position * marks_per_batch + index;
}

/// When a reading was taken, for cutting. A device whose clock is far ahead of the gateway's must
/// not end other devices' periods: such a reading counts as late, and goes into the report that is
/// open.
[[nodiscard]] base::TimePoint cutting_time(base::TimePoint taken, base::TimePoint gateway_time);

/// Readings before `mark` in the series and before `end` in time.
struct Bounds {
    Mark mark = 0;
    base::TimePoint end;
    [[nodiscard]] bool holds(Mark at, base::TimePoint time) const {
        return at < mark && time < end;
    }
    friend bool operator==(const Bounds&, const Bounds&) = default;
};

/// One report's readings: those within `bounds` and not within `before`, the bounds of the
/// patient's report before it. Both only grow, so that a reading is in exactly one report, also a
/// late one.
struct Cut {
    Bounds before;
    Bounds bounds;
    std::uint64_t first_position = 0;  ///< No earlier batch has a reading of it.
    std::uint32_t reading_count = 0;
    base::TimePoint period_start;  ///< Inclusive.
    base::TimePoint period_end;    ///< Exclusive; after period_start.
    [[nodiscard]] bool holds(Mark at, base::TimePoint time) const {
        return bounds.holds(at, time) && !before.holds(at, time);
    }
    [[nodiscard]] std::uint64_t last_position() const {
        return (bounds.mark - 1) / marks_per_batch;
    }
    friend bool operator==(const Cut&, const Cut&) = default;
};

struct PeriodOptions {
    std::chrono::milliseconds period;
    std::uint32_t readings_max;
    /// Of a report's content: half of what the vault takes, which only many strips reach.
    std::uint64_t content_bytes_max = std::uint64_t{8} * 1024 * 1024;
    /// Waited after a period's end, in patient time, for readings that are on their way. Ours.
    std::chrono::milliseconds grace{std::chrono::seconds{2}};
};

/// Where one patient's readings are cut into reports: batches in, cuts out. No clock, no disk; the
/// same batches give the same cuts, also through `encode` and `decode`.
///
/// Periods are aligned to the patient's first reading. One without readings makes no report.
class PatientPeriods {
public:
    [[nodiscard]] std::vector<Cut> apply(const series::StoredBatch& batch,
                                         const PeriodOptions& options);
    /// Cuts all that is open, also partial periods. `mark`: after all batches applied so far.
    [[nodiscard]] std::vector<Cut> close(Mark mark, const PeriodOptions& options);

    [[nodiscard]] bool has_open() const { return open_ || !early_.empty(); }
    /// Whether `device` said that its recording is over, and nothing after it.
    [[nodiscard]] bool finished(const wire::DeviceId& device) const;

    [[nodiscard]] base::Bytes encode() const;
    /// Errors: `corrupted`.
    [[nodiscard]] static base::Result<PatientPeriods> decode(base::ByteView bytes);
    friend bool operator==(const PatientPeriods&, const PatientPeriods&) = default;

private:
    struct Open {
        base::TimePoint end;
        base::TimePoint start;
        base::TimePoint newest;
        std::uint32_t count = 0;
        std::uint64_t bytes = 0;  ///< Of the content, about.
        std::uint64_t first_position = 0;
        friend bool operator==(const Open&, const Open&) = default;
    };
    struct Early {  ///< Of a period after the open one.
        Mark mark = 0;
        base::TimePoint time;
        std::uint32_t bytes = 0;
        friend bool operator==(const Early&, const Early&) = default;
    };
    struct Device {
        std::uint64_t counter = 0;  ///< Of its newest batch; one below it comes late.
        bool finished = false;
        friend bool operator==(const Device&, const Device&) = default;
    };
    enum class Why : std::uint8_t { period_over, readings_max, closing };
    void add(const Early& reading, const PeriodOptions& options);
    void begin(base::TimePoint end, const PeriodOptions& options);
    void begin_with_early(const PeriodOptions& options);
    void count(const Early& reading);
    [[nodiscard]] base::TimePoint end_of_period(base::TimePoint time,
                                                const PeriodOptions& options) const;
    [[nodiscard]] Cut cut(Mark mark, Why why, const PeriodOptions& options);

    std::optional<base::TimePoint> anchor_;
    Bounds last_;
    base::TimePoint last_shown_end_;
    bool last_period_over_ = true;
    std::optional<Open> open_;
    std::vector<Early> early_;
    std::map<wire::DeviceId, Device> devices_;
};

}  // namespace review::internal
