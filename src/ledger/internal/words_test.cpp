// SPDX-License-Identifier: Apache-2.0
#include "ledger/internal/words.h"

#include <gtest/gtest.h>

namespace ledger {
namespace {

TEST(Words, WriteTimesAsPeopleReadThem) {
    EXPECT_EQ(words_of(base::from_unix_ms(0)), "1970-01-01 00:00:00 UTC");
    EXPECT_EQ(words_of(base::from_unix_ms(1'709'251'199'999)), "2024-02-29 23:59:59 UTC");
    EXPECT_EQ(words_of(base::from_unix_ms(253'402'300'799'999)), "9999-12-31 23:59:59 UTC");
    EXPECT_EQ(words_of(base::from_unix_ms(253'402'300'800'000)), "253402300800000 ms since 1970");
    EXPECT_EQ(words_of(base::from_unix_ms(-1)), "-1 ms since 1970");
}

}  // namespace
}  // namespace ledger
