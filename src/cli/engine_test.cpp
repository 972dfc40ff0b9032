// SPDX-License-Identifier: Apache-2.0
#include "cli/engine.h"

#include <gtest/gtest.h>

#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace cli {
namespace {

// Goal: one start with a clock of 2099 does not date the chain for good. Method: clocks around the
// newest block, with and without the operator's word, which counts once.
TEST(Engine, DoesNotBelieveAClockFarAheadOfTheNewestBlock) {
    const storage::TemporaryFolder place;
    const DataFolder folder{place.path()};
    const auto newest = base::from_unix_ms(1'767'225'600'000);
    const std::chrono::hours days{24};
    for (const auto now : {newest - 400 * days, newest, newest + 366 * days}) {
        EXPECT_TRUE(check_clock(folder, newest, now));
    }
    const auto ahead = newest + 367 * days;
    const auto refused = check_clock(folder, newest, ahead);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, base::ErrorCode::conflict);
    EXPECT_NE(refused.error().detail.find("accept-clock"), std::string::npos);

    ASSERT_TRUE(storage::write_file_synced(folder.root / "accept-clock", {}));
    EXPECT_TRUE(check_clock(folder, newest, ahead));
    EXPECT_FALSE(check_clock(folder, newest, ahead)) << "once";
}

}  // namespace
}  // namespace cli
