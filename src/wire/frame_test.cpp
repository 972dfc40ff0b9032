// SPDX-License-Identifier: Apache-2.0
#include "wire/frame.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "salus/v1/frame.pb.h"
#include "wire/content.h"
#include "wire/internal/test_samples.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using testing::HasSubstr;

base::Bytes bytes_of(const std::string& text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

TEST(Batch, RoundTrips) {
    EXPECT_EQ(decode_batch(encode(samples::batch())).value(), samples::batch());
    auto silent = samples::batch();  // a sensor that fell off has nothing to say but that
    silent.readings.clear();
    silent.status = DeviceStatus::sensor_off;
    EXPECT_EQ(decode_batch(encode(silent)).value(), silent);
    EXPECT_EQ(decode_acknowledgement(encode(samples::acknowledgement())).value(),
              samples::acknowledgement());
}

// Goal: bytes never drift, or a device in the field falls silent. Method: vectors written down
// once.
TEST(Batch, ThisBatchHasTheseBytes) {
    EXPECT_EQ(base::to_hex(encode(samples::batch())),
              "0809120d080410e8ffb2e5bd6818d0eb0b1216080a1080f8b2e5bd682208ffd20e00c0a38601"
              "28a01f120c080b1080f8b2e5bd6818d736180120d087b3e5bd6828e0d403");
    EXPECT_EQ(base::to_hex(encode(samples::acknowledgement())), "0a040102ac0210d0cbd9f29e34");
}

struct BadBatch {
    std::string_view problem;
    std::function<void(pb::ReadingBatch&)> spoil;
    base::ErrorCode code = base::ErrorCode::malformed;
};

TEST(Batch, RefusesWhatIsOutOfFormAndSaysWhatIsWrong) {
    using base::ErrorCode;
    const std::vector<BadBatch> cases = {
        {"counter 0", [](auto& batch) { batch.set_counter(0); }},
        {"speed_milli", [](auto& batch) { batch.set_speed_milli(0); }},
        {"status", [](auto& batch) { batch.set_status(0); }},
        {"status", [](auto& batch) { batch.set_status(4); }},
        {"clock_ms", [](auto& batch) { batch.set_clock_ms(-1); }},
        {"clock_ms", [](auto& batch) { batch.set_clock_ms(253'402'300'800'000); }},
        {"reading.vital", [](auto& batch) { batch.mutable_readings(0)->set_vital(0); }},
        {"reading.vital", [](auto& batch) { batch.mutable_readings(0)->set_vital(15); }},
        {"reading.vital", [](auto& batch) { batch.mutable_readings(0)->set_vital(0x104); }},
        {"reading.time_ms", [](auto& batch) { batch.mutable_readings(0)->set_time_ms(-5); }},
        {"samples of what is no strip",
         [](auto& batch) { batch.mutable_readings(0)->add_waveform_micro(1); }},
        {"a strip without samples",
         [](auto& batch) { batch.mutable_readings(1)->clear_waveform_micro(); }},
        {"has a period", [](auto& batch) { batch.mutable_readings(0)->set_period_us(4'000); }},
        {"has a period", [](auto& batch) { batch.mutable_readings(1)->clear_period_us(); }},
        {"no single value", [](auto& batch) { batch.mutable_readings(1)->set_value_milli(1); }},
        {"re-serialise", [](auto& batch) { batch.MergeFromString("\xf8\x01\x01"); },
         ErrorCode::not_canonical},
        {"256 readings",
         [](auto& batch) {
             while (batch.readings_size() < 257) *batch.add_readings() = batch.readings(0);
         },
         ErrorCode::too_large},
        {"2,048 samples",
         [](auto& batch) {
             auto& strip = *batch.mutable_readings(1);
             while (strip.waveform_micro_size() < 2'049) strip.add_waveform_micro(1);
         },
         ErrorCode::too_large},
    };
    for (const auto& [problem, spoil, code] : cases) {
        pb::ReadingBatch message;
        const auto good = encode(samples::batch());
        ASSERT_TRUE(message.ParseFromArray(good.data(), static_cast<int>(good.size())));
        spoil(message);
        const auto decoded = decode_batch(bytes_of(message.SerializeAsString()));
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, code) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    }
}

TEST(Batch, TheLargestOneFitsIntoARelaysRecord) {
    auto batch = samples::batch();
    batch.readings.resize(1);
    batch.readings[0].value_milli = 350'000;
    batch.readings.resize(batch_readings_max, batch.readings[0]);
    EXPECT_EQ(decode_batch(encode(batch)).value(), batch);
    EXPECT_LE(encode(batch).size(), batch_bytes_max);
    auto strip = samples::batch();
    strip.readings = {strip.readings[1]};
    strip.readings[0].waveform_micro.assign(waveform_samples_max, -10'000'000);
    EXPECT_EQ(decode_batch(encode(strip)).value(), strip);
    EXPECT_LE(encode(strip).size(), batch_bytes_max);
}

TEST(Acknowledgement, RefusesCountersThatAreNotPacked) {
    // An acknowledgement with its counters one by one: protobuf reads it, we do not.
    const auto packed = base::from_hex("0a020102").value();
    const auto unpacked = base::from_hex("08010802").value();
    EXPECT_TRUE(decode_acknowledgement(packed));
    EXPECT_THAT(decode_acknowledgement(unpacked).error().detail, HasSubstr("re-serialise"));
}

TEST(Acknowledgement, RefusesWhatIsOutOfForm) {
    EXPECT_THAT(decode_acknowledgement(base::from_hex("0a0100").value()).error().detail,
                HasSubstr("counter 0"));
    EXPECT_THAT(
        decode_acknowledgement(base::from_hex("10ffffffffffffffffff01").value()).error().detail,
        HasSubstr("gateway_time_ms"));
    EXPECT_EQ(decode_acknowledgement(base::Bytes(frame_bytes_max + 1, 0)).error().code,
              base::ErrorCode::too_large);
}

TEST(Batch, TenThousandMutationsNeverCrashNorDrift) {
    const auto batch = samples::try_mutations(
        encode(samples::batch()), 21, [](base::ByteView bytes) -> std::optional<base::Bytes> {
            const auto decoded = decode_batch(bytes);
            if (!decoded) return std::nullopt;
            return encode(*decoded);
        });
    const auto acknowledgement =
        samples::try_mutations(encode(samples::acknowledgement()), 22,
                               [](base::ByteView bytes) -> std::optional<base::Bytes> {
                                   const auto decoded = decode_acknowledgement(bytes);
                                   if (!decoded) return std::nullopt;
                                   return encode(*decoded);
                               });
    for (const auto& count : {batch, acknowledgement}) {
        EXPECT_EQ(count.drifted, 0);
        EXPECT_GT(count.accepted, 0);
    }
}

}  // namespace
}  // namespace wire
