// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "coap/address.h"
#include "coap/device_path.h"

namespace coap {
namespace {

const std::string pda(32, 'a');
const std::string device(32, '0');

TEST(Addresses, AreAnIpAndAPort) {
    EXPECT_EQ(parse_address("127.0.0.1:5683"), (Address{"127.0.0.1", 5683}));
    EXPECT_EQ(parse_address("[::1]:61616"), (Address{"::1", 61616}));
    for (const char* text : {"127.0.0.1:5683", "[::1]:61616"}) {
        EXPECT_EQ(text_of(*parse_address(text)), text);
    }
    for (const char* bad :
         {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:56a",
          "127.0.0.1:-1", "::1:5683", "[127.0.0.1]:5683", "[::1]", "localhost:5683", "[]:5683",
          " 127.0.0.1:5683", "127.0.0.1:5683 "}) {
        const auto refused = parse_address(bad);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, base::ErrorCode::malformed);
    }
}

TEST(DevicePaths, NameTheSameAsTheTopics) {
    const DevicePath path{"default", pda, device};
    EXPECT_EQ(parse_device_path(path.text()), path);
    for (const auto direction : {mqtt::Direction::up, mqtt::Direction::down}) {
        EXPECT_EQ(path_of_topic(path.topic(direction), direction), path);
    }
    EXPECT_EQ(path.topic(mqtt::Direction::up),
              "salus/v1/default/pda/" + pda + "/" + device + "/up");
    EXPECT_FALSE(path_of_topic(path.topic(mqtt::Direction::up), mqtt::Direction::down));
}

TEST(DevicePaths, HaveOneFormAlone) {
    const std::string good = "default/" + pda + "/" + device;
    ASSERT_TRUE(parse_device_path(good));
    for (const std::string& bad :
         {std::string(), std::string("default"), "default/" + pda, "/" + pda + "/" + device,
          "a b/" + pda + "/" + device, "a+/" + pda + "/" + device,
          std::string(65, 'a') + "/" + pda + "/" + device, good + "/", good + "0", "/" + good,
          "default/" + std::string(32, 'A') + "/" + device,
          "default/" + std::string(32, '+') + "/" + device,
          "default/" + pda.substr(1) + "/" + device, "default//" + device, good + "/up"}) {
        EXPECT_FALSE(parse_device_path(bad)) << bad;
    }
    for (const std::string& bad :
         {std::string(), "salus/v1/default/cloud/" + device + "/up",
          "salus/v1/default/pda/" + pda + "/" + device, "salus/v1/default/pda/x/" + device + "/up",
          "salus/v2/default/pda/" + pda + "/" + device + "/up",
          "salus/v1//pda/" + pda + "/" + device + "/up", mqtt::pda_started_topic("default", pda)}) {
        EXPECT_FALSE(path_of_topic(bad, mqtt::Direction::up)) << bad;
    }
}

}  // namespace
}  // namespace coap
