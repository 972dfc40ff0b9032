// SPDX-License-Identifier: Apache-2.0
#include "review/report_content.h"

#include <gtest/gtest.h>

#include <tuple>

#include "base/random.h"
#include "base/testing.h"
#include "crypto/hash.h"

namespace review {
namespace {

ReportContent sample() {
    ReportContent content;
    content.patient.bytes.fill(1);
    content.doctor.bytes.fill(2);
    content.period_start = base::from_unix_ms(1'700'000'000'000);
    content.period_end = base::from_unix_ms(1'700'000'300'000);
    for (int i = 0; i < 3; ++i) {
        ContentReading item;
        item.device.bytes.fill(3);
        item.gateway_time = content.period_start;
        item.reading = {.vital = wire::Vital::body_temperature,
                        .time = content.period_start + std::chrono::seconds{i},
                        .value_milli = 36'600 - i,
                        .waveform_micro = {}};
        content.readings.push_back(item);
    }
    content.readings[1].quality = series::Quality::implausible;
    content.readings[2].reading.vital = wire::Vital::ecg;
    content.readings[2].reading.waveform_micro = {-5, 0, 2'000'000};
    content.readings[2].reading.period_us = 4'000;
    monitor::Alarm alarm;
    alarm.id = 7;
    alarm.patient = content.patient;
    alarm.vital = wire::Vital::spo2;
    alarm.condition = monitor::Condition::critical_low;
    alarm.priority = monitor::Priority::high;
    alarm.message = "SpO2 84 < 85";
    alarm.cleared_at = content.period_end;
    content.alarms.push_back(alarm);
    return content;
}

TEST(ReportContentTest, WhatIsWrittenReadsBack) {
    const auto bytes = encode(sample());
    const auto again = decode_content(bytes);
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, sample());
    EXPECT_EQ(encode(*again), bytes);
}

// Goal: an old report must stay readable. Method: the hash of the bytes of version 1.
TEST(ReportContentTest, TheBytesOfVersionOneNeverChange) {
    EXPECT_EQ(base::to_hex(crypto::sha256(encode(sample()))),
              "c8ed469a79e6f923a3240b09625eba6b01dc4dcdc937fa1ca55691477f02d0f9");
}

TEST(ReportContentTest, DamagedBytesAreRefused) {
    const auto whole = encode(sample());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(decode_content(base::ByteView(whole).first(size))) << size;
    }
    auto longer = whole;
    longer.push_back(0);
    EXPECT_FALSE(decode_content(longer));
    base::SeededRandom random(3);
    for (int round = 0; round < base::testing::rounds(5'000); ++round) {
        auto bytes = whole;
        bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
        std::ignore = decode_content(bytes);  // must not crash
    }
}

TEST(ReportContentTest, TheRootDependsOnEveryReadingItsOrderAndTheSalt) {
    const auto content = sample();
    std::array<std::uint8_t, 32> salt{};
    const auto root = root_of(content.readings, salt);
    auto other_salt = salt;
    other_salt[0] = 1;
    EXPECT_NE(root_of(content.readings, other_salt), root);
    auto swapped = content.readings;
    std::swap(swapped[0], swapped[1]);
    EXPECT_NE(root_of(swapped, salt), root);
    for (std::size_t i = 0; i < content.readings.size(); ++i) {
        auto changed = content.readings;
        changed[i].reading.value_milli += 1;
        EXPECT_NE(root_of(changed, salt), root);
    }
    EXPECT_EQ(root_of({content.readings[0]}, salt), leaf_of(content.readings[0], salt));
}

}  // namespace
}  // namespace review
