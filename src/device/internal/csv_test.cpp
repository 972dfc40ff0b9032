// SPDX-License-Identifier: Apache-2.0
#include "device/internal/csv.h"

#include <gtest/gtest.h>

namespace device::internal {
namespace {

TEST(Csv, ReadsDecimalsExactlyToThousandths) {
    EXPECT_EQ(parse_milli("0"), 0);
    EXPECT_EQ(parse_milli("97"), 97'000);
    EXPECT_EQ(parse_milli("62.8"), 62'800);
    EXPECT_EQ(parse_milli("-12.345"), -12'345);
    EXPECT_EQ(parse_milli("+.5"), 500);
    EXPECT_EQ(parse_milli("5."), 5'000);
    EXPECT_EQ(parse_milli("999999999.999"), 999'999'999'999);
}

TEST(Csv, RoundsFurtherDecimalsHalfToEven) {
    EXPECT_EQ(parse_milli("1.0005"), 1'000);
    EXPECT_EQ(parse_milli("1.0015"), 1'002);
    EXPECT_EQ(parse_milli("1.0025"), 1'002);
    EXPECT_EQ(parse_milli("1.00250"), 1'002);
    EXPECT_EQ(parse_milli("1.002500001"), 1'003);
    EXPECT_EQ(parse_milli("1.0024999"), 1'002);
    EXPECT_EQ(parse_milli("-1.0015"), -1'002);
    EXPECT_EQ(parse_milli("0.9999"), 1'000);
}

TEST(Csv, RefusesWhatIsNoPlainNumber) {
    for (const char* field :
         {"", ".", "-", "+", "--1", "1e3", "inf", "-inf", "0x10", "1,5", "1 2", "12a", "1.2.3",
          "1.23x", "1.2345x", "1000000000", "NA", "99999999999999999999999999"}) {
        EXPECT_EQ(parse_milli(field), std::nullopt) << field;
    }
}

TEST(Csv, TakesBlanksAndNansForNoValue) {
    for (const char* field : {"", "NaN", "nan", "NAN"}) EXPECT_TRUE(is_blank(field)) << field;
    for (const char* field : {"0", "NA", "nan1", "-"}) EXPECT_FALSE(is_blank(field)) << field;
}

TEST(Csv, SplitsAtCommasAndDropsSpacesAround) {
    EXPECT_EQ(split_fields("a, b ,,\tc"), (std::vector<std::string_view>{"a", "b", "", "c"}));
    EXPECT_EQ(split_fields(""), (std::vector<std::string_view>{""}));
}

TEST(Csv, TakesLinesOfBothKinds) {
    std::string_view text = "a\r\nb\n\nc";
    EXPECT_EQ(take_line(text), "a");
    EXPECT_EQ(take_line(text), "b");
    EXPECT_EQ(take_line(text), "");
    EXPECT_EQ(take_line(text), "c");
    EXPECT_TRUE(text.empty());
}

}  // namespace
}  // namespace device::internal
