// SPDX-License-Identifier: Apache-2.0
#include "pda/pda_config.h"

#include <boost/json.hpp>

#include "device/config_file.h"
#include "storage/files.h"

namespace pda {

using base::ErrorCode;
using base::fail;
using base::pass;
namespace json = boost::json;

namespace {

constexpr std::size_t pdas_max = 10'000;
constexpr std::uint64_t format = 1;

base::Result<PdaMember> member_from(const json::value& value, std::size_t index) {
    device::ConfigFields fields(value, "PDA " + std::to_string(index));
    PdaMember out;
    out.id = fields.id("id");
    out.credentials = fields.text("credentials");
    out.password = fields.text("password");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    return out;
}

base::Result<PdaConfig> config_from(const json::value& value) {
    device::ConfigFields fields(value, "the PDAs");
    PdaConfig out;
    const bool known = fields.number("format", UINT32_MAX) == format;
    if (fields.problem().empty() && !known) {
        return fail(ErrorCode::unsupported_version, "the PDAs: \"format\" is not 1");
    }
    out.tenant = fields.text("tenant");
    const json::array* pdas = fields.array("pdas");
    if (!fields.problem().empty()) return fail(ErrorCode::malformed, fields.problem());
    if (pdas->size() > pdas_max) return fail(ErrorCode::too_large, "more than 10,000 PDAs");
    for (std::size_t i = 0; i < pdas->size(); ++i) {
        auto member = member_from((*pdas)[i], i);
        if (!member) return pass(member);
        out.pdas.push_back(std::move(*member));
    }
    return out;
}

}  // namespace

base::Result<void> write_pda_config(const std::filesystem::path& file, const PdaConfig& config) {
    json::array pdas;
    for (const PdaMember& member : config.pdas) {
        pdas.push_back(json::object{{"id", base::to_hex(member.id.view())},
                                    {"credentials", member.credentials.string()},
                                    {"password", member.password}});
    }
    const json::object out = {
        {"format", format}, {"tenant", config.tenant}, {"pdas", std::move(pdas)}};
    return storage::write_file_synced(file, base::as_bytes(json::serialize(out)));
}

base::Result<PdaConfig> read_pda_config(const std::filesystem::path& file) {
    const auto value = device::read_config_file(file);
    if (!value) return pass(value);
    auto config = config_from(*value);
    if (!config) return fail(config.error().code, file.string() + ": " + config.error().detail);
    return config;
}

}  // namespace pda
