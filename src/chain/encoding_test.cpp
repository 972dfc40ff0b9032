// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "base/random.h"
#include "chain/queries.h"

namespace chain::encoding {
namespace {

base::Bytes question() {
    base::SeededRandom random(1);
    return encode(ConsentQuestion{
        .patient = base::draw<wire::LedgerId>(random),
        .readers = {base::draw<wire::LedgerId>(random), base::draw<wire::LedgerId>(random)},
        .category = wire::Category::imaging,
        .purpose = wire::Purpose::research,
        .at = base::from_unix_ms(1'700'000'000'123)});
}
base::Bytes standing() {
    base::SeededRandom random(2);
    return encode(StandingConsent{.consent = base::draw<wire::Hash256>(random),
                                  .grantee = base::draw<wire::LedgerId>(random),
                                  .from = base::from_unix_ms(5),
                                  .until = base::from_unix_ms(6)});
}
base::Bytes key() {
    base::SeededRandom random(3);
    return encode(KeyView{.role = wire::Role::miner,
                          .custody = wire::Custody::own_device,
                          .public_key = base::draw<wire::PublicKeyBytes>(random),
                          .valid_from = 7,
                          .valid_until = 8});
}
base::Bytes turns() {
    base::SeededRandom random(4);
    MiningView view{.engine = wire::EngineKind::authority,
                    .quorum = wire::Quorum::two_thirds,
                    .round = 3,
                    .next = 1,
                    .miners = {},
                    .coming = {1, 0}};
    view.miners.push_back({.id = base::draw<wire::LedgerId>(random),
                           .standing = wire::MinerStanding::active,
                           .joined_height = 9,
                           .turns = 4,
                           .forfeits = 1,
                           .passes = 2,
                           .last_round = 0});
    view.miners.push_back({.id = base::draw<wire::LedgerId>(random),
                           .standing = wire::MinerStanding::left,
                           .last_round = std::nullopt});
    return encode(view);
}

base::Bytes round_report() {
    base::SeededRandom random(6);
    FairnessView view{
        .round = 3, .first_height = 10, .last_height = 12, .complete = true, .miners = {}};
    view.miners.push_back({.id = base::draw<wire::LedgerId>(random),
                           .standing = wire::MinerStanding::suspended,
                           .turns = 1,
                           .forfeits = 0});
    return encode(view);
}

/// Decodes and encodes again; nothing if refused.
template <class Decode>
std::optional<base::Bytes> again(base::ByteView bytes, const Decode& decode) {
    const auto value = decode(bytes);
    if (!value) {
        EXPECT_EQ(value.error().code, base::ErrorCode::malformed);
        return std::nullopt;
    }
    return encode(*value);
}

/// Goal: an encoding is exact. Method: cut at every length, extend, and change every byte.
template <class Decode>
void expect_exact(const base::Bytes& good, const Decode& decode) {
    EXPECT_EQ(again(good, decode), good);
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_FALSE(again(base::ByteView(good).first(size), decode)) << size;
    }
    auto longer = good;
    longer.push_back(0);
    EXPECT_FALSE(again(longer, decode));
    for (std::size_t i = 0; i < good.size(); ++i) {
        for (const int change : {1, 0x80, 0xff}) {
            auto damaged = good;
            damaged[i] = static_cast<std::uint8_t>(damaged[i] ^ change);
            const auto back = again(damaged, decode);
            if (back) {
                EXPECT_EQ(*back, damaged);
            }
        }
    }
}

TEST(QueryEncoding, OfQuestionsAboutConsentIsExact) {
    expect_exact(question(), decode_consent_question);
}
TEST(QueryEncoding, OfStandingConsentsIsExact) {
    expect_exact(standing(), decode_standing_consent);
}
TEST(QueryEncoding, OfKeysIsExact) {
    expect_exact(key(), decode_key_view);
}
TEST(QueryEncoding, OfTurnsIsExact) {
    expect_exact(turns(), decode_mining_view);
}
TEST(QueryEncoding, OfFairnessIsExact) {
    expect_exact(round_report(), decode_fairness_view);
    EXPECT_EQ(decode_round(encode_round(7)).value(), 7U);
    EXPECT_EQ(decode_round({}).value(), std::nullopt);
    EXPECT_FALSE(decode_round(base::Bytes(7)));
}
TEST(QueryEncoding, OfPlacesIsExact) {
    expect_exact(encode(TxPlace{.height = 9, .index = 10}), decode_tx_place);
}
TEST(QueryEncoding, OfSizesAndPathsIsExact) {
    expect_exact(encode(LogSizes{.from = 9, .to = 10}), decode_log_sizes);
    base::SeededRandom random(5);
    expect_exact(
        encode(std::vector{base::draw<wire::Hash256>(random), base::draw<wire::Hash256>(random)}),
        decode_path);
}

TEST(QueryEncoding, ACountThatTheBytesDoNotHoldAllocatesNothing) {
    auto bytes = question();
    for (std::size_t i = 26; i < 30; ++i) bytes[i] = 0xff;  // the readers' count
    EXPECT_FALSE(decode_consent_question(bytes));
    auto mining = turns();
    for (std::size_t i = 18; i < 22; ++i) mining[i] = 0xff;
    EXPECT_FALSE(decode_mining_view(mining));
    auto report = round_report();
    for (std::size_t i = 25; i < 29; ++i) report[i] = 0xff;
    EXPECT_FALSE(decode_fairness_view(report));
    EXPECT_FALSE(decode_path(base::Bytes(4, 0xff)));
}

}  // namespace
}  // namespace chain::encoding
