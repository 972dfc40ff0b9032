// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "series/series_store.h"

namespace series::internal {

/// LEB128: seven bits a byte, the lowest first.
void append_varint(base::Bytes& out, std::uint64_t value);
/// Small for small magnitudes of either sign: 0, -1, 1, -2, 2 become 0, 1, 2, 3, 4.
void append_zigzag(base::Bytes& out, std::int64_t value);
/// `a` - `b` modulo 2^64, so that hostile extremes have a difference too; `plus` takes it back.
[[nodiscard]] std::int64_t minus(std::int64_t a, std::int64_t b);
[[nodiscard]] std::int64_t plus(std::int64_t a, std::int64_t b);

/// Takes fields off the front. Once one does not fit, `ok` is false and all that follow are 0.
class Reader {
public:
    explicit Reader(base::ByteView rest) : rest_(rest) {}
    [[nodiscard]] std::uint64_t varint();
    [[nodiscard]] std::int64_t zigzag();
    [[nodiscard]] std::uint8_t byte();
    [[nodiscard]] base::ByteView bytes(std::size_t count);
    /// A number of things of at least one byte each; bounded so by what is left.
    [[nodiscard]] std::size_t count();
    [[nodiscard]] bool ok() const { return ok_; }
    /// All taken, and every field fitted.
    [[nodiscard]] bool done() const { return ok_ && rest_.empty(); }

private:
    void fail();
    base::ByteView rest_;
    bool ok_ = true;
};

/// One entry of the log: a batch whose patient and device stand elsewhere under `source`.
struct LogEntry {
    std::uint32_t source = 0;
    StoredBatch batch;  ///< Without position, patient and device.
};
[[nodiscard]] base::Bytes encode(const LogEntry& entry);
[[nodiscard]] std::optional<LogEntry> decode_entry(base::ByteView bytes);

[[nodiscard]] base::Bytes encode(const wire::Reading& reading);
[[nodiscard]] std::optional<wire::Reading> decode_reading(base::ByteView bytes);

/// Points of one series, in any order of time; they come back in the order given.
[[nodiscard]] base::Bytes encode(std::span<const Point> points);
[[nodiscard]] std::optional<std::vector<Point>> decode_points(base::ByteView bytes);

}  // namespace series::internal
