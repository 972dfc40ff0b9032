// SPDX-License-Identifier: Apache-2.0
#include "attack/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace attack {
namespace {

using testing::HasSubstr;

Row row(std::string name, bool resisted, std::optional<bool> control) {
    return {.name = std::move(name),
            .paper = true,
            .resisted = resisted,
            .control = control,
            .ran_at_ms = 1'763'733'600'000,
            .detail = "0 of 9 replayed messages were taken."};
}

TEST(Report, IsTheJsonThatOthersRead) {
    EXPECT_EQ(to_json({row("replay", true, true), row("flooding", false, std::nullopt)}),
              R"({"attacks":[{"name":"replay","paper":true,"resisted":true,"control":true,)"
              R"("ran_at_ms":1763733600000,"detail":"0 of 9 replayed messages were taken."},)"
              R"({"name":"flooding","paper":true,"resisted":false,"control":null,)"
              R"("ran_at_ms":1763733600000,"detail":"0 of 9 replayed messages were taken."}]})");
}

TEST(Report, ARowIsAsExpectedOnlyIfResistedAndItsControlDidNotFail) {
    EXPECT_TRUE(row("replay", true, true).as_expected());
    EXPECT_TRUE(row("replay", true, std::nullopt).as_expected());
    EXPECT_FALSE(row("replay", true, false).as_expected());
    EXPECT_FALSE(row("replay", false, true).as_expected());
}

TEST(Report, TheTableSaysWhatSucceeded) {
    const auto table = to_table({row("replay", true, true), row("insider", false, false)});
    EXPECT_THAT(table, HasSubstr("replay of recorded messages"));
    EXPECT_THAT(table, HasSubstr("SUCCEEDED"));
    EXPECT_THAT(table, HasSubstr("FAILS"));
    EXPECT_THAT(table, HasSubstr("1 of 2 as they should be"));
}

// Goal: a run of one attack leaves the others' rows. Method: two runs into one file.
TEST(Report, AKeptRowTakesThePlaceOfItsNameAlone) {
    const storage::TemporaryFolder folder;
    const auto file = folder.path() / "attacks.json";
    ASSERT_TRUE(keep(file, {row("replay", false, true), row("insider", true, true)}));
    ASSERT_TRUE(keep(file, {row("replay", true, true)}));
    const auto rows = rows_from_json(base::as_text(*storage::read_file(file, 1U << 16U)));
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 2U);
    EXPECT_TRUE((*rows)[0].resisted);
    EXPECT_EQ((*rows)[1].name, "insider");
}

class BadReport : public testing::TestWithParam<const char*> {};
TEST_P(BadReport, IsRefused) {
    EXPECT_FALSE(rows_from_json(GetParam()));
}
INSTANTIATE_TEST_SUITE_P(
    All, BadReport,
    testing::Values("", "[]", "{}", R"({"attacks":{}})", R"({"attacks":[1]})",
                    R"({"attacks":[{"name":"replay"}]})",
                    R"({"attacks":[{"name":"a","paper":1,"resisted":true,"control":null,)"
                    R"("ran_at_ms":1,"detail":""}]})",
                    R"({"attacks":[{"name":"a","paper":true,"resisted":true,"control":"no",)"
                    R"("ran_at_ms":1,"detail":""}]})"));

}  // namespace
}  // namespace attack
