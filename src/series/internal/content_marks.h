// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/frame.h"
#include "wire/ids.h"

namespace series::internal {

/// Says of each stored counter what was stored under it, in 4 bytes, so that a batch that was sent
/// again is told from another one under the same counter: two devices share one identity, or one
/// was set back. The marks of 32 counters in a row of one device stand in one entry.
class ContentMarks {
public:
    static constexpr std::uint64_t counters = 32;

    /// Of the readings alone: a status may change until a batch is sent again.
    [[nodiscard]] static std::uint32_t mark_of(const wire::ReadingBatch& batch);

    /// Of those among which `counter` stands; all are unknown where none was stored.
    /// Errors: those of the store; `corrupted`.
    [[nodiscard]] static base::Result<ContentMarks> load(const storage::KeyValueStore& store,
                                                         const wire::DeviceId& device,
                                                         std::uint64_t counter);
    void set(std::uint64_t counter, std::uint32_t mark) { marks_[counter % counters] = mark; }
    /// True also where it is unknown what was stored: before marks were kept.
    [[nodiscard]] bool may_be(std::uint64_t counter, std::uint32_t mark) const {
        return marks_[counter % counters] == unknown || marks_[counter % counters] == mark;
    }
    void put(const wire::DeviceId& device, std::uint64_t counter, storage::WriteBatch& batch) const;

private:
    static constexpr std::uint32_t unknown = 0;
    std::array<std::uint32_t, counters> marks_{};
};

}  // namespace series::internal
