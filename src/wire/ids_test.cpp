// SPDX-License-Identifier: Apache-2.0
#include "wire/ids.h"

#include <gtest/gtest.h>

#include "wire/vital.h"

namespace wire {
namespace {

// Goal: names and numbers are part of the formats. Method: they are written down once more.
TEST(Names, StandForTheirNumbers) {
    EXPECT_EQ(name_of(Role::patient), "patient");
    EXPECT_EQ(name_of(Role::cloud_server), "cloud_server");
    EXPECT_EQ(name_of(Role::demo_program), "demo_program");
    EXPECT_EQ(name_of(Role::key_generator), "key_generator");
    EXPECT_EQ(name_of(CertificationEvent::revoked), "revoked");
    EXPECT_EQ(name_of(Custody::own_device), "own_device");
    EXPECT_EQ(name_of(Category::imaging), "imaging");
    EXPECT_EQ(name_of(Purpose::billing), "billing");
    for (std::uint32_t value = 1; value <= 14; ++value) {
        const auto role = static_cast<Role>(value);
        EXPECT_EQ(role_from_name(name_of(role)), role);
        EXPECT_TRUE(is_role(value));
    }
}

TEST(Names, RefuseWhatIsNoEnumerator) {
    EXPECT_EQ(name_of(static_cast<Role>(0)), "unknown");
    EXPECT_EQ(name_of(static_cast<Role>(15)), "unknown");
    EXPECT_EQ(name_of(static_cast<Purpose>(200)), "unknown");
    EXPECT_FALSE(role_from_name("unknown"));
    EXPECT_FALSE(role_from_name(""));
    EXPECT_FALSE(role_from_name("Doctor"));
    EXPECT_FALSE(category_from_name("vitals"));
    EXPECT_FALSE(purpose_from_name("treatment "));
    for (const std::uint32_t value : {0U, 15U, 256U, 257U, ~0U}) EXPECT_FALSE(is_role(value));
    for (const std::uint32_t value : {0U, 3U, 257U}) {
        EXPECT_FALSE(is_certification_event(value));
    }
    for (const std::uint32_t value : {0U, 2U, 257U}) EXPECT_FALSE(is_scheme(value));
    for (const std::uint32_t value : {0U, 3U, 258U}) EXPECT_FALSE(is_custody(value));
    for (const std::uint32_t value : {0U, 5U, 260U}) EXPECT_FALSE(is_category(value));
    for (const std::uint32_t value : {0U, 4U, 259U}) EXPECT_FALSE(is_purpose(value));
}

TEST(ChainId, HasOneTo32LowerCaseLettersDigitsAndHyphens) {
    EXPECT_TRUE(is_chain_id("salus-7"));
    EXPECT_TRUE(is_chain_id(std::string(32, 'a')));
    for (const std::string_view bad : {"", "Salus", "a b", "a_b", "\xc3\xa4", "a\n"}) {
        EXPECT_FALSE(is_chain_id(bad)) << bad;
    }
    EXPECT_FALSE(is_chain_id(std::string(33, 'a')));
    EXPECT_FALSE(is_chain_id(std::string_view("a\0b", 3)));
}

TEST(Vitals, StandInTheOrderOfTheirNumbers) {
    std::uint32_t number = 0;
    for (const auto& info : all_vitals()) {
        EXPECT_EQ(static_cast<std::uint32_t>(info.vital), ++number);
        EXPECT_EQ(&info_of(info.vital), &info);
        EXPECT_EQ(vital_from_name(info.name), info.vital);
        EXPECT_LT(info.plausible_low_milli, info.plausible_high_milli) << info.name;
        EXPECT_FALSE(info.ucum.empty()) << info.name;
    }
    EXPECT_EQ(number, 14U);
    EXPECT_FALSE(is_vital(0));
    EXPECT_FALSE(is_vital(15));
    EXPECT_FALSE(is_vital(257));
    EXPECT_FALSE(vital_from_name("SpO2"));
}

TEST(Vitals, HaveTheCodesAndRangesOfTheirProfiles) {
    EXPECT_EQ(info_of(Vital::heart_rate).loinc, "8867-4");
    EXPECT_EQ(info_of(Vital::spo2).loinc, "2708-6");
    EXPECT_EQ(info_of(Vital::respiration_rate).plausible_low_milli, 0);  // 0 alarms: it is a value
    EXPECT_EQ(info_of(Vital::respiration_rate).plausible_high_milli, 80'000);
    EXPECT_EQ(info_of(Vital::body_temperature).plausible_low_milli, 26'000);
    EXPECT_EQ(info_of(Vital::mean_pressure).ucum, "mm[Hg]");
}

TEST(VitalsDeathTest, StopAtWhatIsNoVital) {
    EXPECT_DEATH(static_cast<void>(info_of(static_cast<Vital>(0))), "broken invariant");
}

}  // namespace
}  // namespace wire
