// SPDX-License-Identifier: Apache-2.0
#include "chain/orphans.h"

#include <gtest/gtest.h>

namespace chain {
namespace {

Orphan sample(std::uint8_t tail) {
    Orphan orphan{.height = 7,
                  .parent = {},
                  .header = {},
                  .miner = {},
                  .reason = OrphanReason::too_few_approvals,
                  .approvals = 3,
                  .needed = 4};
    orphan.parent.bytes[0] = 0x11;
    orphan.header.bytes[63] = tail;
    orphan.miner.bytes[15] = 0x33;
    return orphan;
}

TEST(Orphans, ComeBackAsTheyWereSent) {
    const std::vector<Orphan> sent{sample(1), sample(2)};
    const auto back = encoding::decode_orphans(encoding::encode(sent));
    ASSERT_TRUE(back) << back.error().detail;
    EXPECT_EQ(*back, sent);
    EXPECT_EQ(encoding::decode_orphans(encoding::encode(std::vector<Orphan>{})).value(),
              std::vector<Orphan>{});
}

// Goal: nothing but the named bytes is taken. Method: cut, lengthen, and write a wrong number.
TEST(Orphans, OutOfFormAreRefused) {
    const auto good = encoding::encode(std::vector<Orphan>{sample(1)});
    ASSERT_GT(good.size(), 4U + 152U);
    const base::Bytes cut(good.begin(), good.end() - 1);
    auto longer = good;
    longer.push_back(0);
    auto counted_wrongly = good;
    counted_wrongly[3] = 2;
    auto unknown_reason = good;
    unknown_reason[4 + 152] = 99;
    for (const auto& bytes : {cut, longer, counted_wrongly, unknown_reason, base::Bytes{0, 0}}) {
        const auto back = encoding::decode_orphans(bytes);
        ASSERT_FALSE(back);
        EXPECT_EQ(back.error().code, base::ErrorCode::malformed);
    }
}

}  // namespace
}  // namespace chain
