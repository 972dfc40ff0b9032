// SPDX-License-Identifier: Apache-2.0
#include "cli/demo_cast.h"

#include <fmt/format.h>

#include <array>

namespace cli {
namespace {

struct Name {
    const char* login;
    const char* name;
    int age_years;
    const char* sex;
};
constexpr std::array<Name, 12> patients{{{"ana", "Ana Moreau", 67, "female"},
                                         {"ben", "Ben Okafor", 54, "male"},
                                         {"chen", "Chen Wei", 71, "female"},
                                         {"dora", "Dora Lindqvist", 45, "female"},
                                         {"emil", "Emil Novak", 79, "male"},
                                         {"fatima", "Fatima Haddad", 38, "female"},
                                         {"goran", "Goran Petrov", 62, "male"},
                                         {"hana", "Hana Suzuki", 58, "female"},
                                         {"ivan", "Ivan Horvat", 83, "male"},
                                         {"julia", "Julia Santos", 49, "female"},
                                         {"kofi", "Kofi Mensah", 66, "male"},
                                         {"lena", "Lena Fischer", 74, "female"}}};

}  // namespace

std::vector<CastMember> demo_staff() {
    using enum wire::Role;
    return {{"admin", "Sam Admin", administrator, {}, {}},
            {"dr.lee", "Dr Lee", doctor, {}, {}},
            {"dr.osei", "Dr Osei", doctor, {}, {}},
            {"nurse.kim", "Nurse Kim", nurse, {}, {}},
            {"nurse.silva", "Nurse Silva", nurse, {}, {}},
            {"auditor", "Alex Auditor", auditor, {}, {}}};
}

CastMember demo_patient(std::size_t index) {
    const auto& name = patients[index % patients.size()];
    const auto turn = index / patients.size();
    const auto suffix = turn == 0 ? std::string() : fmt::format("{}", turn + 1);
    return {.login = name.login + suffix,
            .name = turn == 0 ? std::string(name.name) : fmt::format("{} {}", name.name, suffix),
            .role = wire::Role::patient,
            .age_years = name.age_years,
            .sex = name.sex};
}

}  // namespace cli
