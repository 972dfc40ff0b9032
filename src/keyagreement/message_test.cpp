// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/message.h"

#include <gtest/gtest.h>

#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using testing::repeated;

PublicKey key_of(std::uint8_t byte) {
    PublicKey out;
    out.fill(byte);
    return out;
}

const Message1 message1{.profile = Profile::user_cloud,
                        .initiator = repeated<Sid>(0x01),
                        .ephemeral = key_of(0x02),
                        .pid = repeated<SealedPid>(0x03),
                        .time = repeated<SealedTime>(0x04),
                        .mac1 = repeated<Mac1>(0x05),
                        .cookie = std::nullopt};

std::string repeat(const char* byte, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += byte;
    return out;
}

TEST(Message1, HasItsFieldsWhereTheProtocolPutsThem) {
    const auto frame = encode(message1);
    EXPECT_EQ(frame.size(), message1_bytes);
    EXPECT_EQ(base::to_hex(frame), "1301" + repeat("01", 8) + repeat("02", 32) + repeat("03", 32) +
                                       repeat("04", 24) + repeat("05", 16));
    EXPECT_EQ(encode(decode_message1(frame).value()), frame);
}

TEST(Message1, CarriesACookieBehindTheVerySameBytes) {
    auto retry = message1;
    retry.cookie = repeated<Cookie>(0x06);
    auto expected = encode(message1);
    base::append(expected, base::Bytes(16, 0x06));
    EXPECT_EQ(encode(retry), expected);
    EXPECT_EQ(expected.size(), message1_with_cookie_bytes);
    EXPECT_EQ(encode(decode_message1(expected).value()), expected);
}

TEST(OtherMessages, HaveTheirFieldsWhereTheProtocolPutsThem) {
    const auto message2 = encode(Message2{.profile = Profile::pda_cloud,
                                          .initiator = repeated<Sid>(0x01),
                                          .responder = repeated<Sid>(0x02),
                                          .ephemeral = key_of(0x03),
                                          .time = repeated<SealedTime>(0x04)});
    EXPECT_EQ(base::to_hex(message2),
              "1202" + repeat("01", 8) + repeat("02", 8) + repeat("03", 32) + repeat("04", 24));
    EXPECT_EQ(encode(decode_message2(message2).value()), message2);
    const auto message3 = encode(Message3{.profile = Profile::device_pda,
                                          .responder = repeated<Sid>(0x02),
                                          .confirmation = repeated<Tag>(0x07)});
    EXPECT_EQ(base::to_hex(message3), "1103" + repeat("02", 8) + repeat("07", 16));
    EXPECT_EQ(encode(decode_message3(message3).value()), message3);
    const auto cookie = encode(CookieReply{.profile = Profile::device_pda,
                                           .initiator = repeated<Sid>(0x01),
                                           .cookie = repeated<Cookie>(0x08)});
    EXPECT_EQ(base::to_hex(cookie), "1106" + repeat("01", 8) + repeat("08", 16));
    EXPECT_EQ(encode(decode_cookie_reply(cookie).value()), cookie);
    const auto header = encode(DataHeader{.profile = Profile::device_pda,
                                          .receiver = repeated<Sid>(0x02),
                                          .sequence = 0x0102030405060708});
    EXPECT_EQ(base::to_hex(header), "1104" + repeat("02", 8) + "0102030405060708");
}

// The cost of a handshake as the protocol states it, and that no reply is longer than its cause.
TEST(MessageSizes, AreThoseOfTheProtocol) {
    EXPECT_EQ((message1_bytes + message2_bytes + message3_bytes) * 8, 1'712U);
    EXPECT_LT(message2_bytes, message1_bytes);
    EXPECT_LT(cookie_reply_bytes, message1_bytes);
    EXPECT_EQ(data_overhead_bytes, 34U);
}

TEST(Head, IsRefusedOfAnotherVersionProfileOrType) {
    const auto head = [](std::uint8_t first, std::uint8_t second) {
        return decode_head(base::Bytes{first, second}).has_value();
    };
    EXPECT_TRUE(head(0x11, 1));
    EXPECT_TRUE(head(0x13, 6));
    EXPECT_FALSE(head(0x10, 1)) << "no such profile";
    EXPECT_FALSE(head(0x14, 1)) << "no such profile";
    EXPECT_FALSE(head(0x21, 1)) << "another version";
    EXPECT_FALSE(head(0x01, 1)) << "another version";
    EXPECT_FALSE(head(0x11, 0)) << "no such type";
    EXPECT_FALSE(head(0x11, 5)) << "no such type";
    EXPECT_FALSE(head(0x11, 7)) << "no such type";
    EXPECT_FALSE(decode_head({}));
    EXPECT_FALSE(decode_head(base::Bytes{0x11}));
}

TEST(DataHeader, NeedsATagAndHasABound) {
    base::Bytes frame(data_overhead_bytes, 0);
    frame[0] = 0x11;
    frame[1] = 4;
    EXPECT_TRUE(decode_data_header(frame));
    frame.pop_back();
    EXPECT_FALSE(decode_data_header(frame));
    frame.resize(data_bytes_max);
    EXPECT_TRUE(decode_data_header(frame));
    frame.push_back(0);
    EXPECT_FALSE(decode_data_header(frame));
}

}  // namespace
}  // namespace keyagreement
