// SPDX-License-Identifier: Apache-2.0
#include "storage/internal/checked_value.h"

#include <array>

#include "storage/internal/crc32c.h"

namespace storage::internal {
namespace {

std::uint32_t check_of(base::ByteView key, base::ByteView value) {
    const auto size = static_cast<std::uint32_t>(key.size());
    const std::array<std::uint8_t, 4> length{
        static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
        static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
    return crc32c(value, crc32c(key, crc32c(length)));
}

}  // namespace

base::Bytes with_check(base::ByteView key, base::ByteView value) {
    base::Bytes out;
    out.reserve(value.size() + value_check_bytes);
    base::append(out, value);
    base::append_u32(out, check_of(key, value));
    return out;
}

std::optional<base::ByteView> checked_value(base::ByteView key, base::ByteView stored) {
    if (stored.size() < value_check_bytes) return std::nullopt;
    const auto value = stored.first(stored.size() - value_check_bytes);
    if (check_of(key, value) != base::read_u32(stored.last(value_check_bytes))) return std::nullopt;
    return value;
}

}  // namespace storage::internal
