// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"

namespace wire::internal {

enum class TextForm : std::uint8_t { base64url, hexadecimal };

/// Reads members of untrusted JSON and keeps the name of the first that is wrong, so that readers
/// go from top to bottom and ask once, at the end. Members that nobody asks for are found by
/// comparing the text with what the result would be written as.
class JsonReader {
public:
    /// Errors: `malformed` with the offset at which the text is no JSON.
    [[nodiscard]] static base::Result<boost::json::value> parse(std::string_view what,
                                                                std::string_view json);

    explicit JsonReader(TextForm form) : form_(form) {}

    /// Null, an empty array, an empty text or 0 where a member is missing or of another kind.
    const boost::json::value& member(const boost::json::value& object, const char* name);
    const boost::json::array& array(const boost::json::value& object, const char* name);
    std::string text(const boost::json::value& object, const char* name);
    std::uint64_t number(const boost::json::value& object, const char* name, std::uint64_t max);
    base::Bytes bytes(const boost::json::value& object, const char* name);
    base::Bytes bytes_of(const boost::json::value& value, const char* name);
    template <class Fixed>
    Fixed fixed(const boost::json::value& object, const char* name) {
        return fixed_of<Fixed>(member(object, name), name);
    }
    template <class Fixed>
    Fixed fixed_of(const boost::json::value& value, const char* name) {
        const auto out = Fixed::from(bytes_of(value, name));
        require(out.has_value(), name);
        return out.value_or(Fixed{});
    }
    void require(bool holds, const char* name) {
        if (!holds && wrong_.empty()) wrong_ = name;
    }

    [[nodiscard]] bool ok() const { return wrong_.empty(); }
    [[nodiscard]] std::unexpected<base::Error> failure(std::string_view what) const;

private:
    TextForm form_;
    std::string wrong_;
};

}  // namespace wire::internal
