// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>

#include "base/error.h"
#include "storage/key_value_store.h"
#include "wire/ids.h"

namespace series::internal {

/// Which counters of one device are stored, as intervals without gaps. An honest device has one
/// interval; a gap costs its place here and one key of 27 bytes.
class DeviceCounters {
public:
    /// Errors: those of the store; `corrupted`.
    [[nodiscard]] static base::Result<DeviceCounters> load(const storage::KeyValueStore& store,
                                                           const wire::DeviceId& device);

    /// False if it is there already. Puts what changes into `batch`.
    bool add(std::uint64_t counter, storage::WriteBatch& batch);

    [[nodiscard]] std::size_t interval_count() const { return intervals_.size(); }

private:
    explicit DeviceCounters(const wire::DeviceId& device) : device_(device) {}
    [[nodiscard]] base::Bytes key(std::uint64_t first) const;
    void put(std::uint64_t first, std::uint64_t last, storage::WriteBatch& batch);

    wire::DeviceId device_;
    std::map<std::uint64_t, std::uint64_t> intervals_;  // first -> last, apart by at least one
};

}  // namespace series::internal
