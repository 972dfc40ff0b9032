// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "wire/frame.h"
#include "wire/vital.h"

namespace device {

/// What one device of a patient is, before it has an id and keys.
struct DevicePlan {
    std::string source;  ///< Names it in the fleet's configuration, e.g. "ecg_patch", "monitor".
    std::string label;   ///< For people.
    std::vector<wire::Vital> vitals;
    std::uint32_t interval_ms = 1000;  ///< Expected between readings of a vital.
};

/// Where a device's readings come from: batches numbered from 0, each a pure function of its
/// number, so that a device that was killed goes on exactly.
class ReadingSource {
public:
    virtual ~ReadingSource() = default;
    /// Nothing: without end.
    [[nodiscard]] virtual std::optional<std::uint64_t> batch_count() const = 0;
    /// From the start of the run; rises strictly with `index`.
    [[nodiscard]] virtual std::chrono::milliseconds offset_of(std::uint64_t index) const = 0;
    /// The first batch with an offset of at least `offset` (the count if there is none).
    [[nodiscard]] virtual std::uint64_t first_at(std::chrono::milliseconds offset) const = 0;
    /// The readings of a batch; `now` is the patient's time at its offset. Only the very last batch
    /// of a source may be empty.
    [[nodiscard]] virtual std::vector<wire::Reading> readings(std::uint64_t index,
                                                              base::TimePoint now) const = 0;
};

}  // namespace device
