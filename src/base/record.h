// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"

namespace base {

/// Writes the fields of a stored record one after another: integers big-endian, bytes and text with
/// their length (four bytes) before them, optional ones with 0 or 1 before them.
class RecordWriter {
public:
    RecordWriter& u8(std::uint8_t value);
    RecordWriter& u32(std::uint32_t value);
    RecordWriter& u64(std::uint64_t value);
    RecordWriter& i64(std::int64_t value);
    RecordWriter& time(TimePoint value) { return i64(to_unix_ms(value)); }
    RecordWriter& time(const std::optional<TimePoint>& value);
    /// Of a length that the reader knows.
    RecordWriter& fixed(ByteView bytes);
    RecordWriter& bytes(ByteView bytes);
    RecordWriter& text(std::string_view text) { return bytes(as_bytes(text)); }
    [[nodiscard]] Bytes take() { return std::move(out_); }

private:
    Bytes out_;
};

/// Reads them in the same order. After the first field that is not there everything reads as zero
/// and `complete` is false, so that the caller asks once, at the end.
class RecordReader {
public:
    explicit RecordReader(ByteView record) : rest_(record) {}
    std::uint8_t u8();
    std::uint32_t u32();
    std::uint64_t u64();
    std::int64_t i64() { return static_cast<std::int64_t>(u64()); }
    TimePoint time() { return from_unix_ms(i64()); }
    std::optional<TimePoint> optional_time();
    template <class Fixed>
    Fixed fixed() {
        return Fixed::from(take(Fixed::size_bytes)).value_or(Fixed{});
    }
    Bytes bytes();
    std::string text();
    /// An enumerator in [first, last]; anything else breaks the record.
    template <class Enum>
    Enum enumerator(Enum first, Enum last) {
        const auto value = u8();
        if (value < static_cast<std::uint8_t>(first) || value > static_cast<std::uint8_t>(last)) {
            broken_ = true;
            return first;
        }
        return static_cast<Enum>(value);
    }
    bool flag();
    /// A number of elements of which each takes at least `element_bytes_min` bytes.
    std::uint32_t count(std::size_t element_bytes_min);
    /// Whether every field was there so far.
    [[nodiscard]] bool sound() const { return !broken_; }
    /// Whether every field was there and nothing is left.
    [[nodiscard]] bool complete() const { return !broken_ && rest_.empty(); }

private:
    ByteView take(std::size_t size);
    ByteView rest_;
    bool broken_ = false;
};

}  // namespace base
