// SPDX-License-Identifier: Apache-2.0
#include "review/internal/reason.h"

#include <gtest/gtest.h>

#include <string>

namespace review::internal {
namespace {

TEST(ReasonTest, FiveHundredCharactersOfAnyScriptAreFine) {
    EXPECT_TRUE(check_reason("x"));
    EXPECT_TRUE(check_reason("Signal gestört,\nbitte neu messen"));
    std::string long_text;
    for (int i = 0; i < 500; ++i) long_text += "\U0001F9E1";
    EXPECT_TRUE(check_reason(long_text));
    EXPECT_FALSE(check_reason(long_text + "x"));
}

TEST(ReasonTest, BlankControlAndBrokenTextIsRefused) {
    using namespace std::string_view_literals;
    for (const auto bad :
         {""sv, " \n\t"sv, "a\0b"sv, "a\x1b[2J"sv, "a\x7f"sv, "\xc2\x85"sv, "\xff"sv, "\xc3"sv,
          "\xc0\xaf"sv, "\xe0\x80\xaf"sv, "\xed\xa0\x80"sv, "\xf0\x80\x80\xaf"sv,
          "\xf4\x90\x80\x80"sv, "\x80"sv, "\xe2\x28\xa1"sv}) {
        const auto checked = check_reason(bad);
        ASSERT_FALSE(checked) << testing::PrintToString(bad);
        EXPECT_EQ(checked.error().code, base::ErrorCode::malformed);
    }
}

}  // namespace
}  // namespace review::internal
