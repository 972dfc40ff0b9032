// SPDX-License-Identifier: Apache-2.0
#include "attack/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "attack/attack.h"
#include "storage/files.h"

namespace attack {
namespace json = boost::json;
namespace {

constexpr std::size_t file_bytes_max = 64U << 10U;  // what readers of the file take

std::unexpected<base::Error> not_rows() {
    return base::fail(base::ErrorCode::malformed, "this is no report of 'salus attack'");
}

json::object to_object(const Row& row) {
    json::object out{{"name", row.name}, {"paper", row.paper}, {"resisted", row.resisted}};
    out["control"] = row.control ? json::value(*row.control) : json::value(nullptr);
    out["ran_at_ms"] = row.ran_at_ms;
    out["detail"] = row.detail;
    return out;
}

std::optional<Row> row_of(const json::value& value) {
    const auto* object = value.if_object();
    if (object == nullptr || object->size() != 6) return std::nullopt;
    for (const auto* member : {"name", "paper", "resisted", "control", "ran_at_ms", "detail"}) {
        if (!object->contains(member)) return std::nullopt;
    }
    const auto* name = object->at("name").if_string();
    const auto* paper = object->at("paper").if_bool();
    const auto* resisted = object->at("resisted").if_bool();
    const auto& control = object->at("control");
    const auto* ran_at = object->at("ran_at_ms").if_int64();
    const auto* detail = object->at("detail").if_string();
    const bool whole = name != nullptr && paper != nullptr && resisted != nullptr &&
                       (control.is_null() || control.is_bool()) && ran_at != nullptr &&
                       detail != nullptr;
    if (!whole) return std::nullopt;
    return Row{.name = std::string(*name),
               .paper = *paper,
               .resisted = *resisted,
               .control = control.is_null() ? std::nullopt : std::optional(control.get_bool()),
               .ran_at_ms = *ran_at,
               .detail = std::string(*detail)};
}

std::string_view word_of(std::optional<bool> control) {
    if (!control) return "-";
    return *control ? "succeeds" : "FAILS";
}

}  // namespace

std::string to_json(const std::vector<Row>& rows) {
    json::array attacks;
    for (const auto& row : rows) attacks.emplace_back(to_object(row));
    return json::serialize(json::object{{"attacks", std::move(attacks)}});
}

base::Result<std::vector<Row>> rows_from_json(std::string_view text) {
    json::error_code problem;
    const auto document = json::parse(text, problem, {}, {.max_depth = 4});
    const auto* whole = problem ? nullptr : document.if_object();
    const auto* list = whole == nullptr ? nullptr : whole->if_contains("attacks");
    const auto* array = list == nullptr ? nullptr : list->if_array();
    if (array == nullptr) return not_rows();
    std::vector<Row> out;
    for (const auto& value : *array) {
        auto row = row_of(value);
        if (!row) return not_rows();
        out.push_back(*std::move(row));
    }
    return out;
}

std::string to_table(const std::vector<Row>& rows) {
    std::string out = fmt::format("{:<48} {:<6} {:<12} {}\n", "attack", "paper", "against Salus",
                                  "against the protocol as printed");
    std::size_t good = 0;
    for (const auto& row : rows) {
        const auto* known = find_attack(row.name);
        const auto title = known == nullptr ? std::string_view(row.name) : known->title;
        out +=
            fmt::format("{:<48} {:<6} {:<13} {}\n    {}\n", title, row.paper ? "yes" : "",
                        row.resisted ? "resisted" : "SUCCEEDED", word_of(row.control), row.detail);
        good += row.as_expected() ? 1 : 0;
    }
    return out + fmt::format("{} of {} as they should be\n", good, rows.size());
}

base::Result<void> keep(const std::filesystem::path& file, const std::vector<Row>& rows) {
    std::vector<Row> all;
    if (const auto bytes = storage::read_file(file, file_bytes_max)) {
        if (auto old = rows_from_json(base::as_text(*bytes))) all = *std::move(old);
    }
    for (const auto& row : rows) {
        const auto found = std::ranges::find(all, row.name, &Row::name);
        if (found == all.end()) {
            all.push_back(row);
        } else {
            *found = row;
        }
    }
    return storage::write_file_synced(file, base::as_bytes(to_json(all) + "\n"));
}

}  // namespace attack
