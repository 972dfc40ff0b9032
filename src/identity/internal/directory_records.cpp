// SPDX-License-Identifier: Apache-2.0
#include "identity/internal/directory_records.h"

#include <algorithm>
#include <boost/json.hpp>
#include <exception>
#include <set>

namespace identity {
namespace json = boost::json;
namespace {

constexpr std::size_t name_characters_max = 80;
constexpr std::size_t login_characters_max = 40;
constexpr std::size_t text_bytes_max = 80;
constexpr int age_years_max = 130;

std::unexpected<base::Error> malformed(std::string detail) {
    return base::fail(base::ErrorCode::malformed, std::move(detail));
}

/// Length of the UTF-8 sequence that `lead` opens; 0 if it opens none.
std::size_t sequence_bytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    if (lead >= 0xF0 && lead <= 0xF4) return 4;
    return 0;
}

/// Characters of `text`; nothing unless it is well-formed UTF-8 (RFC 3629: no overlong forms, no
/// surrogates) without control characters.
std::optional<std::size_t> count_characters(std::string_view text) {
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const auto bytes = sequence_bytes(lead);
        if (bytes == 0 || at + bytes > text.size() || lead < 0x20 || lead == 0x7F) return {};
        for (std::size_t i = 1; i < bytes; ++i) {
            if ((static_cast<unsigned char>(text[at + i]) & 0xC0U) != 0x80U) return {};
        }
        if (bytes >= 3) {
            const auto second = static_cast<unsigned char>(text[at + 1]);
            const bool overlong =
                (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
            const bool surrogate = lead == 0xED && second >= 0xA0;
            const bool too_high = lead == 0xF4 && second >= 0x90;
            if (overlong || surrogate || too_high) return {};
        }
        at += bytes;
    }
    return count;
}

bool is_login(std::string_view login) {
    return login.size() <= login_characters_max && std::ranges::all_of(login, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
           });
}

bool is_sex(std::string_view sex) {
    return sex.empty() || sex == "male" || sex == "female" || sex == "other" || sex == "unknown";
}

/// Members of one record, read strictly; anything amiss is thrown and becomes `corrupted`.
struct Members {
    const json::object& object;

    [[nodiscard]] std::string text(std::string_view name) const {
        return std::string(object.at(name).as_string());
    }
    [[nodiscard]] base::Bytes bytes(std::string_view name) const {
        auto raw = base::from_hex(object.at(name).as_string());
        if (!raw) throw std::invalid_argument(std::string(name));
        return *std::move(raw);
    }
    template <class Fixed>
    [[nodiscard]] Fixed fixed(std::string_view name) const {
        const auto value = Fixed::from(bytes(name));
        if (!value) throw std::invalid_argument(std::string(name));
        return *value;
    }
};

template <class Record, class Read>
base::Result<Record> read_record(std::string_view text, std::string_view kind, Read read) {
    try {
        const auto value = json::parse(text);
        return read(Members{value.as_object()});
    } catch (const std::exception& problem) {
        return base::fail(
            base::ErrorCode::corrupted,
            "a stored " + std::string(kind) + " record does not read: " + problem.what());
    }
}

}  // namespace

std::string to_json(const Person& person) {
    json::object out{{"id", base::to_hex(person.id.view())},
                     {"role", wire::name_of(person.role)},
                     {"name", person.name},
                     {"login", person.login},
                     {"password_hash", base::to_hex(person.password_hash)},
                     {"bed", person.bed},
                     {"age_years", nullptr},
                     {"sex", person.sex},
                     {"responsible_doctor", base::to_hex(person.responsible_doctor.view())}};
    if (person.age_years) out["age_years"] = *person.age_years;
    return json::serialize(out);
}

std::string to_json(const DeviceRecord& device) {
    json::array vitals;
    for (const auto vital : device.vitals) vitals.emplace_back(wire::info_of(vital).name);
    return json::serialize(json::object{{"id", base::to_hex(device.id.view())},
                                        {"label", device.label},
                                        {"patient", base::to_hex(device.patient.view())},
                                        {"vitals", std::move(vitals)},
                                        {"pda", base::to_hex(device.pda.view())},
                                        {"sealed_to", name_of(device.sealed_to)},
                                        {"interval_ms", device.interval_ms},
                                        {"state", name_of(device.state)},
                                        {"changed_by", base::to_hex(device.changed_by.view())}});
}

std::string to_json(const PdaRecord& pda) {
    return json::serialize(json::object{{"id", base::to_hex(pda.id.view())},
                                        {"label", pda.label},
                                        {"patient", base::to_hex(pda.patient.view())},
                                        {"state", name_of(pda.state)},
                                        {"changed_by", base::to_hex(pda.changed_by.view())}});
}

base::Result<Person> person_from_json(std::string_view text) {
    return read_record<Person>(text, "person", [](const Members& members) {
        Person out;
        out.id = members.fixed<wire::LedgerId>("id");
        out.role = wire::role_from_name(members.text("role")).value();
        out.name = members.text("name");
        out.login = members.text("login");
        out.password_hash = members.bytes("password_hash");
        out.bed = members.text("bed");
        if (const auto& age = members.object.at("age_years"); !age.is_null()) {
            out.age_years = age.to_number<int>();
        }
        out.sex = members.text("sex");
        out.responsible_doctor = members.fixed<wire::LedgerId>("responsible_doctor");
        return out;
    });
}

base::Result<DeviceRecord> device_from_json(std::string_view text) {
    return read_record<DeviceRecord>(text, "device", [](const Members& members) {
        DeviceRecord out;
        out.id = members.fixed<wire::DeviceId>("id");
        out.label = members.text("label");
        out.patient = members.fixed<wire::LedgerId>("patient");
        for (const auto& name : members.object.at("vitals").as_array()) {
            out.vitals.push_back(wire::vital_from_name(name.as_string()).value());
        }
        out.pda = members.fixed<wire::DeviceId>("pda");
        out.sealed_to = sealed_to_from_name(members.text("sealed_to")).value();
        out.interval_ms = members.object.at("interval_ms").to_number<std::uint32_t>();
        out.state = device_state_from_name(members.text("state")).value();
        out.changed_by = members.fixed<wire::LedgerId>("changed_by");
        return out;
    });
}

base::Result<PdaRecord> pda_from_json(std::string_view text) {
    return read_record<PdaRecord>(text, "PDA", [](const Members& members) {
        PdaRecord out;
        out.id = members.fixed<wire::DeviceId>("id");
        out.label = members.text("label");
        out.patient = members.fixed<wire::LedgerId>("patient");
        out.state = device_state_from_name(members.text("state")).value();
        out.changed_by = members.fixed<wire::LedgerId>("changed_by");
        return out;
    });
}

base::Result<void> check_form(const Person& person) {
    if (person.id.is_zero()) return malformed("a person's id must not be all zeros");
    if (!wire::is_role(static_cast<std::uint32_t>(person.role))) {
        return malformed("the person's role is not known");
    }
    const auto characters = count_characters(person.name);
    if (!characters || *characters == 0 || *characters > name_characters_max) {
        return malformed("a person's name must be 1 to 80 characters of UTF-8");
    }
    if (!is_login(person.login)) {
        return malformed("a login must be 1 to 40 characters of a-z, 0-9, '.' and '-'");
    }
    if (person.login.empty() && !person.password_hash.empty()) {
        return malformed("a password needs a login to go with it");
    }
    if (!count_characters(person.bed) || person.bed.size() > text_bytes_max) {
        return malformed("a bed's name must be at most 80 bytes of UTF-8");
    }
    if (!is_sex(person.sex)) return malformed("sex must be male, female, other, unknown or empty");
    if (person.age_years && (*person.age_years < 0 || *person.age_years > age_years_max)) {
        return malformed("an age must be 0 to 130 years");
    }
    return {};
}

namespace {

/// What devices and PDAs have in common.
template <class Record>
base::Result<void> check_thing(const Record& record) {
    if (record.id.is_zero()) return malformed("a device's id must not be all zeros");
    if (record.patient.is_zero()) return malformed("a device must belong to a patient");
    const auto characters = count_characters(record.label);
    if (!characters || *characters == 0 || record.label.size() > text_bytes_max) {
        return malformed("a device's label must be 1 to 80 bytes of UTF-8");
    }
    if (!device_state_from_name(name_of(record.state))) {
        return malformed("a device's state must be active, suspended, revoked or retired");
    }
    return {};
}

}  // namespace

base::Result<void> check_form(const PdaRecord& pda) {
    return check_thing(pda);
}

base::Result<void> check_form(const DeviceRecord& device) {
    if (auto common = check_thing(device); !common) return common;
    if (device.pda.is_zero()) return malformed("a device must name the PDA that serves it");
    if (!sealed_to_from_name(name_of(device.sealed_to))) {
        return malformed("a device seals to its pda or to the cloud");
    }
    if (device.vitals.empty()) return malformed("a device must measure at least one vital");
    std::set<wire::Vital> seen;
    for (const auto vital : device.vitals) {
        if (!wire::is_vital(static_cast<std::uint32_t>(vital)) || !seen.insert(vital).second) {
            return malformed("a device's vitals must be known and each named once");
        }
    }
    if (device.interval_ms == 0) return malformed("a device's interval must be above 0 ms");
    return {};
}

}  // namespace identity
