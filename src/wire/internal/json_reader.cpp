// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/json_reader.h"

#include <boost/json/parser.hpp>
#include <exception>

namespace wire::internal {
namespace json = boost::json;

base::Result<json::value> JsonReader::parse(std::string_view what, std::string_view text) {
    const auto refuse = [&](std::string_view reason) {
        return base::fail(base::ErrorCode::malformed,
                          std::string(what) + ": no JSON: " + std::string(reason));
    };
    try {
        json::parse_options options;
        options.max_depth = 8;
        json::parser parser({}, options);
        boost::system::error_code error;
        parser.write(json::string_view(text.data(), text.size()), error);
        if (error) return refuse(error.message());
        return parser.release();
    } catch (const std::exception& error) {  // Boost.JSON throws where memory ends
        return refuse(error.what());
    }
}

const json::value& JsonReader::member(const json::value& object, const char* name) {
    static const json::value nothing;
    const auto* members = object.if_object();
    const auto* found = members == nullptr ? nullptr : members->if_contains(name);
    require(found != nullptr, name);
    return found == nullptr ? nothing : *found;
}

const json::array& JsonReader::array(const json::value& object, const char* name) {
    static const json::array nothing;
    const auto* found = member(object, name).if_array();
    require(found != nullptr, name);
    return found == nullptr ? nothing : *found;
}

std::string JsonReader::text(const json::value& object, const char* name) {
    const auto* found = member(object, name).if_string();
    require(found != nullptr, name);
    return found == nullptr ? std::string() : std::string(found->data(), found->size());
}

std::uint64_t JsonReader::number(const json::value& object, const char* name, std::uint64_t max) {
    // Boost.JSON reads integers as int64 where they fit; larger ones are above every `max` here.
    const auto* found = member(object, name).if_int64();
    const bool fits = found != nullptr && *found >= 0 && static_cast<std::uint64_t>(*found) <= max;
    require(fits, name);
    return fits ? static_cast<std::uint64_t>(*found) : 0;
}

base::Bytes JsonReader::bytes(const json::value& object, const char* name) {
    return bytes_of(member(object, name), name);
}

base::Bytes JsonReader::bytes_of(const json::value& value, const char* name) {
    const auto* found = value.if_string();
    require(found != nullptr, name);
    if (found == nullptr) return {};
    const std::string_view digits(found->data(), found->size());
    const auto out =
        form_ == TextForm::base64url ? base::from_base64url(digits) : base::from_hex(digits);
    require(out.has_value(), name);
    return out.value_or(base::Bytes{});
}

std::unexpected<base::Error> JsonReader::failure(std::string_view what) const {
    return base::fail(base::ErrorCode::malformed, std::string(what) + ": member '" + wrong_ +
                                                      "' is missing or not in its form");
}

}  // namespace wire::internal
