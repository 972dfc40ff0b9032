// SPDX-License-Identifier: Apache-2.0
#include "api/internal/body.h"

#include <boost/json.hpp>

namespace api {
namespace json = boost::json;

base::Result<Body> Body::parse(std::string_view text) {
    json::parse_options options;
    options.max_depth = 8;
    json::error_code problem;
    auto value = json::parse(text, problem, {}, options);
    if (problem || !value.is_object()) {
        return base::fail(base::ErrorCode::malformed, "the body must be one JSON object");
    }
    return Body(std::move(value.get_object()));
}

json::value Body::take(std::string_view name) {
    const auto found = rest_.find(name);
    if (found == rest_.end()) {
        complain("member '" + std::string(name) + "' is missing");
        return nullptr;
    }
    auto value = std::move(found->value());
    rest_.erase(found);
    return value;
}

void Body::complain(std::string detail) {
    if (complaint_.empty()) complaint_ = std::move(detail);
}

std::string Body::text(std::string_view name, std::size_t bytes_max) {
    const auto value = take(name);
    const auto* text = value.if_string();
    if (text == nullptr) {
        complain("member '" + std::string(name) + "' must be a string");
        return {};
    }
    if (text->size() > bytes_max) {
        complain("member '" + std::string(name) + "' must be at most " + std::to_string(bytes_max) +
                 " bytes");
        return {};
    }
    return std::string(*text);
}

std::vector<std::string> Body::texts(std::string_view name, std::size_t count_max) {
    constexpr std::size_t bytes_max = 64;
    const auto value = take(name);
    const auto* list = value.if_array();
    if (list == nullptr || list->size() > count_max) {
        complain("member '" + std::string(name) + "' must be a list of at most " +
                 std::to_string(count_max) + " strings");
        return {};
    }
    std::vector<std::string> out;
    for (const auto& each : *list) {
        const auto* text = each.if_string();
        if (text == nullptr || text->size() > bytes_max) {
            complain("member '" + std::string(name) + "' must hold short strings");
            return {};
        }
        out.emplace_back(*text);
    }
    return out;
}

std::int64_t Body::integer(std::string_view name) {
    const auto value = take(name);
    const auto* number = value.if_int64();
    if (number == nullptr) {
        complain("member '" + std::string(name) + "' must be an integer");
        return 0;
    }
    return *number;
}

bool Body::boolean(std::string_view name) {
    const auto value = take(name);
    const auto* truth = value.if_bool();
    if (truth == nullptr) {
        complain("member '" + std::string(name) + "' must be true or false");
        return false;
    }
    return *truth;
}

base::Result<void> Body::finish() const {
    if (!complaint_.empty()) return base::fail(base::ErrorCode::malformed, complaint_);
    if (!rest_.empty()) {
        return base::fail(base::ErrorCode::malformed,
                          "the body has a member that is not known here");
    }
    return {};
}

}  // namespace api
