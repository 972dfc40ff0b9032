// SPDX-License-Identifier: Apache-2.0
#include "base/record.h"

#include <gtest/gtest.h>

namespace base {
namespace {

using Id = FixedBytes<struct IdTag, 4>;
enum class Colour : std::uint8_t { red = 1, blue = 2 };

Bytes sample() {
    RecordWriter out;
    out.u8(7).u32(70'000).u64(1ULL << 40).i64(-5).time(std::optional<TimePoint>{});
    out.time(std::optional{from_unix_ms(9)}).text("RESP").u8(2);
    out.fixed(Id{{1, 2, 3, 4}}.view());
    return out.take();
}

TEST(RecordTest, WhatIsWrittenReadsBack) {
    const auto bytes = sample();
    RecordReader in(bytes);
    EXPECT_EQ(in.u8(), 7);
    EXPECT_EQ(in.u32(), 70'000u);
    EXPECT_EQ(in.u64(), 1ULL << 40);
    EXPECT_EQ(in.i64(), -5);
    EXPECT_EQ(in.optional_time(), std::nullopt);
    EXPECT_EQ(in.optional_time(), from_unix_ms(9));
    EXPECT_EQ(in.text(), "RESP");
    EXPECT_EQ(in.enumerator(Colour::red, Colour::blue), Colour::blue);
    EXPECT_EQ(in.fixed<Id>(), (Id{{1, 2, 3, 4}}));
    EXPECT_TRUE(in.complete());
}

// Goal: no cut of a record passes for a whole one. Method: every length below the full one.
TEST(RecordTest, ARecordCutShortIsNotComplete) {
    const auto whole = sample();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        RecordReader in(ByteView(whole).first(size));
        in.u8(), in.u32(), in.u64(), in.i64(), in.optional_time(), in.optional_time();
        in.text(), in.enumerator(Colour::red, Colour::blue), in.fixed<Id>();
        EXPECT_FALSE(in.complete()) << size;
    }
}

TEST(RecordTest, BytesTooManyUnknownEnumeratorsAndHugeCountsBreakIt) {
    const Bytes one_left{1, 2};
    RecordReader left(one_left);
    left.u8();
    EXPECT_TRUE(left.sound());
    EXPECT_FALSE(left.complete());

    const Bytes unknown{3};
    RecordReader colour(unknown);
    EXPECT_EQ(colour.enumerator(Colour::red, Colour::blue), Colour::red);
    EXPECT_FALSE(colour.sound());

    const Bytes huge{0xff, 0xff, 0xff, 0xff, 0};
    RecordReader count(huge);
    EXPECT_EQ(count.count(1), 0u);
    EXPECT_FALSE(count.sound());
    RecordReader text(huge);
    EXPECT_EQ(text.text(), "");
    EXPECT_FALSE(text.sound());
}

}  // namespace
}  // namespace base
