// SPDX-License-Identifier: Apache-2.0
#include "cli/summary.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/verify.h"
#include "storage/files.h"

namespace cli {
namespace {

constexpr std::size_t part_bytes_max = 1'048'576;

base::Result<boost::json::object> read_part(const std::filesystem::path& file) {
    const auto bytes = storage::read_file(file, part_bytes_max);
    if (!bytes) return base::pass(bytes);
    boost::system::error_code error;
    auto value = boost::json::parse(base::as_text(*bytes), error);
    if (error || !value.is_object()) {
        return base::fail(base::ErrorCode::corrupted,
                          fmt::format("{} is not the JSON it was written as", file.string()));
    }
    return value.get_object();
}

}  // namespace

base::Result<boost::json::object> summarise(const DataFolder& folder) {
    auto summary = read_part(folder.node_summary());
    if (!summary) return summary;
    const auto fleet = read_part(folder.fleet_summary());
    if (!fleet) return fleet;
    for (const auto& [name, value] : *fleet) (*summary)[name] = value;
    auto pda = read_part(folder.pda_summary());
    if (!pda) return pda;
    (*summary)["pda"] = std::move(*pda);

    const auto report = verify_folder(folder, {});
    if (!report) return base::pass(report);
    (*summary)["chain_verified"] = report->ok();
    if (!report->ok()) (*summary)["finding"] = report->finding;
    return summary;
}

void print_summary(const boost::json::object& summary) {
    for (const auto& [name, value] : summary) {
        if (name == "miners_used") {
            fmt::print("{:24} {} miners\n", "miners_used", value.as_object().size());
        } else {
            fmt::print("{:24} {}\n", std::string_view(name), boost::json::serialize(value));
        }
    }
    std::fflush(stdout);
}

}  // namespace cli
