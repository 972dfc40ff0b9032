// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/error.h"
#include "wire/ids.h"

namespace device {

/// Reads fields of one JSON object of a configuration; the first that is missing or wrong is kept
/// as `problem`. The values themselves may be secrets and are never named.
class ConfigFields {
public:
    /// Borrows `value`. `where` names the object in problems, e.g. "device 3".
    ConfigFields(const boost::json::value& value, std::string where);
    std::string text(std::string_view key);
    /// A whole number from 0 to `max`.
    std::uint64_t number(std::string_view key, std::uint64_t max);
    wire::DeviceId id(std::string_view key);
    /// Null where it is missing or no list.
    const boost::json::array* array(std::string_view key);
    /// Empty: all was there and right.
    [[nodiscard]] const std::string& problem() const { return problem_; }

private:
    const boost::json::value* find(std::string_view key);
    void complain(std::string_view key, std::string_view what);

    const boost::json::object* object_ = nullptr;
    std::string where_;
    std::string problem_;
};

/// A configuration with secrets in it. Errors: `not_authorised` if others may read the file,
/// `malformed` if it is not JSON, and those of `storage::read_file`.
[[nodiscard]] base::Result<boost::json::value> read_config_file(const std::filesystem::path& file);

}  // namespace device
