// SPDX-License-Identifier: Apache-2.0
// What all codecs of state values share.
#pragma once

#include <algorithm>
#include <limits>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"

namespace state::internal {

/// Protobuf keeps the order of fields and leaves zeros out, so equal records give equal bytes.
template <class Message>
base::Bytes serialised(const Message& message) {
    base::Bytes out(message.ByteSizeLong());
    CHECK(message.SerializeToArray(out.data(), static_cast<int>(out.size())));
    return out;
}

/// No record comes near this; it keeps sizes within protobuf's int.
inline constexpr std::size_t record_bytes_max = 4'096;

template <class Message>
bool parse(base::ByteView bytes, Message& message) {
    return bytes.size() <= record_bytes_max &&
           message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// Protobuf carries unknown fields along, so it is the record that must give the same bytes again.
template <class Record>
base::Result<Record> canonical(const Record& record, base::ByteView bytes, const char* name) {
    const base::Bytes again = encode(record);
    if (!std::ranges::equal(again, bytes)) {
        return base::fail(base::ErrorCode::malformed,
                          std::string(name) + " is not in its canonical encoding");
    }
    return record;
}

template <class Fixed>
bool take(const std::string& field, Fixed& out) {
    const auto taken = Fixed::from(base::as_bytes(field));
    if (taken) out = *taken;
    return taken.has_value();
}

inline bool take_time(std::uint64_t ms, base::TimePoint& out) {
    if (ms > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return false;
    out = base::from_unix_ms(static_cast<std::int64_t>(ms));
    return true;
}

inline std::uint64_t ms_of(base::TimePoint time) {
    const auto ms = base::to_unix_ms(time);
    CHECK(ms >= 0);
    return static_cast<std::uint64_t>(ms);
}

template <class Fixed>
std::string text(const Fixed& fixed) {
    return std::string(base::as_text(fixed.view()));
}

}  // namespace state::internal
