// SPDX-License-Identifier: Apache-2.0
#include "base/lookup_table.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "base/random.h"

namespace base {
namespace {

using Id = FixedBytes<struct IdTag, 16>;
using Table = LookupTable<Id, int>;

Id id(std::uint8_t first, std::uint8_t last = 0) {
    Id out;
    out.bytes.front() = first;
    out.bytes.back() = last;
    return out;
}

TEST(LookupTable, FindsWhatWasPutAndNothingElse) {
    Table table;
    EXPECT_EQ(table.find(id(1)), nullptr);
    EXPECT_TRUE(table.put(id(1), 10));
    EXPECT_TRUE(table.put(id(2), 20));
    ASSERT_NE(table.find(id(1)), nullptr);
    EXPECT_EQ(*table.find(id(1)), 10);
    EXPECT_EQ(table.find(id(3)), nullptr);
    EXPECT_EQ(table.size(), 2U);
}

TEST(LookupTable, ReplacesTheValueOfAKeyThatItHas) {
    Table table;
    table.put(id(1), 10);
    EXPECT_FALSE(table.put(id(1), 11));
    EXPECT_EQ(*table.find(id(1)), 11);
    EXPECT_EQ(table.size(), 1U);
}

TEST(LookupTable, ErasingAnAbsentKeyChangesNothing) {
    Table table;
    table.erase(id(1));
    table.put(id(1), 10);
    table.erase(id(2));
    EXPECT_EQ(table.size(), 1U);
    table.clear();
    EXPECT_EQ(table.find(id(1)), nullptr);
}

// Goal: keys whose searches begin at one place stay findable when one of them goes. Method: the
// hash reads the first 8 bytes alone, so these all collide.
TEST(LookupTable, KeysThatCollideOutliveEachOther) {
    Table table;
    for (std::uint8_t i = 0; i < 6; ++i) table.put(id(7, i), i);
    table.erase(id(7, 0));
    table.erase(id(7, 3));
    for (const int left : {1, 2, 4, 5}) {
        const auto* found = table.find(id(7, static_cast<std::uint8_t>(left)));
        ASSERT_NE(found, nullptr) << left;
        EXPECT_EQ(*found, left);
    }
    EXPECT_EQ(table.find(id(7, 0)), nullptr);
    EXPECT_EQ(table.find(id(7, 3)), nullptr);
}

// Method: the standard map as the oracle, over few keys so that they come and go often.
TEST(LookupTable, AnswersAsAMapDoes) {
    SeededRandom random(7);
    Table table;
    std::map<Id, int> oracle;
    for (int step = 0; step < 20'000; ++step) {
        const auto drawn = draw<Id>(random);
        const auto key = id(drawn.bytes[0] % 8, drawn.bytes[1] % 32);
        if (drawn.bytes[2] % 2 == 0) {
            EXPECT_EQ(table.put(key, step), oracle.insert_or_assign(key, step).second);
        } else {
            table.erase(key);
            oracle.erase(key);
        }
        ASSERT_EQ(table.size(), oracle.size());
        const auto asked = id(drawn.bytes[3] % 8, drawn.bytes[4] % 32);
        const auto at = oracle.find(asked);
        const auto* found = table.find(asked);
        ASSERT_EQ(found != nullptr, at != oracle.end());
        if (found != nullptr) {
            ASSERT_EQ(*found, at->second);
        }
    }
}

TEST(LookupTable, ByteStringsOfAnyLengthAreKeys) {
    LookupTable<Bytes, int, BytesHash, BytesEqual> table;
    for (int length = 0; length < 40; ++length) {
        table.put(Bytes(static_cast<std::size_t>(length), 0), length);
    }
    for (int length = 0; length < 40; ++length) {
        const Bytes key(static_cast<std::size_t>(length), 0);
        ASSERT_NE(table.find(ByteView(key)), nullptr) << length;
        EXPECT_EQ(*table.find(ByteView(key)), length);
    }
    EXPECT_EQ(table.find(as_bytes("another")), nullptr);
}

}  // namespace
}  // namespace base
