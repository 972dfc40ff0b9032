// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace api {

/// A request's JSON body: one object whose members are all read by name. What is wrong is
/// remembered; ask `finish()` before using what was read. Untrusted input.
class Body {
public:
    /// Errors: `malformed` unless `text` is one JSON object, no deeper than 8.
    [[nodiscard]] static base::Result<Body> parse(std::string_view text);

    [[nodiscard]] std::string text(std::string_view name, std::size_t bytes_max);
    /// A list of strings of at most 64 bytes each.
    [[nodiscard]] std::vector<std::string> texts(std::string_view name, std::size_t count_max);
    [[nodiscard]] std::int64_t integer(std::string_view name);
    [[nodiscard]] bool boolean(std::string_view name);
    /// Errors: `malformed`, naming the first member that is missing, of a wrong type or not known.
    [[nodiscard]] base::Result<void> finish() const;

private:
    explicit Body(boost::json::object object) : rest_(std::move(object)) {}
    /// Takes the member out; null where it is missing.
    [[nodiscard]] boost::json::value take(std::string_view name);
    void complain(std::string detail);

    boost::json::object rest_;
    std::string complaint_;
};

}  // namespace api
