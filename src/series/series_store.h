// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/frame.h"
#include "wire/ids.h"

namespace series {

enum class Quality : std::uint8_t { plausible = 0, implausible = 1 };

/// A batch as it arrived from a device, its seal opened and its sender known.
struct Arrival {
    wire::LedgerId patient;
    wire::DeviceId device;
    wire::ReadingBatch batch;
    base::TimePoint gateway_time;
};
enum class Outcome : std::uint8_t {
    stored,
    duplicate,      ///< Stored before; the same readings, as far as is known.
    other_content,  ///< Other readings stand under this counter: not stored, so not to acknowledge.
    too_many_gaps   ///< The device left more gaps in its counters than are kept: not stored.
};

/// A batch as it stands in the series, for those who follow: the monitor, reviews, live pages.
struct StoredBatch {
    std::uint64_t position = 0;  ///< Rises by one a batch, from 1, over all patients.
    wire::LedgerId patient;
    wire::DeviceId device;
    std::uint64_t counter = 0;  ///< The device's own: (device, counter) is stored once.
    wire::DeviceStatus status{};
    base::TimePoint gateway_time;
    base::TimePoint clock;  ///< The device's clock at sealing: the patient's now.
    std::uint32_t speed_milli = 1000;
    std::vector<wire::Reading> readings;
    std::vector<Quality> qualities;  ///< One a reading.
};

struct Point {
    base::TimePoint time;
    std::int64_t value_milli = 0;
    Quality quality{};
    friend bool operator==(const Point&, const Point&) = default;
};
/// One column of a chart: what happened in [time, time + width).
struct Bucket {
    base::TimePoint time;
    std::int64_t min_milli = 0;
    std::int64_t max_milli = 0;
    std::int64_t mean_milli = 0;
    std::uint32_t count = 0;
};

/// The vitals of all patients: append-only; a value is never dropped for being implausible.
/// Thread-safe. Readers see a batch only after it is on disk.
class SeriesStore {
public:
    /// Borrows `store`.
    [[nodiscard]] static base::Result<std::unique_ptr<SeriesStore>> open(
        storage::KeyValueStore& store);
    ~SeriesStore();

    /// All arrivals in one synced write. (device, counter) is stored once: a second arrival of it
    /// is a `duplicate`, which the caller acknowledges again, unless other readings come under it:
    /// two devices share one identity, and what the second one says must not seem kept. Followers
    /// are called in order, after the write, before this returns. Errors: those of the store; then
    /// nothing was stored.
    [[nodiscard]] base::Result<std::vector<Outcome>> append(std::span<const Arrival> arrivals);

    [[nodiscard]] std::uint64_t last_position() const;
    /// Readings stored since the store was made, durable with them.
    [[nodiscard]] std::uint64_t reading_count() const;
    /// Batches after `position`, rising, until `visit` says false.
    [[nodiscard]] base::Result<void> read_after(
        std::uint64_t position, const std::function<bool(const StoredBatch&)>& visit) const;
    /// `on_batch` is called for every batch stored after `position`: those there already before
    /// this returns, later ones from the appending thread. Never called twice at once. It stays
    /// registered for the life of this object.
    [[nodiscard]] base::Result<void> follow(std::uint64_t position,
                                            std::function<void(const StoredBatch&)> on_batch);

    /// Readings of one vital with `from` <= time < `to`, in order of time; the first `points_max`.
    /// A strip has no single value and is no point.
    [[nodiscard]] base::Result<std::vector<Point>> range(const wire::LedgerId& patient,
                                                         wire::Vital vital, base::TimePoint from,
                                                         base::TimePoint to,
                                                         std::size_t points_max) const;
    /// The same in `count` equal columns (1 to 100,000, else it is cut to that); empty ones are
    /// left out, so a gap stays a gap, and so are implausible values: an artefact would hide the
    /// curve.
    [[nodiscard]] base::Result<std::vector<Bucket>> buckets(const wire::LedgerId& patient,
                                                            wire::Vital vital, base::TimePoint from,
                                                            base::TimePoint to,
                                                            std::size_t count) const;
    /// The strip that begins last in [from, to), if any.
    [[nodiscard]] base::Result<std::optional<wire::Reading>> last_strip(
        const wire::LedgerId& patient, base::TimePoint from, base::TimePoint to) const;
    /// The newest reading of each vital the patient has.
    [[nodiscard]] std::vector<wire::Reading> latest(const wire::LedgerId& patient) const;

private:
    struct State;
    explicit SeriesStore(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace series
