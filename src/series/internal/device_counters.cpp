// SPDX-License-Identifier: Apache-2.0
#include "series/internal/device_counters.h"

#include <algorithm>

#include "series/internal/keys.h"

namespace series::internal {
namespace {

base::Bytes encode_u64(std::uint64_t value) {
    base::Bytes out;
    base::append_u64(out, value);
    return out;
}

}  // namespace

base::Result<DeviceCounters> DeviceCounters::load(const storage::KeyValueStore& store,
                                                  const wire::DeviceId& device) {
    DeviceCounters out(device);
    const auto begin = key_of(Kind::counters, device.view());
    bool whole = true;
    const auto scanned = store.scan(
        begin, storage::end_of_prefix(begin), [&](base::ByteView key, base::ByteView value) {
            whole = key.size() == begin.size() + 8 && value.size() == 8;
            if (!whole) return false;
            out.intervals_[base::read_u64(key.subspan(begin.size()))] = base::read_u64(value);
            return true;
        });
    if (!scanned) return pass(scanned);
    if (!whole) return damaged("a device's counters");
    return out;
}

base::Bytes DeviceCounters::key(std::uint64_t first) const {
    auto out = key_of(Kind::counters, device_.view());
    base::append_u64(out, first);
    return out;
}

void DeviceCounters::put(std::uint64_t first, std::uint64_t last, storage::WriteBatch& batch) {
    intervals_[first] = last;
    batch.put(key(first), encode_u64(last));
}

DeviceCounters::Added DeviceCounters::add(std::uint64_t counter, storage::WriteBatch& batch) {
    const auto above = intervals_.upper_bound(counter);  // begins after `counter`
    const bool joins_above = above != intervals_.end() && above->first - 1 == counter;
    const std::uint64_t last = joins_above ? above->second : counter;
    std::uint64_t first = counter;
    if (above != intervals_.begin()) {
        const auto below = std::prev(above);
        if (below->second >= counter) return Added::known;
        if (below->second + 1 == counter) first = below->first;
    }
    const bool opens = !joins_above && first == counter;
    if (opens && intervals_.size() >= intervals_max) return Added::too_many_gaps;
    if (joins_above) {
        batch.erase(key(above->first));
        intervals_.erase(above);
    }
    put(first, last, batch);
    return Added::fresh;
}

}  // namespace series::internal
