// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json.hpp>
#include <optional>

#include "api/internal/service.h"
#include "storage/files.h"

namespace api::routes {
namespace json = boost::json;
namespace {

using base::ErrorCode;
/// Both chosen by us; a run has twelve attacks and about 4 KiB.
constexpr std::size_t file_bytes_max = 64U << 10U;
constexpr std::size_t attacks_max = 64;

std::unexpected<base::Error> wrong_file() {
    return base::fail(ErrorCode::corrupted,
                      "the file of the last run of 'salus attack' is damaged; run it again");
}

bool is_name(const json::value* value) {
    const auto* text = value == nullptr ? nullptr : value->if_string();
    return text != nullptr && !text->empty() && text->size() <= 40 &&
           std::ranges::all_of(*text, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}
bool is_truth(const json::value* value) {
    return value != nullptr && value->is_bool();
}

/// One attack as the file has it, if it has the members it must have and no others.
std::optional<json::object> attack_of(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr || object->size() != 6) return std::nullopt;
    const auto* control = object->if_contains("control");
    const auto* ran_at = object->if_contains("ran_at_ms");
    const auto* detail = object->if_contains("detail");
    const bool well_formed = is_name(object->if_contains("name")) &&
                             is_truth(object->if_contains("paper")) &&
                             is_truth(object->if_contains("resisted")) && control != nullptr &&
                             (control->is_null() || control->is_bool()) && ran_at != nullptr &&
                             ran_at->is_int64() && detail != nullptr && detail->is_string();
    if (!well_formed) return std::nullopt;
    return *object;
}

base::Result<json::array> attacks_of(std::string_view text) {
    json::error_code problem;
    const auto document = json::parse(text, problem, {}, {.max_depth = 4});
    const auto* whole = problem ? nullptr : document.if_object();
    const auto* list = whole == nullptr ? nullptr : whole->if_contains("attacks");
    const auto* rows = list == nullptr ? nullptr : list->if_array();
    if (rows == nullptr || rows->size() > attacks_max) return wrong_file();
    json::array out;
    for (const auto& row : *rows) {
        auto attack = attack_of(row);
        if (!attack) return wrong_file();
        out.emplace_back(*std::move(attack));
    }
    return out;
}

}  // namespace

base::Result<Response> attacks(Service& service, const Call&) {
    const auto bytes = storage::read_file(service.options.attacks, file_bytes_max);
    if (!bytes && bytes.error().code == ErrorCode::not_found) {
        return json_response(json::object{{"items", json::array{}}});
    }
    if (!bytes && bytes.error().code == ErrorCode::too_large) return wrong_file();
    if (!bytes) return base::pass(bytes);
    auto rows = attacks_of(base::as_text(*bytes));
    if (!rows) return base::pass(rows);
    return json_response(json::object{{"items", *std::move(rows)}});
}

}  // namespace api::routes
