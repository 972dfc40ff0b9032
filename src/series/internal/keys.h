// SPDX-License-Identifier: Apache-2.0
// Where things stand in the store; docs/formats/series.md is the table. All keys begin with "v/",
// so that others may use the same store.
#pragma once

#include "base/bytes.h"
#include "base/error.h"
#include "wire/ids.h"

namespace series::internal {

enum class Kind : char {
    log_entry = 'L',         ///< position 8 -> batch
    counters = 'I',          ///< device 16, first 8 -> last 8: counters stored without a gap
    marks = 'H',             ///< device 16, counter / 32 8 -> marks of what those counters hold
    source = 'S',            ///< source 4 -> patient 16, device 16
    series = 'M',            ///< series 4 -> patient 16, vital 1, in chunks up to 8, newest reading
    chunk = 'C',             ///< series 4, hour 8, position 8 -> points
    strip = 'E',             ///< series 4, time 8, position 8, index 4 -> nothing
    chunked_position = 'W',  ///< -> 8: all readings up to this position stand in chunks
    reading_count = 'N'      ///< -> 8: readings in all batches
};

[[nodiscard]] inline base::Bytes key_of(Kind kind) {
    return {'v', '/', static_cast<std::uint8_t>(kind)};
}
[[nodiscard]] inline base::Bytes key_of(Kind kind, base::ByteView id) {
    base::Bytes key = key_of(kind);
    base::append(key, id);
    return key;
}
[[nodiscard]] inline base::Bytes key_of(Kind kind, std::uint32_t id) {
    base::Bytes key = key_of(kind);
    base::append_u32(key, id);
    return key;
}
[[nodiscard]] inline base::Bytes key_of(Kind kind, std::uint64_t position) {
    base::Bytes key = key_of(kind);
    base::append_u64(key, position);
    return key;
}
/// So that the order of the bytes is the order of the numbers, also below zero.
inline void append_ordered(base::Bytes& key, std::int64_t value) {
    base::append_u64(key, static_cast<std::uint64_t>(value) ^ (std::uint64_t{1} << 63));
}
[[nodiscard]] inline std::int64_t read_ordered(base::ByteView at) {
    return static_cast<std::int64_t>(base::read_u64(at) ^ (std::uint64_t{1} << 63));
}
inline constexpr std::size_t key_head_bytes = 3;

[[nodiscard]] inline std::unexpected<base::Error> damaged(const std::string& what) {
    return base::fail(base::ErrorCode::corrupted, "the vitals series hold " + what +
                                                      " that does not decode; restore the data "
                                                      "folder from a backup");
}

}  // namespace series::internal
