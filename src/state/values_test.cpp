// SPDX-License-Identifier: Apache-2.0
// Goal: state values are canonical, and a sequence is accepted once. Method: round trips, damaged
// bytes, and random sequences against a plain set.
#include "state/values.h"

#include <gtest/gtest.h>

#include <limits>
#include <set>

#include "base/random.h"
#include "base/testing.h"

namespace state {
namespace {

using base::Bytes;

KeyRecord a_key() {
    KeyRecord record{.role = wire::Role::doctor,
                     .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                     .public_key = {},
                     .custody = wire::Custody::node,
                     .valid_from = 3,
                     .valid_until = 300};
    record.public_key.bytes.fill(4);
    return record;
}

ConsentRecord a_consent() {
    ConsentRecord record{.consent = {},
                         .from = base::from_unix_ms(1'000),
                         .until = base::from_unix_ms(2'000),
                         .granted_height = 7,
                         .revoked_height = 0,
                         .token_key_hash = {}};
    record.consent.bytes.fill(1);
    record.token_key_hash.bytes.fill(2);
    return record;
}

MinerRecord a_miner() {
    MinerRecord record{.id = {},
                       .standing = wire::MinerStanding::active,
                       .joined_height = 9,
                       .turns = 9,
                       .forfeits = 1,
                       .last_round = 0,
                       .ended_round = 1,
                       .previous = 0,
                       .next = 1,
                       .kept_previous = 0,
                       .kept_next = 0,
                       .passes = 3};
    record.id.bytes.fill(5);
    return record;
}

TEST(StateValues, SurviveTheirEncoding) {
    EXPECT_EQ(decode_key_record(encode(a_key())).value(), a_key());
    EXPECT_EQ(decode_consent_record(encode(a_consent())).value(), a_consent());
    const MiningRecord mining{.round = 2,
                              .next = 99,
                              .head = 0,
                              .tail = 99,
                              .registered = 100,
                              .kept_head = std::nullopt,
                              .kept_tail = std::nullopt};
    EXPECT_EQ(decode_mining_record(encode(mining)).value(), mining);
    EXPECT_EQ(decode_mining_record(encode(MiningRecord{})).value(), MiningRecord{});
    SequenceRecord sequences;
    EXPECT_EQ(decode_sequence_record(encode(sequences)).value(), sequences);
    for (const std::uint64_t used : {9, 3, 5'000, 4'999, 905}) ASSERT_TRUE(sequences.accept(used));
    EXPECT_EQ(decode_sequence_record(encode(sequences)).value(), sequences);
    EXPECT_EQ(decode_miner_index(encode_miner_index(77)).value(), 77U);
    EXPECT_EQ(decode_miner_record(encode(a_miner())).value(), a_miner());
    const DifficultyRecord difficulty{
        .target = {}, .period_start = base::from_unix_ms(5), .blocks = 31};
    EXPECT_EQ(decode_difficulty_record(encode(difficulty)).value(), difficulty);
    const EvidenceRecord evidence{.reference = a_consent().consent, .height = 8};
    EXPECT_EQ(decode_evidence_record(encode(evidence)).value(), evidence);
    const Tombstone tombstone{
        .patient = a_miner().id, .cloud_server = {}, .reference = a_consent().consent, .height = 8};
    EXPECT_EQ(decode_tombstone(encode(tombstone)).value(), tombstone);
    const CertificationRecord certification{
        .certifier = a_miner().id, .certified_height = 8, .revoked_height = 9};
    EXPECT_EQ(decode_certification_record(encode(certification)).value(), certification);
    const SchemaRecord schema{.version = 1, .next_version = 2, .upgrade_height = 100};
    EXPECT_EQ(decode_schema_record(encode(schema)).value(), schema);
    const HeaderSlot slot{.ref = a_consent().consent, .height = 65'537};
    EXPECT_EQ(decode_header_slot(encode(slot)).value(), slot);
    EXPECT_EQ(decode_height(encode_height(70'000)).value(), 70'000U);
}

// Pinned: these bytes enter the leaves of the state tree.
TEST(StateValues, HaveTheirPinnedEncodings) {
    EXPECT_EQ(base::to_hex(encode(MiningRecord{.round = 2,
                                               .next = 99,
                                               .head = 0,
                                               .tail = 99,
                                               .registered = 100,
                                               .active = 7,
                                               .kept_head = std::nullopt,
                                               .kept_tail = std::nullopt})),
              "080210641801206428643007");
    EXPECT_EQ(base::to_hex(encode(a_miner())),
              "0a10" + base::to_hex(Bytes(16, 5)) + "10011809200928013001380240014802500158016003");
    SequenceRecord sequences;
    for (const std::uint64_t used : {1, 2, 20}) ASSERT_TRUE(sequences.accept(used));
    EXPECT_EQ(base::to_hex(encode(sequences)), "08141203000006");
    EXPECT_EQ(base::to_hex(encode(a_key())),
              "080310011a41" + base::to_hex(Bytes(65, 4)) + "2001280330ac02");
    EXPECT_EQ(base::to_hex(encode(CertificationRecord{
                  .certifier = a_miner().id, .certified_height = 8, .revoked_height = 300})),
              "0a10" + base::to_hex(Bytes(16, 5)) + "100818ac02");
}

TEST(StateValues, AreRefusedWhenNotCanonical) {
    const auto good = encode(a_consent());
    ASSERT_TRUE(decode_consent_record(good));
    auto with_unknown_field = good;
    base::append(with_unknown_field, Bytes{0x78, 1});
    EXPECT_FALSE(decode_consent_record(with_unknown_field));
    auto with_written_zero = good;
    base::append(with_written_zero, Bytes{0x28, 0});
    EXPECT_FALSE(decode_consent_record(with_written_zero));
    auto twice = good;
    base::append(twice, good);
    EXPECT_FALSE(decode_consent_record(twice));
    EXPECT_FALSE(decode_mining_record(Bytes{0x10, 1, 0x08, 1})) << "fields out of order";
    EXPECT_FALSE(decode_mining_record(Bytes{0x08, 0x81, 0x00})) << "a longer varint than needed";
    EXPECT_FALSE(decode_miner_index(Bytes(7, 0)));
    EXPECT_FALSE(decode_height(Bytes(9, 0)));
    EXPECT_FALSE(decode_header_slot(Bytes(39, 0)));
    EXPECT_FALSE(decode_miner_record(Bytes{}));
    EXPECT_FALSE(decode_difficulty_record(Bytes{}));
    EXPECT_FALSE(decode_evidence_record(Bytes{}));
    EXPECT_FALSE(decode_tombstone(Bytes{}));
    EXPECT_FALSE(decode_key_record(Bytes{}));
    EXPECT_FALSE(decode_certification_record(Bytes{}));
    EXPECT_FALSE(decode_mining_record(Bytes(100'000, 0)));
}

TEST(StateValues, AreRefusedWhenTruncatedAndNeverCrashWhenDamaged) {
    const auto good = encode(a_key());
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto decoded = decode_key_record(base::ByteView(good).first(size));
        if (!decoded) continue;
        EXPECT_EQ(encode(*decoded),
                  Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    for (std::size_t at = 0; at < good.size(); ++at) {
        for (unsigned flip = 1; flip < 256; flip += base::testing::stride) {
            auto damaged = good;
            damaged[at] ^= static_cast<std::uint8_t>(flip);
            const auto decoded = decode_key_record(damaged);
            if (decoded) {
                ASSERT_EQ(encode(*decoded), damaged);
            }
        }
    }
}

TEST(StateValues, RefuseUnknownRolesAndTimesBeyondTheClock) {
    auto key = a_key();
    key.role = static_cast<wire::Role>(99);
    EXPECT_FALSE(decode_key_record(encode(key)));
    const Bytes far{0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01};
    EXPECT_FALSE(decode_consent_record(far));
}

TEST(KeyRecord, IsValidFromItsFirstHeightUntilBeforeItsLast) {
    const auto key = a_key();
    EXPECT_FALSE(key.valid_at(2));
    EXPECT_TRUE(key.valid_at(3));
    EXPECT_TRUE(key.valid_at(299));
    EXPECT_FALSE(key.valid_at(300));
    auto endless = key;
    endless.valid_until = 0;
    EXPECT_TRUE(endless.valid_at(std::numeric_limits<wire::Height>::max()));
}

TEST(ConsentRecord, StandsFromItsStartUntilBeforeItsEndUnlessWithdrawn) {
    auto consent = a_consent();
    EXPECT_FALSE(consent.stands_at(base::from_unix_ms(999)));
    EXPECT_TRUE(consent.stands_at(base::from_unix_ms(1'000)));
    EXPECT_TRUE(consent.stands_at(base::from_unix_ms(1'999)));
    EXPECT_FALSE(consent.stands_at(base::from_unix_ms(2'000)));
    consent.revoked_height = 8;
    EXPECT_FALSE(consent.stands_at(base::from_unix_ms(1'500)));
}

TEST(SchemaRecord, ChangesTheVersionAtItsHeightAndNotBefore) {
    const SchemaRecord schema{.version = 1, .next_version = 2, .upgrade_height = 100};
    EXPECT_EQ(schema.version_at(99), 1U);
    EXPECT_EQ(schema.version_at(100), 2U);
    EXPECT_EQ(SchemaRecord{.version = 1}.version_at(1'000), 1U) << "nothing is scheduled";
}

TEST(SequenceRecord, AcceptsEachSequenceOnceWithinItsWindow) {
    SequenceRecord record;
    EXPECT_FALSE(record.accept(0));
    EXPECT_TRUE(record.accept(5'000));
    EXPECT_FALSE(record.accept(5'000));
    EXPECT_TRUE(record.accept(5'000 - 4'096)) << "the oldest that is still told apart";
    EXPECT_FALSE(record.accept(5'000 - 4'096));
    EXPECT_FALSE(record.accept(5'000 - 4'097)) << "too old";
    EXPECT_TRUE(record.accept(4'999));
    EXPECT_TRUE(record.accept(5'001));
    EXPECT_FALSE(record.accept(4'999));
    EXPECT_FALSE(record.accept(5'000 - 4'096)) << "fell out of the window";
}

TEST(SequenceRecord, EndsOnlyItsOwnSenderAtTheHighestOfAll) {
    constexpr auto highest = std::numeric_limits<std::uint64_t>::max();
    SequenceRecord record;
    EXPECT_TRUE(record.accept(1));
    EXPECT_TRUE(record.accept(highest));
    EXPECT_FALSE(record.accept(highest));
    EXPECT_TRUE(record.accept(highest - 4'096));
    EXPECT_FALSE(record.accept(1));
    EXPECT_EQ(decode_sequence_record(encode(record)).value(), record);
}

TEST(SequenceRecord, AgreesWithAPlainSet) {
    base::SeededRandom random(8);
    SequenceRecord record;
    std::set<std::uint64_t> used;
    std::uint64_t highest = 0;
    for (int i = 0; i < base::testing::rounds(30'000); ++i) {
        const std::uint64_t reach = random.below(50) == 0 ? 9'000 : 60;
        const std::uint64_t base = highest > 4'500 ? highest - 4'500 : 0;
        const std::uint64_t sequence =
            random.below(3) == 0 ? base + random.below(4'500) : highest + random.below(reach);
        const bool fresh = sequence != 0 && !used.contains(sequence) &&
                           (sequence > highest || highest - sequence <= SequenceRecord::window);
        ASSERT_EQ(record.is_fresh(sequence), fresh);
        ASSERT_EQ(record.accept(sequence), fresh) << sequence << " below " << highest;
        if (fresh) used.insert(sequence);
        highest = std::max(highest, fresh ? sequence : highest);
        ASSERT_EQ(record.highest(), highest);
        if (i % 100 == 0) {
            record = decode_sequence_record(encode(record)).value();
        }
    }
}

}  // namespace
}  // namespace state
