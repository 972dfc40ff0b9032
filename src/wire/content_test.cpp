// SPDX-License-Identifier: Apache-2.0
#include "wire/content.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

#include "salus/v1/frame.pb.h"
#include "wire/internal/test_samples.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using base::ErrorCode;
using samples::counted;
using testing::HasSubstr;

/// One of each kind, in the order of their numbers.
std::vector<Content> contents() {
    auto second = samples::batch();
    second.counter = 10;
    return {
        samples::batch(),
        Relayed{{{counted<DeviceId>(0x10), encode(samples::batch())},
                 {counted<DeviceId>(0x20), encode(second)}}},
        RelayedAcknowledgements{
            {{counted<DeviceId>(0x10), samples::acknowledgement()},
             {counted<DeviceId>(0x20),
              {.counters = {}, .gateway_time = samples::acknowledgement().gateway_time}}}},
        samples::acknowledgement(),
        Kept{{9, 10, 300}},
    };
}

base::Bytes with_kind(std::uint8_t kind, std::string_view body) {
    base::Bytes out(1 + body.size(), kind);
    std::ranges::copy(body, out.begin() + 1);
    return out;
}

TEST(Content, EachKindRoundTripsUnderItsNumber) {
    std::uint8_t number = 1;
    for (const auto& content : contents()) {
        const auto bytes = encode_content(content);
        EXPECT_EQ(bytes[0], number);
        EXPECT_EQ(kind_of(content), static_cast<ContentKind>(number));
        const auto decoded = decode_content(bytes);
        ASSERT_TRUE(decoded) << decoded.error().detail;
        EXPECT_EQ(*decoded, content);
        ++number;
    }
}

// Goal: bytes never drift, or a device in the field falls silent. Method: vectors written down
// once. Kinds 1 and 4 are the byte and what frame_test.cpp pins.
TEST(Content, TheseContentsHaveTheseBytes) {
    const Relayed relayed{{{counted<DeviceId>(0x10), {0xaa, 0xbb}}}};
    EXPECT_EQ(base::to_hex(encode_content(relayed)),
              "020a160a10101112131415161718191a1b1c1d1e1f1202aabb");
    EXPECT_EQ(base::to_hex(encode_content(contents()[2])),
              "030a210a10101112131415161718191a1b1c1d1e1f120d0a040102ac0210d0cbd9f29e34"
              "0a1b0a10202122232425262728292a2b2c2d2e2f120710d0cbd9f29e34");
    EXPECT_EQ(base::to_hex(encode_content(Kept{{9, 10, 300}})), "050a04090aac02");
    EXPECT_EQ(base::to_hex(encode_content(Kept{})), "05");
}

TEST(Content, OfReadingsShowsTheBatchAsTheDeviceEncodedIt) {
    const auto bytes = encode_content(samples::batch());
    const auto batch = batch_of_readings(bytes);
    EXPECT_EQ(base::Bytes(batch.begin(), batch.end()), encode(samples::batch()));
}

TEST(Content, RefusesUnknownKindsAndNothing) {
    EXPECT_THAT(decode_content({}).error().detail, HasSubstr("nothing in it"));
    const auto good = encode_content(Kept{{1}});
    for (const int kind : {0, 6, 7, 128, 255}) {
        auto bad = good;
        bad[0] = static_cast<std::uint8_t>(kind);
        const auto decoded = decode_content(bad);
        ASSERT_FALSE(decoded);
        EXPECT_EQ(decoded.error().code, ErrorCode::malformed);
        EXPECT_THAT(decoded.error().detail, HasSubstr("unknown kind"));
    }
}

TEST(Content, IsNeverReadAsAnotherKind) {
    for (const auto& content : contents()) {
        auto bytes = encode_content(content);
        for (std::uint8_t kind = 1; kind <= 5; ++kind) {
            bytes[0] = kind;
            const auto decoded = decode_content(bytes);
            if (!decoded) continue;
            EXPECT_EQ(kind_of(*decoded), static_cast<ContentKind>(kind));
        }
    }
}

TEST(Content, RefusesWhatIsOutOfFormAndSaysWhatIsWrong) {
    pb::Relayed short_name;
    short_name.add_batches()->set_device(std::string(15, 'x'));
    short_name.mutable_batches(0)->set_batch("x");
    pb::Relayed empty_batch;
    empty_batch.add_batches()->set_device(std::string(16, 'x'));
    pb::RelayedAcknowledgements zero;
    auto& one = *zero.add_acknowledgements();
    one.set_device(std::string(16, 'x'));
    one.mutable_acknowledgement()->add_counters(0);
    pb::RelayedAcknowledgements late;
    late.add_acknowledgements()->set_device(std::string(16, 'x'));
    late.mutable_acknowledgements(0)->mutable_acknowledgement()->set_gateway_time_ms(UINT64_MAX);
    pb::RelayedAcknowledgements nameless;
    nameless.add_acknowledgements()->mutable_acknowledgement()->set_gateway_time_ms(1);
    pb::Kept zero_kept;
    zero_kept.add_counters(0);

    const std::tuple<base::Bytes, std::string_view, ErrorCode> cases[] = {
        {with_kind(2, ""), "no batch in it", ErrorCode::malformed},
        {with_kind(2, short_name.SerializeAsString()), "15 bytes, not 16", ErrorCode::malformed},
        {with_kind(2, empty_batch.SerializeAsString()), "without bytes", ErrorCode::malformed},
        {with_kind(3, ""), "no acknowledgement in it", ErrorCode::malformed},
        {with_kind(3, zero.SerializeAsString()), "counter 0", ErrorCode::malformed},
        {with_kind(3, late.SerializeAsString()), "gateway_time_ms", ErrorCode::malformed},
        {with_kind(3, nameless.SerializeAsString()), "0 bytes, not 16", ErrorCode::malformed},
        {with_kind(5, zero_kept.SerializeAsString()), "counter 0", ErrorCode::malformed},
        {with_kind(1, ""), "counter 0", ErrorCode::malformed},
        {with_kind(2, "\x0a\x7f"), "protobuf", ErrorCode::undecodable},
        {with_kind(5, std::string_view("\x08\x01", 2)), "re-serialise", ErrorCode::not_canonical},
        {with_kind(5, std::string_view("\x0a\x02\x81\x00", 4)), "re-serialise",
         ErrorCode::not_canonical},
        {with_kind(5, std::string_view("\x0a\x01\x01\x10\x01", 5)), "re-serialise",
         ErrorCode::not_canonical},
        // An acknowledgement that says nothing is still there, with a length of 0.
        {with_kind(3, std::string("\x0a\x12\x0a\x10") + std::string(16, 'x')), "re-serialise",
         ErrorCode::not_canonical},
    };
    for (const auto& [bytes, problem, code] : cases) {
        const auto decoded = decode_content(bytes);
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, code) << problem << ": " << decoded.error().detail;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    }
}

TEST(Content, RefusesWhatIsTooLarge) {
    for (std::uint8_t kind = 1; kind <= 5; ++kind) {
        base::Bytes bytes(content_bytes_max + 1, 0);
        bytes[0] = kind;
        EXPECT_EQ(decode_content(bytes).error().code, ErrorCode::too_large);
    }
    base::Bytes batch(1 + batch_bytes_max + 1, 0);
    batch[0] = 1;
    EXPECT_EQ(decode_content(batch).error().code, ErrorCode::too_large);
}

TEST(Content, TheLargestBatchFitsIntoARelay) {
    const Relayed relayed{{{counted<DeviceId>(0x10), base::Bytes(batch_bytes_max, 0xff)}}};
    const auto bytes = encode_content(relayed);
    EXPECT_LE(bytes.size(), content_bytes_max);
    EXPECT_EQ(std::get<Relayed>(decode_content(bytes).value()), relayed);
    // The overhead is an upper bound also for many small ones.
    Relayed many;
    for (std::size_t size = 1; size < 200; ++size)
        many.batches.push_back({counted<DeviceId>(0x10), base::Bytes(size % 70 + 1, 1)});
    std::size_t bound = 1;
    for (const auto& entry : many.batches) bound += entry.batch.size() + relayed_overhead_bytes;
    EXPECT_LE(encode_content(many).size(), bound);
}

TEST(Content, TheMostCountersFit) {
    Kept kept;
    kept.counters.assign(content_counters_max, UINT64_MAX);
    EXPECT_LE(encode_content(kept).size(), content_bytes_max);
    RelayedAcknowledgements relayed;
    for (std::size_t i = 0; i < content_devices_max; ++i) {
        relayed.acknowledgements.push_back(
            {counted<DeviceId>(static_cast<std::uint8_t>(i)),
             {.counters = std::vector<std::uint64_t>(content_counters_max / content_devices_max,
                                                     UINT64_MAX),
              .gateway_time = base::from_unix_ms(253'402'300'799'999)}});
    }
    const auto bytes = encode_content(relayed);
    EXPECT_LE(bytes.size(), content_bytes_max);
    EXPECT_EQ(std::get<RelayedAcknowledgements>(decode_content(bytes).value()), relayed);
}

TEST(Content, TenThousandMutationsOfEachKindNeverCrashNorDrift) {
    std::uint64_t seed = 31;
    for (const auto& content : contents()) {
        const auto count =
            samples::try_mutations(encode_content(content), seed++,
                                   [](base::ByteView bytes) -> std::optional<base::Bytes> {
                                       const auto decoded = decode_content(bytes);
                                       if (!decoded) return std::nullopt;
                                       return encode_content(*decoded);
                                   });
        EXPECT_EQ(count.drifted, 0);
        EXPECT_GT(count.accepted, 0);
    }
}

}  // namespace
}  // namespace wire
