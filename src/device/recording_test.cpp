// SPDX-License-Identifier: Apache-2.0
#include "device/recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "storage/files.h"

namespace device {
namespace {

using base::ErrorCode;
using testing::HasSubstr;
using wire::Vital;
using namespace std::chrono_literals;

struct ReadsRecordings : testing::Test {
    ReadsRecordings() {
        folder = std::filesystem::temp_directory_path() /
                 ("salus-recording-" + std::to_string(::getpid()) + "-" +
                  testing::UnitTest::GetInstance()->current_test_info()->name());
        std::filesystem::remove_all(folder);
        std::filesystem::create_directories(folder);
    }
    ~ReadsRecordings() override { std::filesystem::remove_all(folder); }
    void write(const std::string& name, std::string_view text) const {
        std::ofstream(folder / name, std::ios::binary) << text;
    }
    std::filesystem::path folder;
};

TEST(Recording, KeepsBlanksBlankAndCountsValues) {
    const auto recording = Recording::parse(
        "Time [s], HR, PULSE, RESP, SpO2\n0,94,93,25,97\n1,,NaN, ,nan\n2,95,,,96.5\n",
        "x_Numerics.csv");
    ASSERT_TRUE(recording) << recording.error().detail;
    EXPECT_EQ(recording->name(), "x");
    EXPECT_EQ(recording->value_count(), 6U);
    EXPECT_EQ(recording->length(), 2s);
    ASSERT_EQ(recording->parts().size(), 1U);
    const Recording::Part& part = recording->parts()[0];
    EXPECT_EQ(part.plan.source, "monitor");
    EXPECT_EQ(part.plan.interval_ms, 2'000U);
    EXPECT_EQ(part.plan.vitals, (std::vector{Vital::heart_rate, Vital::pulse_rate,
                                             Vital::respiration_rate, Vital::spo2}));
    ASSERT_EQ(part.rows.size(), 2U);  // the blank row sends nothing
    EXPECT_EQ(part.rows[1].offset, 2s);
    ASSERT_EQ(part.rows[1].values.size(), 2U);
    EXPECT_EQ(part.rows[1].values[1].vital, Vital::spo2);
    EXPECT_EQ(part.rows[1].values[1].value_milli, 96'500);
}

TEST(Recording, TakesColumnsInAnyOrderAndWarnsOfUnknownOnes) {
    const auto recording = Recording::parse(
        "\xef\xbb\xbfSpO2_pct,row,etCO2,time_s,HR_bpm\r\n97,0,38,10.5,60\r\n98,1,,11.5,61\r\n",
        "y.csv");
    ASSERT_TRUE(recording) << recording.error().detail;
    EXPECT_EQ(recording->value_count(), 4U);
    EXPECT_EQ(recording->length(), 1s);
    ASSERT_EQ(recording->warnings().size(), 1U);
    EXPECT_THAT(recording->warnings()[0], HasSubstr("etCO2"));
}

TEST(Recording, GivesTheCuffADeviceOfItsOwn) {
    const auto recording = Recording::parse(
        "time_s,ABPSys_mmHg,ABPDias_mmHg,ABPMean_mmHg,NBPSys_mmHg,NBPDias_mmHg,NBPMean_mmHg\n"
        "0,120,70,87,,,\n60,121,71,88,118,69,85\n120,122,72,89,,,\n",
        "z.csv");
    ASSERT_TRUE(recording) << recording.error().detail;
    ASSERT_EQ(recording->parts().size(), 2U);
    const Recording::Part* cuff = recording->part("cuff");
    ASSERT_NE(cuff, nullptr);
    EXPECT_EQ(cuff->plan.vitals, (std::vector{Vital::systolic_pressure, Vital::diastolic_pressure,
                                              Vital::mean_pressure}));
    // One measurement, then the empty row that says the recording is over.
    ASSERT_EQ(cuff->rows.size(), 2U);
    EXPECT_EQ(cuff->rows[0].offset, 60s);
    EXPECT_EQ(cuff->rows[1].offset, 120s);
    EXPECT_TRUE(cuff->rows[1].values.empty());
    EXPECT_EQ(recording->value_count(), 12U);
}

TEST(Recording, EndsWithABatchThoughItsLastRowIsBlank) {
    const auto recording = Recording::parse("Time [s],HR\n0,60\n1,\n", "a.csv");
    ASSERT_TRUE(recording);
    const auto source = make_recording_source(recording->parts()[0].rows, std::nullopt);
    EXPECT_EQ(source->batch_count(), 2U);
    EXPECT_EQ(source->offset_of(1), 1s);
    EXPECT_TRUE(source->readings(1, base::from_unix_ms(5)).empty());
}

TEST(Recording, CanBeCutShort) {
    const auto recording = Recording::parse("Time [s],HR\n0,60\n1,61\n5,62\n", "a.csv");
    ASSERT_TRUE(recording);
    const auto& rows = recording->parts()[0].rows;
    EXPECT_EQ(make_recording_source(rows, 9s)->batch_count(), 3U);
    EXPECT_EQ(make_recording_source(rows, 1s)->batch_count(), 2U);
    const auto between = make_recording_source(rows, 3s);
    EXPECT_EQ(between->batch_count(), 3U);
    EXPECT_EQ(between->offset_of(2), 3s);
    EXPECT_EQ(between->first_at(1s), 1U);
    EXPECT_EQ(between->first_at(4s), 3U);
}

TEST(Recording, NamesWhatIsWrongAndWhere) {
    struct Case {
        const char* what;
        std::string text;
        const char* says;
    };
    const Case cases[] = {
        {"empty", "", "line 0: the file is empty"},
        {"header only", "Time [s], HR\n", "no rows"},
        {"no time", "HR,RESP\n1,2\n", "no time column"},
        {"two times", "Time [s],time_s,HR\n0,0,1\n", "two time columns"},
        {"no vital", "Time [s],a\n0,1\n", "no column of a vital"},
        {"same vital twice", "Time [s],HR,HR_bpm\n0,1,2\n", "mean the same vital"},
        {"malformed number", "Time [s],HR\n0,60\n1,6O\n", "f.csv line 3: column \"HR\": \"6O\""},
        {"malformed time", "Time [s],HR\nsoon,60\n", "column \"Time [s]\": \"soon\""},
        {"blank time", "Time [s],HR\n,60\n", "column \"Time [s]\""},
        {"time stands still", "Time [s],HR\n1,60\n1,61\n", "line 3: time 1 does not rise"},
        {"time falls", "Time [s],HR\n2,60\n1,61\n", "does not rise"},
        {"too few fields", "Time [s],HR,RESP\n0,60\n", "has 2 fields where"},
        {"too many fields", "Time [s],HR\n0,60,1\n", "has 3 fields where"},
        {"infinite", "Time [s],HR\n0,inf\n", "not a decimal number"},
        {"quotes", "Time [s],HR\n0,\"60\"\n", "not a decimal number"},
        {"bytes of another kind", std::string("Time [s],HR\n0,6\0\xff\n", 17), "not a decimal"},
    };
    for (const Case& c : cases) {
        const auto recording = Recording::parse(c.text, "f.csv");
        ASSERT_FALSE(recording) << c.what;
        EXPECT_EQ(recording.error().code, ErrorCode::malformed) << c.what;
        EXPECT_THAT(recording.error().detail, HasSubstr(c.says)) << c.what;
    }
}

TEST(Recording, RefusesAHugeLine) {
    const std::string text = "Time [s],HR\n0," + std::string(100'000, '1') + "\n";
    const auto recording = Recording::parse(text, "f.csv");
    ASSERT_FALSE(recording);
    EXPECT_EQ(recording.error().code, ErrorCode::too_large);
    EXPECT_THAT(recording.error().detail, HasSubstr("line 2"));
}

TEST_F(ReadsRecordings, FindsNumericsAloneInOrder) {
    for (const char* name : {"b_numerics_1min.csv", "a_NUMERICS.CSV", "a_Breaths.csv",
                             "a_Signals.csv", "numerics.txt"}) {
        write(name, "x");
    }
    std::filesystem::create_directory(folder / "folder_Numerics.csv");
    const auto found = Recording::find(folder);
    ASSERT_TRUE(found);
    EXPECT_EQ(*found, (std::vector{folder / "a_NUMERICS.CSV", folder / "b_numerics_1min.csv"}));

    const auto none = Recording::find(folder / "folder_Numerics.csv");
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, ErrorCode::not_found);
    EXPECT_FALSE(Recording::find(folder / "missing"));
}

TEST_F(ReadsRecordings, TakesAgeAndSexFromTheFileBeside) {
    write("p_Numerics.csv", "Time [s],HR\n0,60\n");
    auto recording = Recording::read(folder / "p_Numerics.csv");
    ASSERT_TRUE(recording);
    EXPECT_EQ(recording->age_years(), std::nullopt);
    EXPECT_EQ(recording->sex(), "");
    write("p_Fix.txt", "anything\r\nAge: 90+\r\nGender: F\r\n");
    recording = Recording::read(folder / "p_Numerics.csv");
    ASSERT_TRUE(recording);
    EXPECT_EQ(recording->age_years(), 90);
    EXPECT_EQ(recording->sex(), "female");
    write("p_Fix.txt", "Age: unknown\nGender:\n");
    recording = Recording::read(folder / "p_Numerics.csv");
    EXPECT_EQ(recording->age_years(), std::nullopt);
    EXPECT_EQ(recording->sex(), "");
}

// What a naive reader counts: fields that are neither blank nor NaN, in all columns but `skipped`.
std::uint64_t counted_naively(const std::filesystem::path& file, std::size_t skipped) {
    std::ifstream in(file);
    std::string line;
    std::getline(in, line);
    std::uint64_t count = 0;
    while (std::getline(in, line)) {
        std::size_t column = 0;
        std::string field;
        for (std::size_t i = 0; i <= line.size(); ++i) {
            if (i < line.size() && line[i] != ',') {
                if (line[i] != ' ' && line[i] != '\r') field += line[i];
                continue;
            }
            if (column++ >= skipped && !field.empty() && field != "NaN") ++count;
            field.clear();
        }
    }
    return count;
}

TEST(RecordedPatients, OfBidmcAreReadWhole) {
    const std::filesystem::path folder = std::filesystem::path(SALUS_DATA_DIR) / "bidmc";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no recorded patients in " << folder;
    const auto files = Recording::find(folder);
    ASSERT_TRUE(files) << files.error().detail;
    EXPECT_EQ(files->size(), 16U);
    std::map<std::string, int> ages;
    for (const auto& file : *files) {
        const auto recording = Recording::read(file);
        ASSERT_TRUE(recording) << recording.error().detail;
        EXPECT_EQ(recording->value_count(), counted_naively(file, 1)) << file;
        EXPECT_EQ(recording->length(), 480s) << file;
        EXPECT_TRUE(recording->warnings().empty()) << file;
        EXPECT_EQ(recording->parts().size(), 1U) << file;
        EXPECT_EQ(recording->parts()[0].plan.interval_ms, 1'000U) << file;
        EXPECT_FALSE(recording->sex().empty()) << file;
        ages[recording->name()] = recording->age_years().value_or(-1);
    }
    EXPECT_EQ(ages["bidmc_01"], 88);
}

TEST(RecordedPatients, OfTheIcuNumericsHaveAMonitorAndACuff) {
    const auto file =
        std::filesystem::path(SALUS_DATA_DIR) / "icu-numerics" / "mimic2_s00001_numerics_1min.csv";
    if (!std::filesystem::exists(file)) GTEST_SKIP() << "no recorded patient at " << file;
    const auto recording = Recording::read(file);
    ASSERT_TRUE(recording) << recording.error().detail;
    EXPECT_EQ(recording->value_count(), counted_naively(file, 2));
    EXPECT_TRUE(recording->warnings().empty());
    ASSERT_NE(recording->part("monitor"), nullptr);
    ASSERT_NE(recording->part("cuff"), nullptr);
    EXPECT_EQ(recording->part("monitor")->plan.interval_ms, 60'000U);
    std::uint64_t in_rows = 0;
    for (const Recording::Part& part : recording->parts()) {
        EXPECT_EQ(part.rows.back().offset, recording->length());
        for (const Recording::Row& row : part.rows) in_rows += row.values.size();
    }
    EXPECT_EQ(in_rows, recording->value_count());
}

}  // namespace
}  // namespace device
