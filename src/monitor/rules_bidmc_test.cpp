// SPDX-License-Identifier: Apache-2.0
// Goal: the alarms of sixteen recorded patients, to the second. Method: one batch a row, blanks
// left out, all transitions written down as text.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "monitor/rules.h"

namespace monitor {
namespace {

const base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

std::optional<wire::Vital> vital_of_column(std::string_view name) {
    if (name == "HR") return wire::Vital::heart_rate;
    if (name == "PULSE") return wire::Vital::pulse_rate;
    if (name == "RESP") return wire::Vital::respiration_rate;
    if (name == "SpO2") return wire::Vital::spo2;
    return std::nullopt;
}

std::vector<std::string> split(const std::string& line) {
    std::vector<std::string> out;
    std::stringstream in(line);
    for (std::string cell; std::getline(in, cell, ',');) {
        cell.erase(0, cell.find_first_not_of(' '));
        cell.erase(cell.find_last_not_of(" \r") + 1);
        out.push_back(cell);
    }
    return out;
}

/// The rows of a recording as the gateway would store them.
std::vector<series::StoredBatch> read_recording(const std::filesystem::path& file) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    const auto columns = split(line);
    std::vector<series::StoredBatch> rows;
    while (std::getline(in, line)) {
        const auto cells = split(line);
        const auto at = start + std::chrono::seconds{std::stol(cells.at(0))};
        series::StoredBatch row;
        row.position = rows.size() + 1;
        row.gateway_time = row.clock = at;
        for (std::size_t i = 1; i < cells.size(); ++i) {
            const auto vital = vital_of_column(columns[i]);
            if (!vital || cells[i].empty() || cells[i] == "NaN") continue;
            row.readings.push_back({.vital = *vital,
                                    .time = at,
                                    .value_milli = std::stol(cells[i]) * 1000,
                                    .waveform_micro = {}});
        }
        row.qualities.resize(row.readings.size());
        rows.push_back(std::move(row));
    }
    return rows;
}

std::string to_text(const Transition& change) {
    const auto name =
        change.kind == Kind::disagreement ? "PULSE and HR" : limits_of(change.vital).name;
    const auto what = change.condition                 ? name_of(*change.condition)
                      : change.kind == Kind::technical ? "technical cleared"
                                                       : "cleared";
    return fmt::format("{} {} {}", (change.at - start) / std::chrono::seconds{1}, name, what);
}

std::filesystem::path recording(std::string_view number) {
    return std::filesystem::path(SALUS_DATA_DIR) / "bidmc" /
           fmt::format("bidmc_{}_Numerics.csv", number);
}

PatientFacts adult(wire::Vital) {
    return {.adult = true, .interval_ms = 1000};
}

std::vector<std::string> alarms_of(std::string_view number) {
    PatientRules rules;
    std::vector<std::string> out;
    for (const auto& row : read_recording(recording(number))) {
        for (const auto& change : rules.apply(row, adult)) out.push_back(to_text(change));
    }
    return out;
}

class RecordedPatientsTest : public testing::Test {
protected:
    void SetUp() override {
        if (!std::filesystem::exists(recording("01"))) {
            GTEST_SKIP() << "no recorded patients under " << SALUS_DATA_DIR;
        }
    }
};
using Lines = std::vector<std::string>;

TEST_F(RecordedPatientsTest, TrueDesaturationAlarmsAndStaysAlarmed) {
    EXPECT_EQ(alarms_of("32"), (Lines{"10 SpO2 low", "74 SpO2 critical_low"}));
}

TEST_F(RecordedPatientsTest, FastHeartAlarmsTwiceAndThePulseAgrees) {
    EXPECT_EQ(alarms_of("25"), (Lines{"10 HR high", "11 PULSE high", "401 HR cleared",
                                      "420 HR high", "470 HR cleared"}));
}

TEST_F(RecordedPatientsTest, BreathingThatStopsIsNotHiddenByMissingValues) {
    EXPECT_EQ(
        alarms_of("13"),
        (Lines{"63 RESP critical_low", "83 RESP apnoea_or_lost_signal", "104 RESP cleared",
               "138 RESP critical_low", "159 RESP cleared", "211 RESP apnoea_or_lost_signal",
               "296 RESP cleared", "324 RESP critical_low", "334 RESP apnoea_or_lost_signal"}));
}

TEST_F(RecordedPatientsTest, ArtefactOfThePulseIsADisagreementAndNoSlowPulse) {
    EXPECT_EQ(alarms_of("39"),
              (Lines{"10 PULSE and HR pulse_and_heart_rate_disagree", "64 PULSE and HR cleared"}));
    EXPECT_EQ(
        alarms_of("41"),
        (Lines{"14 PULSE and HR pulse_and_heart_rate_disagree", "21 PULSE and HR cleared",
               "59 PULSE and HR pulse_and_heart_rate_disagree", "117 PULSE and HR cleared",
               "140 PULSE and HR pulse_and_heart_rate_disagree", "162 PULSE and HR cleared"}));
}

TEST_F(RecordedPatientsTest, TheOthersRaiseNothing) {
    for (const auto* number : {"01", "03", "05", "10", "12", "14", "17", "22", "27", "40", "46"}) {
        EXPECT_EQ(alarms_of(number), Lines{}) << "recording " << number;
    }
}

// Goal: state kept on disk goes on as if nothing had been. Method: encode and decode after each
// row.
TEST_F(RecordedPatientsTest, ARestartAfterEachSecondChangesNothing) {
    for (const auto* number : {"13", "25", "32", "39", "41"}) {
        PatientRules rules;
        Lines out;
        for (const auto& row : read_recording(recording(number))) {
            auto again = PatientRules::decode(rules.encode());
            ASSERT_TRUE(again);
            ASSERT_EQ(*again, rules);
            rules = std::move(*again);
            for (const auto& change : rules.apply(row, adult)) out.push_back(to_text(change));
        }
        EXPECT_EQ(out, alarms_of(number)) << "recording " << number;
    }
}

// Goal: how rows are packed does not matter. Method: several rows a batch, readings in reverse.
TEST_F(RecordedPatientsTest, BatchesOfManyRowsGiveTheSameAlarms) {
    for (const auto* number : {"13", "25", "32", "39", "41"}) {
        PatientRules rules;
        Lines out;
        series::StoredBatch packed;
        for (const auto& row : read_recording(recording(number))) {
            packed.clock = packed.gateway_time = row.clock;
            packed.readings.insert(packed.readings.begin(), row.readings.begin(),
                                   row.readings.end());
            if (packed.readings.size() < 50) continue;
            packed.qualities.assign(packed.readings.size(), series::Quality::plausible);
            for (const auto& change : rules.apply(packed, adult)) out.push_back(to_text(change));
            packed.readings.clear();
        }
        packed.qualities.assign(packed.readings.size(), series::Quality::plausible);
        for (const auto& change : rules.apply(packed, adult)) out.push_back(to_text(change));
        EXPECT_EQ(out, alarms_of(number)) << "recording " << number;
    }
}

TEST_F(RecordedPatientsTest, WithoutAKnownAgeNothingClinicalIsRaised) {
    const auto unknown = [](wire::Vital) { return PatientFacts{}; };
    for (const auto* number : {"13", "25", "32", "39"}) {
        PatientRules rules;
        for (const auto& row : read_recording(recording(number))) {
            EXPECT_TRUE(rules.apply(row, unknown).empty());
        }
    }
}

}  // namespace
}  // namespace monitor
