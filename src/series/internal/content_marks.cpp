// SPDX-License-Identifier: Apache-2.0
#include "series/internal/content_marks.h"

#include <algorithm>

#include "crypto/hash.h"
#include "series/internal/keys.h"

namespace series::internal {
namespace {

constexpr std::size_t mark_bytes = 4;

base::Bytes key(const wire::DeviceId& device, std::uint64_t counter) {
    base::Bytes out;
    out.reserve(key_head_bytes + device.bytes.size() + sizeof counter);
    base::append(out, key_of(Kind::marks));
    base::append(out, device.view());
    base::append_u64(out, counter / ContentMarks::counters);
    return out;
}

}  // namespace

std::uint32_t ContentMarks::mark_of(const wire::ReadingBatch& batch) {
    wire::ReadingBatch readings;
    readings.readings = batch.readings;
    const auto digest = crypto::sha256(wire::encode(readings));
    return std::max(base::read_u32(digest), unknown + 1);
}

base::Result<ContentMarks> ContentMarks::load(const storage::KeyValueStore& store,
                                              const wire::DeviceId& device, std::uint64_t counter) {
    const auto value = store.get(key(device, counter));
    if (!value) return pass(value);
    ContentMarks out;
    if (!*value) return out;
    const base::ByteView bytes = **value;
    if (bytes.size() != counters * mark_bytes) return damaged("the marks of a device's batches");
    for (std::size_t i = 0; i < counters; ++i) {
        out.marks_[i] = base::read_u32(bytes.subspan(i * mark_bytes));
    }
    return out;
}

void ContentMarks::put(const wire::DeviceId& device, std::uint64_t counter,
                       storage::WriteBatch& batch) const {
    base::Bytes value;
    value.reserve(counters * mark_bytes);
    for (const std::uint32_t mark : marks_) base::append_u32(value, mark);
    batch.put(key(device, counter), std::move(value));
}

}  // namespace series::internal
