// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message_lite.h>

#include <limits>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "base/clock.h"
#include "base/error.h"

namespace wire::internal {

/// 9999-12-31T23:59:59.999Z, the last instant that RFC 3339 can write.
inline constexpr std::int64_t time_ms_max = 253'402'300'799'999;

/// The bytes of a message. Deterministic: the schema has no maps, and protobuf writes the fields in
/// the order of their numbers; the tests pin the bytes.
template <class Message>
base::Bytes serialise(const Message& message) {
    const std::size_t size = message.ByteSizeLong();
    CHECK(size <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
    base::Bytes out(size);
    message.SerializeWithCachedSizesToArray(out.data());
    return out;
}

template <class Message>
bool parse(base::ByteView bytes, Message& message) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return false;
    return message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

inline bool same(base::ByteView a, base::ByteView b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Takes parsed fields over into our types and keeps the first thing that is wrong, so that
/// decoders read from top to bottom and ask once, at the end.
class FieldChecker {
public:
    /// `what` names the whole in errors, e.g. "transaction", and outlives this object.
    explicit FieldChecker(std::string_view what) : what_(what) {}

    void require(bool holds, std::string_view problem) {
        if (!holds && problem_.empty()) problem_ = problem;
    }
    template <class Fixed>
    Fixed fixed(const std::string& raw, std::string_view field) {
        return fixed<Fixed>(base::as_bytes(raw), field);
    }
    template <class Fixed>
    Fixed fixed(base::ByteView raw, std::string_view field) {
        const auto value = Fixed::from(raw);
        if (value) return *value;
        if (problem_.empty()) {
            problem_ = std::string(field) + " has " + std::to_string(raw.size()) + " bytes, not " +
                       std::to_string(Fixed::size_bytes);
        }
        return {};
    }
    template <class Enum>
    Enum enumerator(std::uint32_t value, bool (*is_enumerator)(std::uint32_t),
                    std::string_view field) {
        if (is_enumerator(value)) return static_cast<Enum>(value);
        if (problem_.empty()) {
            problem_ = std::string(field) + " has the unknown value " + std::to_string(value);
        }
        return {};
    }
    base::TimePoint time(std::uint64_t ms, std::string_view field) {
        if (ms <= static_cast<std::uint64_t>(time_ms_max)) {
            return base::from_unix_ms(static_cast<std::int64_t>(ms));
        }
        if (problem_.empty()) problem_ = std::string(field) + " lies outside of 1970 to 9999";
        return {};
    }
    base::TimePoint signed_time(std::int64_t ms, std::string_view field) {
        return time(static_cast<std::uint64_t>(ms), field);  // negative ones become too large
    }

    [[nodiscard]] bool ok() const { return problem_.empty(); }
    [[nodiscard]] std::unexpected<base::Error> failure() const {
        return base::fail(base::ErrorCode::malformed, std::string(what_) + ": " + problem_);
    }

private:
    std::string_view what_;
    std::string problem_;
};

inline std::unexpected<base::Error> not_protobuf(std::string_view what) {
    return base::fail(base::ErrorCode::undecodable,
                      std::string(what) + ": not one whole protobuf message");
}
inline std::unexpected<base::Error> not_canonical(std::string_view what) {
    return base::fail(base::ErrorCode::not_canonical,
                      std::string(what) + ": the bytes do not re-serialise to themselves");
}
inline std::unexpected<base::Error> above_bound(std::string_view what, std::size_t size,
                                                std::size_t bound) {
    return base::fail(base::ErrorCode::too_large, std::string(what) + ": " + std::to_string(size) +
                                                      " bytes; at most " + std::to_string(bound) +
                                                      " are taken");
}

/// For setters of `bytes` fields: `message.set_x(text(value))`.
template <class Fixed>
std::string text(const Fixed& value) {
    return std::string(base::as_text(value.view()));
}
inline std::uint64_t unix_ms(base::TimePoint time) {
    return static_cast<std::uint64_t>(base::to_unix_ms(time));
}

}  // namespace wire::internal
