// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/error.h"

namespace chain::internal {

/// Reads fields off untrusted bytes. After the first that is missing everything reads as zero, and
/// `finished` says so.
class Reader {
public:
    explicit Reader(base::ByteView bytes) : rest_(bytes) {}

    std::uint8_t u8() {
        const auto raw = take(1);
        return raw.empty() ? std::uint8_t{0} : raw[0];
    }
    std::uint32_t u32() {
        const auto raw = take(4);
        return raw.empty() ? 0 : base::read_u32(raw);
    }
    std::uint64_t u64() {
        const auto raw = take(8);
        return raw.empty() ? 0 : base::read_u64(raw);
    }
    base::TimePoint time() { return base::from_unix_ms(static_cast<std::int64_t>(u64())); }
    template <class Fixed>
    Fixed fixed() {
        return Fixed::from(take(Fixed::size_bytes)).value_or(Fixed{});
    }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }
    /// Every byte was read, and none was missing.
    [[nodiscard]] bool finished() const { return !short_ && rest_.empty(); }

private:
    base::ByteView take(std::size_t size) {
        if (rest_.size() < size) {
            short_ = true;
            rest_ = {};
            return {};
        }
        const auto out = rest_.first(size);
        rest_ = rest_.subspan(size);
        return out;
    }
    base::ByteView rest_;
    bool short_ = false;
};

[[nodiscard]] inline std::unexpected<base::Error> malformed(const std::string& what) {
    return base::fail(base::ErrorCode::malformed,
                      what + ": not the bytes that docs/formats/queries.md names");
}
inline void append_time(base::Bytes& out, base::TimePoint time) {
    base::append_u64(out, static_cast<std::uint64_t>(base::to_unix_ms(time)));
}

}  // namespace chain::internal
