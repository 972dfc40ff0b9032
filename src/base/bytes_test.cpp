// SPDX-License-Identifier: Apache-2.0
#include "base/bytes.h"

#include <gtest/gtest.h>

namespace base {
namespace {

// Goal: text forms are canonical, so two texts never name the same bytes. Method: RFC 4648
// section 10.
TEST(Base64Url, FollowsTheVectorsOfRfc4648) {
    EXPECT_EQ(to_base64url(as_bytes("")), "");
    EXPECT_EQ(to_base64url(as_bytes("f")), "Zg");
    EXPECT_EQ(to_base64url(as_bytes("fo")), "Zm8");
    EXPECT_EQ(to_base64url(as_bytes("foobar")), "Zm9vYmFy");
    EXPECT_EQ(as_text(*from_base64url("Zm9vYg")), "foob");
}

TEST(Base64Url, RefusesWhatIsNotCanonical) {
    EXPECT_FALSE(from_base64url("Zh"));    // stray bits after the byte
    EXPECT_FALSE(from_base64url("Z"));     // six bits make no byte
    EXPECT_FALSE(from_base64url("Zg=="));  // padding
    EXPECT_FALSE(from_base64url("Z g"));
}

TEST(Hex, RefusesUpperCaseAndOddLength) {
    EXPECT_EQ(to_hex(Bytes{0x00, 0xab}), "00ab");
    EXPECT_EQ(*from_hex("00ab"), (Bytes{0x00, 0xab}));
    EXPECT_FALSE(from_hex("00AB"));
    EXPECT_FALSE(from_hex("00a"));
    EXPECT_FALSE(from_hex("0g"));
}

TEST(BigEndian, RoundTrips) {
    Bytes out;
    append_u16(out, 0x0102);
    append_u32(out, 0x03040506);
    append_u64(out, 0x0708090a0b0c0d0eULL);
    EXPECT_EQ(to_hex(out), "0102030405060708090a0b0c0d0e");
    EXPECT_EQ(read_u64(ByteView(out).subspan(6)), 0x0708090a0b0c0d0eULL);
    EXPECT_EQ(read_u16(out), 0x0102);
}

}  // namespace
}  // namespace base
