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

TEST(Topics, NameTheClientOfACloudTopic) {
    const std::string up = cloud_topic("default", "00ff", Direction::up);
    EXPECT_EQ(up, "salus/v1/default/cloud/00ff/up");
    EXPECT_EQ(cloud_topic("default", "00ff", Direction::down), "salus/v1/default/cloud/00ff/down");
    EXPECT_EQ(client_of_cloud_topic(up, "default", Direction::up), "00ff");
    EXPECT_EQ(client_of_cloud_topic(up, "default", Direction::down), std::nullopt);
}

TEST(Topics, NameTheDeviceAndItsPdaOfAPdaTopic) {
    const std::string down = pda_topic("default", "0a", "0b", Direction::down);
    EXPECT_EQ(down, "salus/v1/default/pda/0a/0b/down");
    const auto address = address_of_pda_topic(down, "default", Direction::down);
    ASSERT_TRUE(address);
    EXPECT_EQ(address->pda, "0a");
    EXPECT_EQ(address->device, "0b");
    EXPECT_FALSE(address_of_pda_topic(down, "default", Direction::up));
}

TEST(Topics, OfAStartAreNobodysTopics) {
    EXPECT_EQ(started_topic("default"), "salus/v1/default/cloud/started");
    EXPECT_EQ(pda_started_topic("default", "0a"), "salus/v1/default/pda/0a/started");
    for (const auto direction : {Direction::up, Direction::down}) {
        EXPECT_FALSE(client_of_cloud_topic(started_topic("default"), "default", direction));
        EXPECT_FALSE(
            address_of_pda_topic(pda_started_topic("default", "0a"), "default", direction));
    }
}

TEST(Topics, KnowNobodyInAnyOtherTopic) {
    for (const char* topic : {"", "salus/v1/default/cloud", "salus/v1/default/cloud/",
                              "salus/v1/default/cloud/up", "salus/v1/default/cloud//up",
                              "salus/v1/default/cloud/a/b/up", "salus/v1/default/cloud/a/upp",
                              "salus/v1/other/cloud/a/up", "salus/v1/defaultx/cloud/a/up",
                              "salus/v2/default/cloud/a/up", "salus/v1/default/pda/a/up"}) {
        EXPECT_EQ(client_of_cloud_topic(topic, "default", Direction::up), std::nullopt) << topic;
    }
    for (const char* topic : {"", "salus/v1/default/pda/a/up", "salus/v1/default/pda//a/up",
                              "salus/v1/default/pda/a//up", "salus/v1/default/pda/a/b/c/up",
                              "salus/v1/default/pda/a/b", "salus/v1/other/pda/a/b/up",
                              "salus/v1/default/cloud/a/b/up", "x/salus/v1/default/pda/a/b/up"}) {
        EXPECT_FALSE(address_of_pda_topic(topic, "default", Direction::up)) << topic;
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
