// SPDX-License-Identifier: Apache-2.0
#include "wire/internal/canonical_fields.h"

#include <gtest/gtest.h>

#include <string_view>

namespace wire::internal {
namespace {

/// bytes 1; uint64 2; uint32 3; bool 4; message 5; repeated bytes 6.
constexpr MessageForm form{.bytes = fields({1}),
                           .numbers = fields({2}),
                           .numbers32 = fields({3}),
                           .flags = fields({4}),
                           .messages = fields({5}),
                           .repeated = fields({6})};
constexpr std::string_view everything =
    "0a02abcd"
    "10ffffffffffffffffff01"
    "18ffffffff0f"
    "2001"
    "2a00"
    "320101"
    "3200";

CanonicalFields read(base::Bytes& kept, std::string_view hex) {
    kept = base::from_hex(hex).value();
    return {kept, form};
}

TEST(CanonicalFields, ReadsEveryKindOfField) {
    base::Bytes kept;
    const auto in = read(kept, everything);
    EXPECT_TRUE(in.whole());
    EXPECT_TRUE(in.canonical());
    EXPECT_EQ(base::to_hex(in.bytes(1)), "abcd");
    EXPECT_EQ(in.number(2), 0xFFFF'FFFF'FFFF'FFFFU);
    EXPECT_EQ(in.number32(3), 0xFFFF'FFFFU);
    EXPECT_TRUE(in.flag(4));
    EXPECT_TRUE(in.has(5));
    EXPECT_TRUE(in.bytes(5).empty());
    ASSERT_EQ(in.repeated().size(), 2U);
    EXPECT_EQ(base::to_hex(in.repeated()[0]), "01");
    EXPECT_TRUE(in.repeated()[1].empty());
    EXPECT_EQ(in.present(), fields({1, 2, 3, 4, 5}));
}

TEST(CanonicalFields, AbsentFieldsAreEmptyAndZero) {
    const CanonicalFields in({}, form);
    EXPECT_TRUE(in.whole());
    EXPECT_TRUE(in.canonical());
    EXPECT_TRUE(in.bytes(1).empty());
    EXPECT_EQ(in.number(2), 0U);
    EXPECT_FALSE(in.flag(4));
    EXPECT_FALSE(in.has(5));
    EXPECT_TRUE(in.repeated().empty());
}

struct Bytes {
    std::string_view name;
    std::string_view hex;
};
std::string name_of(const testing::TestParamInfo<Bytes>& info) {
    return std::string(info.param.name);
}

class NotCanonical : public testing::TestWithParam<Bytes> {};

TEST_P(NotCanonical, IsReadAndSaid) {
    base::Bytes kept;
    const auto in = read(kept, GetParam().hex);
    EXPECT_TRUE(in.whole());
    EXPECT_FALSE(in.canonical());
}

INSTANTIATE_TEST_SUITE_P(
    Each, NotCanonical,
    testing::Values(
        Bytes{"OutOfOrder", "10010a0161"}, Bytes{"Twice", "10011002"},
        Bytes{"BytesTwice", "0a01610a0162"}, Bytes{"MessageTwice", "2a002a00"},
        Bytes{"RepeatedNotTogether", "3201610a0161320162"}, Bytes{"EmptyBytes", "0a00"},
        Bytes{"ZeroNumber", "1000"}, Bytes{"FalseFlag", "2000"}, Bytes{"FlagOfTwo", "2002"},
        Bytes{"LongNumber", "108100"}, Bytes{"LongLength", "0a810061"}, Bytes{"LongKey", "900001"},
        Bytes{"NumberAbove32Bits", "188080808010"},
        Bytes{"NumberAbove64Bits", "1080808080808080808002"}, Bytes{"UnknownField", "3801"},
        Bytes{"UnknownFieldAboveTheTable", "f80101"}, Bytes{"NumberWhereBytesStand", "0801"},
        Bytes{"BytesWhereANumberStands", "120161"}, Bytes{"EightFixedBytes", "110102030405060708"},
        Bytes{"FourFixedBytes", "1501020304"}),
    name_of);

class NotWhole : public testing::TestWithParam<Bytes> {};

TEST_P(NotWhole, IsNoMessage) {
    base::Bytes kept;
    const auto in = read(kept, GetParam().hex);
    EXPECT_FALSE(in.whole());
    EXPECT_FALSE(in.canonical());
}

INSTANTIATE_TEST_SUITE_P(Each, NotWhole,
                         testing::Values(Bytes{"KeyAlone", "0a"}, Bytes{"HalfAKey", "f8"},
                                         Bytes{"BytesCutShort", "0a0261"},
                                         Bytes{"LengthCutShort", "0a80"},
                                         Bytes{"LengthBeyondAllMemory", "0affffffffffffffffff01"},
                                         Bytes{"NumberCutShort", "1080"},
                                         Bytes{"NumberWithoutEnd", "10ffffffffffffffffffff01"},
                                         Bytes{"FixedCutShort", "150102"},
                                         Bytes{"FieldZero", "0201"},
                                         Bytes{"KeyAbove32Bits", "8a8080808001"},
                                         Bytes{"Group", "0b0c"}, Bytes{"WireTypeSeven", "0f"}),
                         name_of);

TEST(CanonicalFields, NoTruncationHoldsEveryField) {
    const auto all = base::from_hex(everything).value();
    for (std::size_t size = 0; size < all.size(); ++size) {
        const CanonicalFields in(base::ByteView(all).first(size), form);
        const bool every_field =
            in.present() == fields({1, 2, 3, 4, 5}) && in.repeated().size() == 2;
        EXPECT_FALSE(in.whole() && every_field) << size;
    }
}

}  // namespace
}  // namespace wire::internal
