// SPDX-License-Identifier: Apache-2.0
#include "keyagreement/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/testing.h"
#include "keyagreement/testing.h"

namespace keyagreement {
namespace {

using namespace std::chrono_literals;
using testing::flipped;
using testing::repeated;

const auto reading = base::as_bytes("heart rate 61/min");

Agreed agreed() {
    return {.initiator_to_responder = *DirectionKeys::from(base::Bytes(44, 1)),
            .responder_to_initiator = *DirectionKeys::from(base::Bytes(44, 2)),
            .session_key = {},
            .login_token = {}};
}

Session session(Side side, Suite suite = Suite::chacha20_poly1305) {
    auto keys = agreed();
    const auto i = repeated<Sid>('I');
    const auto r = repeated<Sid>('R');
    return {{.profile = Profile::device_pda,
             .suite = suite,
             .side = side,
             .own = side == Side::initiator ? i : r,
             .peer = side == Side::initiator ? r : i},
            keys,
            0s};
}

/// The record that a sender makes as its `sequence`th, from 0.
base::Bytes record_at(Session& sender, std::uint64_t sequence) {
    while (sender.sealed() < sequence) (void)sender.seal({}, 0s);
    return sender.seal(reading, 0s).value();
}

class DataRecords : public ::testing::Test {
protected:
    void expect_refused(base::ByteView frame, Failure failure, Elapsed now = 0s) {
        const auto opened = receiver.open(frame, now);
        ASSERT_FALSE(opened);
        EXPECT_EQ(opened.error(), failure) << name_of(opened.error());
    }
    Session sender = session(Side::initiator);
    Session receiver = session(Side::responder);
};

TEST_F(DataRecords, OpenAtTheOtherEndInEitherDirectionAndSuite) {
    for (const auto suite : {Suite::chacha20_poly1305, Suite::aes_256_gcm}) {
        auto i = session(Side::initiator, suite);
        auto r = session(Side::responder, suite);
        const auto up = i.seal(reading, 0s).value();
        EXPECT_EQ(up.size(), reading.size() + data_overhead_bytes);
        EXPECT_EQ(base::as_text(r.open(up, 0s).value()), base::as_text(reading));
        EXPECT_EQ(base::as_text(i.open(r.seal(reading, 0s).value(), 0s).value()),
                  base::as_text(reading));
        EXPECT_FALSE(i.open(up, 0s)) << "a record reflected to its sender";
    }
}

TEST_F(DataRecords, AnyFlippedBitIsRefusedAndSpoilsNothing) {
    const auto frame = sender.seal(reading, 0s).value();
    for (std::size_t bit = 0; bit < frame.size() * 8; bit += base::testing::stride) {
        EXPECT_FALSE(receiver.open(flipped(frame, bit), 0s)) << bit;
    }
    EXPECT_TRUE(receiver.open(frame, 0s));
}

TEST_F(DataRecords, OfAnotherLengthAreRefused) {
    const auto frame = sender.seal(reading, 0s).value();
    for (std::size_t size = 0; size < frame.size(); ++size) {
        EXPECT_FALSE(receiver.open(base::ByteView(frame).first(size), 0s)) << size;
    }
    auto longer = frame;
    longer.push_back(0);
    expect_refused(longer, Failure::record);
}

TEST_F(DataRecords, AreReceivedOnceWithinTheWindowInAnyOrder) {
    std::vector<base::Bytes> frames;
    for (int i = 0; i < 1'100; ++i) frames.push_back(sender.seal(reading, 0s).value());
    ASSERT_TRUE(receiver.open(frames[1'050], 0s));
    // 1,024 wide: the newest, 1,050, and the 1,023 below it.
    expect_refused(frames[26], Failure::sequence);
    for (const std::size_t overtaken : {27U, 1'049U, 500U, 28U}) {
        ASSERT_TRUE(receiver.open(frames[overtaken], 0s)) << overtaken;
        expect_refused(frames[overtaken], Failure::sequence);
    }
    expect_refused(frames[1'050], Failure::sequence);
    ASSERT_TRUE(receiver.open(frames[1'099], 0s));
    expect_refused(frames[75], Failure::sequence);
    ASSERT_TRUE(receiver.open(frames[76], 0s));
}

TEST_F(DataRecords, OfAnotherSessionOrProfileAreRefused) {
    auto frame = sender.seal(reading, 0s).value();
    frame[2] ^= 1;
    expect_refused(frame, Failure::state);
    frame[2] ^= 1;
    frame[0] = 0x12;
    expect_refused(frame, Failure::state);
}

// Goal: after 2^16 records the keys change at both ends, overtaken records open for 2 dT, and then
// the key before is gone.
TEST_F(DataRecords, ChangeKeysEvery65536AndKeepTheOldFor10Seconds) {
    const auto early = record_at(sender, records_a_ratchet - 3);
    const auto late = record_at(sender, records_a_ratchet - 2);
    const auto last = record_at(sender, records_a_ratchet - 1);
    const auto first_new = record_at(sender, records_a_ratchet);
    ASSERT_TRUE(receiver.open(early, 0s));
    ASSERT_TRUE(receiver.open(first_new, 1s));
    ASSERT_TRUE(receiver.open(last, 10'999ms));
    expect_refused(late, Failure::sequence, 11s);
    ASSERT_TRUE(receiver.open(record_at(sender, records_a_ratchet + 1), 12s));
}

TEST_F(DataRecords, AForgedSequenceMovesNoKeys) {
    auto forged = sender.seal(reading, 0s).value();
    forged[data_header_bytes - 3] = 1;  // sequence 65,536
    expect_refused(forged, Failure::record);
    forged[data_header_bytes - 3] = 3;  // more ratchets ahead than are tried
    expect_refused(forged, Failure::sequence);
    forged[data_header_bytes - 5] = 1;  // sequence above 2^32
    expect_refused(forged, Failure::sequence);
    EXPECT_TRUE(receiver.open(sender.seal(reading, 0s).value(), 0s));
}

TEST_F(DataRecords, FollowWhenAWholeRatchetOfThemGotLost) {
    ASSERT_TRUE(receiver.open(record_at(sender, 0), 0s));
    ASSERT_TRUE(receiver.open(record_at(sender, 2 * records_a_ratchet), 0s));
    ASSERT_TRUE(receiver.open(record_at(sender, 3 * records_a_ratchet), 0s));
}

TEST_F(DataRecords, AreDueForNewKeysAfter15MinutesAndEndAfter30) {
    EXPECT_FALSE(sender.due_for_rekey(15min - 1ms));
    EXPECT_TRUE(sender.due_for_rekey(15min));
    const auto frame = sender.seal(reading, 30min - 1ms).value();
    EXPECT_TRUE(receiver.open(frame, 30min - 1ms));
    EXPECT_EQ(sender.seal(reading, 30min).error(), Failure::expired);
    expect_refused(frame, Failure::expired, 30min);
}

TEST(DataRecordsDeathTest, StopAtMoreThanARecordHolds) {
    auto sender = session(Side::initiator);
    EXPECT_TRUE(sender.seal(base::Bytes(data_plaintext_bytes_max), 0s));
    EXPECT_DEATH((void)sender.seal(base::Bytes(data_plaintext_bytes_max + 1), 0s),
                 "broken invariant");
}

}  // namespace
}  // namespace keyagreement
