// SPDX-License-Identifier: Apache-2.0
#include "wire/ids.h"

#include <algorithm>
#include <array>

namespace wire {
namespace {

/// Names by number, the first being number 1: the enumerators are contiguous.
constexpr std::array<std::string_view, 14> role_names = {
    "patient",      "family",  "doctor",       "nurse",        "pharmacist",
    "laboratory",   "insurer", "researcher",   "auditor",      "administrator",
    "cloud_server", "miner",   "demo_program", "key_generator"};
constexpr std::array<std::string_view, 2> custody_names = {"node", "own_device"};
constexpr std::array<std::string_view, 4> category_names = {"vital_signs", "laboratory",
                                                            "medication", "imaging"};
constexpr std::array<std::string_view, 3> purpose_names = {"treatment", "research", "billing"};
constexpr std::array<std::string_view, 3> standing_names = {"active", "suspended", "left"};
constexpr std::array<std::string_view, 2> event_names = {"certified", "revoked"};
constexpr std::array<std::string_view, 3> engine_names = {"equal_opportunity", "authority",
                                                          "proof_of_work"};
constexpr std::array<std::string_view, 3> quorum_names = {"miner_alone", "two_thirds", "majority"};

template <std::size_t N>
std::string_view name_at(const std::array<std::string_view, N>& names, std::uint8_t value) {
    return value >= 1 && value <= N ? names[value - 1] : "unknown";
}

template <class Enum, std::size_t N>
std::optional<Enum> from_name(const std::array<std::string_view, N>& names, std::string_view name) {
    const auto* const found = std::ranges::find(names, name);
    if (found == names.end()) return std::nullopt;
    return static_cast<Enum>(found - names.begin() + 1);
}

bool is_chain_id_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

}  // namespace

std::string_view name_of(Role role) {
    return name_at(role_names, static_cast<std::uint8_t>(role));
}
std::string_view name_of(Custody custody) {
    return name_at(custody_names, static_cast<std::uint8_t>(custody));
}
std::string_view name_of(Category category) {
    return name_at(category_names, static_cast<std::uint8_t>(category));
}
std::string_view name_of(Purpose purpose) {
    return name_at(purpose_names, static_cast<std::uint8_t>(purpose));
}

std::string_view name_of(MinerStanding standing) {
    return name_at(standing_names, static_cast<std::uint8_t>(standing));
}
std::string_view name_of(CertificationEvent event) {
    return name_at(event_names, static_cast<std::uint8_t>(event));
}
std::string_view name_of(EngineKind engine) {
    return name_at(engine_names, static_cast<std::uint8_t>(engine));
}
std::string_view name_of(Quorum quorum) {
    return name_at(quorum_names, static_cast<std::uint8_t>(quorum));
}

std::optional<Role> role_from_name(std::string_view name) {
    return from_name<Role>(role_names, name);
}
std::optional<Category> category_from_name(std::string_view name) {
    return from_name<Category>(category_names, name);
}
std::optional<Purpose> purpose_from_name(std::string_view name) {
    return from_name<Purpose>(purpose_names, name);
}
std::optional<EngineKind> engine_from_name(std::string_view name) {
    return from_name<EngineKind>(engine_names, name);
}
std::optional<Quorum> quorum_from_name(std::string_view name) {
    return from_name<Quorum>(quorum_names, name);
}

bool is_chain_id(std::string_view text) {
    return !text.empty() && text.size() <= 32 && std::ranges::all_of(text, is_chain_id_character);
}
bool is_role(std::uint32_t value) {
    return value >= 1 && value <= role_names.size();
}
bool is_scheme(std::uint32_t value) {
    return value == static_cast<std::uint32_t>(SignatureScheme::ecdsa_p256_sha512);
}
bool is_custody(std::uint32_t value) {
    return value >= 1 && value <= custody_names.size();
}
bool is_category(std::uint32_t value) {
    return value >= 1 && value <= category_names.size();
}
bool is_purpose(std::uint32_t value) {
    return value >= 1 && value <= purpose_names.size();
}
bool is_standing(std::uint32_t value) {
    return value >= 1 && value <= standing_names.size();
}
bool is_certification_event(std::uint32_t value) {
    return value >= 1 && value <= event_names.size();
}
bool is_engine(std::uint32_t value) {
    return value >= 1 && value <= engine_names.size();
}
bool is_quorum(std::uint32_t value) {
    return value >= 1 && value <= quorum_names.size();
}

}  // namespace wire
