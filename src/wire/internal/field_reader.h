// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/bytes.h"

namespace wire::internal {

// Wire types of protobuf's encoding; 3 and 4 are groups, which no schema of ours has.
inline constexpr std::uint32_t type_varint = 0;
inline constexpr std::uint32_t type_fixed64 = 1;
inline constexpr std::uint32_t type_bytes = 2;
inline constexpr std::uint32_t type_fixed32 = 5;

/// Takes the parts of a protobuf message off the front; keeps nothing. Borrows the bytes.
/// Source: protobuf encoding specification.
class FieldReader {
public:
    explicit FieldReader(base::ByteView rest) : rest_(rest) {}

    [[nodiscard]] bool at_end() const { return rest_.empty(); }
    [[nodiscard]] bool whole() const { return whole_; }
    /// Whether every number so far was as short as can be.
    [[nodiscard]] bool shortest() const { return shortest_; }

    [[nodiscard]] std::uint64_t varint() {
        constexpr std::size_t bytes_max = 10;
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes_max && i < rest_.size(); ++i) {
            const std::uint64_t part = rest_[i] & 0x7FU;
            value |= part << (7 * i);
            if ((rest_[i] & 0x80U) != 0) continue;
            if (i > 0 && part == 0) shortest_ = false;
            if (i + 1 == bytes_max && part > 1) shortest_ = false;
            rest_ = rest_.subspan(i + 1);
            return value;
        }
        return fail();
    }
    base::ByteView take(std::uint64_t count) {
        if (count > rest_.size()) {
            fail();
            return {};
        }
        const auto taken = rest_.first(static_cast<std::size_t>(count));
        rest_ = rest_.subspan(taken.size());
        return taken;
    }
    std::uint64_t fail() {
        whole_ = false;
        rest_ = {};
        return 0;
    }

private:
    base::ByteView rest_;
    bool whole_ = true;
    bool shortest_ = true;
};

/// How often `field`, a string, `bytes` or message, stands in a message, each handed to `visit`:
/// for bounds that must hold before protobuf's own classes make some 50 bytes of an element that
/// takes two. Never less than they find; counts up to where the bytes are no message any more,
/// which they then say.
template <class Visit>
std::size_t count_field(base::ByteView message, std::uint32_t field, Visit visit) {
    FieldReader reader(message);
    std::size_t count = 0;
    while (!reader.at_end()) {
        const auto key = static_cast<std::uint32_t>(reader.varint());  // as protobuf cuts it
        switch (key & 7U) {
            case type_varint:
                (void)reader.varint();
                break;
            case type_bytes: {
                const auto value = reader.take(reader.varint());
                if (key >> 3U != field || !reader.whole()) break;
                ++count;
                visit(value);
                break;
            }
            case type_fixed64:
                reader.take(sizeof(std::uint64_t));
                break;
            case type_fixed32:
                reader.take(sizeof(std::uint32_t));
                break;
            default:  // a group: what is in it counts as well
                break;
        }
    }
    return count;
}
inline std::size_t count_field(base::ByteView message, std::uint32_t field) {
    return count_field(message, field, [](base::ByteView) {});
}

}  // namespace wire::internal
