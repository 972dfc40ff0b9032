// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace series::internal {

/// Which counters of one device are stored, as intervals without gaps. An honest device has one
/// interval, and while it resends some tens; a gap costs its place here and one key of 27 bytes.
class DeviceCounters {
public:
    /// Errors: those of the store; `corrupted`.
    [[nodiscard]] static base::Result<DeviceCounters> load(const storage::KeyValueStore& store,
                                                           const wire::DeviceId& device);

    /// Chosen by us: a device that leaves more gaps is none of ours, and would cost without bound.
    static constexpr std::size_t intervals_max = 4'096;
    enum class Added : std::uint8_t {
        fresh,
        known,         ///< It is there already.
        too_many_gaps  ///< It would open an interval beyond `intervals_max`.
    };
    /// Puts what changes into `batch`.
    [[nodiscard]] Added add(std::uint64_t counter, storage::WriteBatch& batch);

    [[nodiscard]] std::size_t interval_count() const { return intervals_.size(); }

private:
    explicit DeviceCounters(const wire::DeviceId& device) : device_(device) {}
    [[nodiscard]] base::Bytes key(std::uint64_t first) const;
    void put(std::uint64_t first, std::uint64_t last, storage::WriteBatch& batch);

    wire::DeviceId device_;
    std::map<std::uint64_t, std::uint64_t> intervals_;  // first -> last, apart by at least one
};

}  // namespace series::internal
