// SPDX-License-Identifier: Apache-2.0
#include "mqtt/topics.h"

#include <gtest/gtest.h>

namespace mqtt {
namespace {

TEST(Topics, NameTheDeviceOfATelemetryTopic) {
    const std::string topic = telemetry_topic("default", "00ff");
    EXPECT_EQ(topic, "salus/v1/default/00ff/telemetry");
    EXPECT_EQ(acknowledgement_topic("default", "00ff"), "salus/v1/default/00ff/ack");
    EXPECT_EQ(device_of_telemetry(topic, "default"), "00ff");
}

TEST(Topics, KnowNoDeviceInAnyOtherTopic) {
    for (const char* topic : {"", "salus", "salus/v1/", "salus/v1/default", "salus/v1/default/",
                              "salus/v1/default/telemetry", "salus/v1/default//telemetry",
                              "salus/v1/default/a/b/telemetry", "salus/v1/default/a/ack",
                              "salus/v1/other/a/telemetry", "salus/v1/defaulta/telemetry",
                              "salus/v2/default/a/telemetry", "x/salus/v1/default/a/telemetry"}) {
        EXPECT_EQ(device_of_telemetry(topic, "default"), std::nullopt) << topic;
    }
}

TEST(Topics, FiltersCoverAsTheStandardSays) {
    // Source: MQTT 3.1.1 section 4.7.1.
    EXPECT_TRUE(filter_matches("a/+/c", "a/b/c"));
    EXPECT_TRUE(filter_matches("a/#", "a/b/c"));
    EXPECT_TRUE(filter_matches("a/#", "a"));
    EXPECT_TRUE(filter_matches("#", "a/b"));
    EXPECT_TRUE(filter_matches("a/+", "a/"));
    EXPECT_FALSE(filter_matches("a/+", "a"));
    EXPECT_FALSE(filter_matches("a/+", "a/b/c"));
    EXPECT_FALSE(filter_matches("a/b", "a/b/c"));
    EXPECT_FALSE(filter_matches("a/b/c", "a/b"));
}

}  // namespace
}  // namespace mqtt
