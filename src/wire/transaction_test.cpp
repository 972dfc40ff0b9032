// SPDX-License-Identifier: Apache-2.0
#include "wire/transaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "crypto/ecdsa.h"
#include "salus/v1/transaction.pb.h"
#include "wire/internal/test_samples.h"
#include "wire/signer.h"

namespace wire {
namespace {

namespace pb = salus::v1;
using samples::counted;
using testing::HasSubstr;

std::vector<Action> every_action() {
    return {
        Enrol{counted<LedgerId>(0x20), Role::doctor, SignatureScheme::ecdsa_p256_sha512,
              counted<PublicKeyBytes>(0x04), Custody::node},
        RotateKey{counted<PublicKeyBytes>(0x04), Custody::own_device},
        RevokeKey{counted<LedgerId>(0x20)},
        GrantConsent{counted<LedgerId>(0x20), Category::laboratory, Purpose::research,
                     base::from_unix_ms(0), base::from_unix_ms(253'402'300'799'999),
                     counted<Hash256>(0x30)},
        RevokeConsent{counted<Hash256>(0x30)},
        samples::report(),
        ChangeMining{counted<LedgerId>(0x20), MinerStanding::suspended},
        Evidence{{0x01}, {0x02}, base::Bytes(4'096, 0x03), {0x04}},
        DestroyKey{counted<LedgerId>(0x20), counted<ContentId>(0x60)},
        ScheduleUpgrade{2, 1'000},
        Certify{counted<Hash256>(0x40), CertificationEvent::revoked},
    };
}

base::Bytes bytes_of(const std::string& text) {
    const auto view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

TEST(Transaction, EveryActionRoundTrips) {
    for (const auto& action : every_action()) {
        const auto tx = samples::transaction(action);
        const auto decoded = decode_transaction(encode(tx));
        ASSERT_TRUE(decoded) << name_of(action) << ": " << decoded.error().detail;
        EXPECT_EQ(decoded->body, tx.body) << name_of(action);
        EXPECT_EQ(decoded->body_bytes, tx.body_bytes);
        EXPECT_EQ(decoded->signatures, tx.signatures);
    }
}

TEST(Transaction, ActionsAreNamedAsInTheSchema) {
    std::vector<std::string_view> names;
    for (const auto& action : every_action()) names.push_back(name_of(action));
    EXPECT_THAT(names, testing::ElementsAre("enrol", "rotate_key", "revoke_key", "grant_consent",
                                            "revoke_consent", "report", "change_mining", "evidence",
                                            "destroy_key", "schedule_upgrade", "certify"));
}

// Goal: bytes never drift, or old chains could not be read. Method: a vector written down once.
TEST(Transaction, ThisReportHasTheseBytes) {
    const auto tx = samples::transaction(samples::report());
    EXPECT_EQ(base::to_hex(encode(tx)),
              "0ab4020a0a73616c75732d7465737412100102030405060708090a0b0c0d0e0f1018e72420c8"
              "ebebf29e347a89020a10101112131415161718191a1b1c1d1e1f121020212223242526272829"
              "2a2b2c2d2e2f180120012a20303132333435363738393a3b3c3d3e3f40414243444546474849"
              "4a4b4c4d4e4f3220404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d"
              "5e5f3a20505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f4224"
              "606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182834a20"
              "707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f522080818283"
              "8485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f58b0096080bcd9f29e34"
              "68e0e3ebf29e3412540a100102030405060708090a0b0c0d0e0f101240909192939495969798"
              "999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeaf40b1b2b3b4b5b6b7b8b9babbbcbdbe"
              "bfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf12540a10101112131415161718191a1b1c1d1e1f12"
              "40a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebf40c1c2c3c4"
              "c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf");
    EXPECT_EQ(base::to_hex(id_of(tx).view()),
              "92a790c0794e57433e842e7deed96cdc36f06ca36ca3f285f774d08841d2a900feddb66d22a2"
              "234854a1824e892f9643ea5f119a3ea063b1126157f270e314ef");
    EXPECT_EQ(base::to_hex(body_ref(tx.body_bytes).view()),
              "3a26f5a5567c48c03b5ec8338a052be1dfab4a3ccfa86bc3e62d38b63aabc78d");
    EXPECT_EQ(id_of(tx), id_of_body(tx.body_bytes));
}

// Goal: what is signed is the body alone. Method: other signatures, same id.
TEST(Transaction, TheIdCoversTheBodyAlone) {
    auto tx = samples::transaction(samples::report());
    const auto id = id_of(tx);
    tx.signatures.pop_back();
    EXPECT_EQ(id_of(tx), id);
    EXPECT_EQ(id_of(decode_transaction(encode(tx)).value()), id);
}

struct BadBody {
    std::string_view problem;  ///< Must stand in the error.
    std::function<void(pb::TransactionBody&)> spoil;
};

pb::TransactionBody good_body(const Action& action) {
    pb::TransactionBody body;
    const auto bytes = encode(samples::body(action));
    EXPECT_TRUE(body.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
    return body;
}

void expect_refused(const Action& action, const std::vector<BadBody>& cases) {
    for (const auto& [problem, spoil] : cases) {
        auto body = good_body(action);
        spoil(body);
        const auto decoded = decode_body(bytes_of(body.SerializeAsString()));
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    }
}

constexpr std::uint64_t year_10000_ms = 253'402'300'800'000;

TEST(Transaction, RefusesABodyOutOfFormAndSaysWhatIsWrong) {
    expect_refused(samples::report(),
                   {
                       {"chain_id", [](auto& body) { body.clear_chain_id(); }},
                       {"chain_id", [](auto& body) { body.set_chain_id("Salus"); }},
                       {"chain_id", [](auto& body) { body.set_chain_id("two words"); }},
                       {"chain_id", [](auto& body) { body.set_chain_id(std::string(33, 'a')); }},
                       {"chain_id", [](auto& body) { body.set_chain_id("\xff\xfe"); }},
                       {"sender has 0 bytes, not 16", [](auto& body) { body.clear_sender(); }},
                       {"sender has 17 bytes, not 16",
                        [](auto& body) { body.mutable_sender()->push_back(1); }},
                       {"timestamp_ms", [](auto& body) { body.set_timestamp_ms(year_10000_ms); }},
                       {"timestamp_ms", [](auto& body) { body.set_timestamp_ms(~0ULL); }},
                       {"no action", [](auto& body) { body.clear_action(); }},
                   });
}

TEST(Transaction, RefusesAReportOutOfForm) {
    expect_refused(
        samples::report(),
        {
            {"report.receiver", [](auto& body) { body.mutable_report()->clear_receiver(); }},
            {"report.patient", [](auto& body) { body.mutable_report()->set_patient("x"); }},
            {"report.category", [](auto& body) { body.mutable_report()->set_category(0); }},
            {"report.category", [](auto& body) { body.mutable_report()->set_category(5); }},
            {"personal_data", [](auto& body) { body.mutable_report()->set_personal_data(0); }},
            {"personal_data", [](auto& body) { body.mutable_report()->set_personal_data(3); }},
            {"header_hash", [](auto& body) { body.mutable_report()->clear_header_hash(); }},
            {"report.consent", [](auto& body) { body.mutable_report()->clear_consent(); }},
            {"patient_token", [](auto& body) { body.mutable_report()->clear_patient_token(); }},
            {"content_id has 32 bytes, not 36",
             [](auto& body) { body.mutable_report()->mutable_content_id()->resize(32); }},
            {"content_hash", [](auto& body) { body.mutable_report()->clear_content_hash(); }},
            {"readings_root", [](auto& body) { body.mutable_report()->clear_readings_root(); }},
            {"period_start_ms",
             [](auto& body) { body.mutable_report()->set_period_start_ms(year_10000_ms); }},
            {"period_end_ms", [](auto& body) { body.mutable_report()->set_period_end_ms(~0ULL); }},
        });
}

TEST(Transaction, RefusesOtherActionsOutOfForm) {
    const auto actions = every_action();
    expect_refused(actions[0],
                   {
                       {"enrol.subject", [](auto& b) { b.mutable_enrol()->clear_subject(); }},
                       {"enrol.role", [](auto& b) { b.mutable_enrol()->set_role(0); }},
                       {"enrol.role", [](auto& b) { b.mutable_enrol()->set_role(15); }},
                       {"enrol.role", [](auto& b) { b.mutable_enrol()->set_role(0x103); }},
                       {"enrol.scheme", [](auto& b) { b.mutable_enrol()->set_scheme(2); }},
                       {"enrol.custody", [](auto& b) { b.mutable_enrol()->set_custody(3); }},
                       {"public_key has 64 bytes, not 65",
                        [](auto& b) { b.mutable_enrol()->mutable_public_key()->pop_back(); }},
                   });
    expect_refused(
        actions[1],
        {
            {"rotate_key.public_key", [](auto& b) { b.mutable_rotate_key()->clear_public_key(); }},
            {"rotate_key.custody", [](auto& b) { b.mutable_rotate_key()->clear_custody(); }},
        });
    expect_refused(actions[2], {{"revoke_key.subject",
                                 [](auto& b) { b.mutable_revoke_key()->clear_subject(); }}});
    expect_refused(
        actions[3],
        {
            {"grantee", [](auto& b) { b.mutable_grant_consent()->clear_grantee(); }},
            {"category", [](auto& b) { b.mutable_grant_consent()->set_category(9); }},
            {"purpose", [](auto& b) { b.mutable_grant_consent()->set_purpose(4); }},
            {"from_ms", [](auto& b) { b.mutable_grant_consent()->set_from_ms(year_10000_ms); }},
            {"until_ms", [](auto& b) { b.mutable_grant_consent()->set_until_ms(~0ULL); }},
            {"token_key_hash", [](auto& b) { b.mutable_grant_consent()->clear_token_key_hash(); }},
        });
    expect_refused(actions[4], {{"revoke_consent.consent", [](auto& b) {
                                     b.mutable_revoke_consent()->set_consent("short");
                                 }}});
}

TEST(Transaction, RefusesActionsOnMinersKeysAndRulesOutOfForm) {
    const auto actions = every_action();
    expect_refused(
        actions[6],
        {
            {"change_mining.subject", [](auto& b) { b.mutable_change_mining()->clear_subject(); }},
            {"change_mining.standing", [](auto& b) { b.mutable_change_mining()->set_standing(4); }},
        });
    expect_refused(
        actions[7],
        {
            {"evidence is empty", [](auto& b) { b.mutable_evidence()->clear_header_a(); }},
            {"evidence is empty", [](auto& b) { b.mutable_evidence()->clear_seal_b(); }},
            {"above 4 KiB",
             [](auto& b) { b.mutable_evidence()->set_header_b(std::string(4'097, 'x')); }},
        });
    expect_refused(
        actions[8],
        {
            {"destroy_key.patient", [](auto& b) { b.mutable_destroy_key()->clear_patient(); }},
            {"content_id has 35 bytes, not 36",
             [](auto& b) { b.mutable_destroy_key()->mutable_content_id()->pop_back(); }},
        });
    expect_refused(
        actions[10],
        {
            {"certify.record_hash", [](auto& b) { b.mutable_certify()->clear_record_hash(); }},
            {"certify.record_hash",
             [](auto& b) { b.mutable_certify()->mutable_record_hash()->push_back('x'); }},
            {"certify.event", [](auto& b) { b.mutable_certify()->clear_event(); }},
            {"certify.event", [](auto& b) { b.mutable_certify()->set_event(3); }},
        });
}

// Goal: one body has one encoding. Method: the same meaning in other bytes, which protobuf reads.
TEST(Transaction, RefusesOtherBytesOfTheSameMeaning) {
    const auto good = encode(samples::body(samples::report()));
    ASSERT_EQ(good[0], 0x0a);  // chain_id comes first: tag, length 10, text
    const auto unknown_field = [&] {
        auto bytes = good;
        base::append(bytes, base::from_hex("f80101").value());  // field 31, varint 1
        return bytes;
    }();
    const auto twice = [&] {
        auto bytes = good;
        bytes.insert(bytes.begin(), good.begin(), good.begin() + 12);
        return bytes;
    }();
    const auto reordered = [&] {
        base::Bytes bytes(good.begin() + 12, good.end());
        bytes.insert(bytes.end(), good.begin(), good.begin() + 12);
        return bytes;
    }();
    const auto long_varint = [&] {
        auto bytes = good;
        bytes[1] = 0x8a;  // length 10 in two bytes
        bytes.insert(bytes.begin() + 2, 0x00);
        return bytes;
    }();
    const auto two_actions = [&] {
        pb::TransactionBody other;
        other.mutable_revoke_key()->set_subject(std::string(16, 'x'));
        auto bytes = bytes_of(other.SerializeAsString());
        base::append(bytes, good);
        return bytes;
    }();
    for (const auto& bytes : {unknown_field, twice, reordered, long_varint, two_actions}) {
        const auto decoded = decode_body(bytes);
        ASSERT_FALSE(decoded);
        EXPECT_EQ(decoded.error().code, base::ErrorCode::not_canonical);
        EXPECT_THAT(decoded.error().detail, HasSubstr("re-serialise"));
    }
}

/// One random change: a byte flipped, left out, put in or repeated with those behind it.
base::Bytes changed(base::Bytes bytes, base::SeededRandom& random) {
    const auto at = static_cast<std::ptrdiff_t>(random.below(bytes.size()));
    const auto place = bytes.begin() + at;
    const auto byte = static_cast<std::uint8_t>(random.below(256));
    switch (random.below(4)) {
        case 0:
            *place = byte;
            break;
        case 1:
            bytes.erase(place);
            break;
        case 2:
            bytes.insert(place, byte);
            break;
        default: {
            const auto count = 1 + random.below(bytes.size() - static_cast<std::size_t>(at));
            const base::Bytes copy(place, place + static_cast<std::ptrdiff_t>(count));
            bytes.insert(place, copy.begin(), copy.end());
        }
    }
    return bytes;
}

/// What protobuf's own classes make of the same bytes is the measure.
TEST(Transaction, WhatIsAcceptedOfManyChangedBytesIsWhatProtobufWrites) {
    base::SeededRandom random(1);
    std::size_t accepted = 0;
    for (const auto& action : every_action()) {
        const auto good = encode(samples::transaction(action));
        for (int round = 0; round < 2'000; ++round) {
            auto bytes = good;
            for (auto times = 1 + random.below(3); times > 0; --times) {
                bytes = changed(std::move(bytes), random);
            }
            const auto decoded = decode_transaction(bytes);
            if (!decoded) continue;
            ++accepted;
            ASSERT_EQ(encode(*decoded), bytes);
            ASSERT_EQ(encode(decoded->body), decoded->body_bytes);
        }
    }
    EXPECT_GT(accepted, 100U);  // values of fields may change and stay in form
}

TEST(Transaction, RefusesAFieldWrittenAlthoughItIsTheDefault) {
    auto body = samples::body(samples::report());
    body.sequence = 0;
    auto bytes = encode(body);
    ASSERT_TRUE(decode_body(bytes)) << "left out, 0 is canonical";
    const auto zero = base::from_hex("1800").value();  // field 3, varint 0
    bytes.insert(bytes.begin() + 12 + 18, zero.begin(), zero.end());
    EXPECT_FALSE(decode_body(bytes));
}

// One signature: cut behind the first of two, an envelope is a whole one that lacks a signer, which
// the contracts refuse.
TEST(Transaction, RefusesAnyTruncation) {
    auto tx = samples::transaction(samples::report());
    tx.signatures.pop_back();
    const auto good = encode(tx);
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto decoded = decode_transaction(base::ByteView(good).first(size));
        ASSERT_FALSE(decoded) << size;
        // Cut between two fields, it is a message that lacks the later ones.
        EXPECT_TRUE(decoded.error().code == base::ErrorCode::undecodable ||
                    decoded.error().code == base::ErrorCode::malformed)
            << size;
    }
}

TEST(Transaction, RefusesWhatIsTooLargeBeforeReadingIt) {
    for (const std::size_t size : {transaction_bytes_max + 1, std::size_t{10'000'000}}) {
        const base::Bytes huge(size, 0x0a);
        EXPECT_EQ(decode_transaction(huge).error().code, base::ErrorCode::too_large);
        EXPECT_EQ(decode_body(huge).error().code, base::ErrorCode::too_large);
    }
}

TEST(Transaction, RefusesSignaturesOutOfForm) {
    const auto good = samples::transaction(samples::report());
    const auto refused = [&](auto spoil, std::string_view problem) {
        auto tx = good;
        spoil(tx.signatures);
        const auto decoded = decode_transaction(encode(tx));
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed);
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    };
    refused([](auto& list) { list.clear(); }, "no signature");
    refused([](auto& list) { list.erase(list.begin()); }, "sender is not among the signers");
    refused([](auto& list) { list.push_back(list[1]); }, "two signatures by one signer");
    refused(
        [](auto& list) {
            for (std::uint8_t i = 0; i < 3; ++i) {
                list.push_back({counted<LedgerId>(i), samples::signature(0x90)});
            }
        },
        "more than 4 signatures");
    auto four = good;
    four.signatures.push_back({counted<LedgerId>(0x77), samples::signature(0x90)});
    four.signatures.push_back({counted<LedgerId>(0x78), samples::signature(0x90)});
    EXPECT_TRUE(decode_transaction(encode(four)));
}

// Goal: of signatures beyond the fourth the form alone is looked at, and what is said of an
// envelope is the same. Method: all that fit into 64 KiB; then the last of them cut short.
TEST(Transaction, RefusesAnEnvelopeFullOfSignaturesByTheSameCodes) {
    auto envelope = encode(samples::transaction(samples::report()));
    while (envelope.size() + 2 <= transaction_bytes_max) {
        envelope.push_back(0x12);  // field 2, no bytes
        envelope.push_back(0);
    }
    const auto full = decode_transaction(envelope);
    EXPECT_EQ(full.error().code, base::ErrorCode::malformed);
    EXPECT_THAT(full.error().detail, HasSubstr("more than 4 signatures"));
    envelope.resize(envelope.size() - 6);
    envelope.insert(envelope.end(), {0x12, 0x01, 0x08});
    EXPECT_EQ(decode_transaction(envelope).error().code, base::ErrorCode::undecodable);
}

// Goal: nobody can alter a signature and have another valid one. Method: each way out of range.
TEST(Transaction, RefusesSignaturesThatCouldBeAltered) {
    const auto with_byte = [](std::size_t at, std::uint8_t value) {
        auto tx = samples::transaction(samples::report());
        tx.signatures[1].value.bytes[at] = value;
        return decode_transaction(encode(tx));
    };
    ASSERT_TRUE(with_byte(32, 0x7e)) << "the lower half of the order";
    const auto refused = [](const base::Result<Transaction>& decoded) {
        return !decoded && decoded.error().code == base::ErrorCode::malleable_signature;
    };
    EXPECT_TRUE(refused(with_byte(32, 0x80))) << "s above half of the order";
    auto tx = samples::transaction(samples::report());
    for (std::size_t i = 0; i < 32; ++i) tx.signatures[0].value.bytes[i] = 0xff;
    EXPECT_TRUE(refused(decode_transaction(encode(tx)))) << "r above the order";
    tx.signatures[0].value = {};
    EXPECT_TRUE(refused(decode_transaction(encode(tx)))) << "r and s 0";
}

TEST(Transaction, RefusesSignaturesOfAnotherLength) {
    const auto tx = samples::transaction(samples::report());
    const auto bytes = encode(tx);
    for (const std::size_t size : {0, 63, 65, 72}) {
        pb::Transaction envelope;
        ASSERT_TRUE(envelope.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())));
        envelope.mutable_signatures(1)->set_value(std::string(size, 's'));
        const auto decoded = decode_transaction(bytes_of(envelope.SerializeAsString()));
        ASSERT_FALSE(decoded);
        EXPECT_THAT(decoded.error().detail, HasSubstr("not 64"));
    }
}

TEST(Transaction, TenThousandMutationsNeverCrashNorDrift) {
    std::uint64_t seed = 1;
    for (const auto& action : every_action()) {
        const auto count =
            samples::try_mutations(encode(samples::transaction(action)), seed++,
                                   [](base::ByteView bytes) -> std::optional<base::Bytes> {
                                       const auto decoded = decode_transaction(bytes);
                                       if (!decoded) return std::nullopt;
                                       EXPECT_EQ(encode(decoded->body), decoded->body_bytes);
                                       return encode(*decoded);
                                   });
        EXPECT_EQ(count.drifted, 0) << name_of(action);
        EXPECT_GT(count.accepted, 0) << "a flipped bit of a hash is another canonical transaction";
    }
}

/// Signs with a key in memory; `flip` answers with the upper half of the order.
class TestSigner final : public Signer {
public:
    TestSigner(LedgerId id, bool flip) : id_(id), flip_(flip) {}
    [[nodiscard]] LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<SignatureBytes> sign(base::ByteView message) const override {
        auto signature = key_.sign(message);
        if (flip_) {
            const auto order =
                base::from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
            int borrow = 0;
            for (std::size_t i = 32; i-- > 0;) {
                const int difference = (*order)[i] - signature[32 + i] - borrow;
                borrow = difference < 0 ? 1 : 0;
                signature[32 + i] = static_cast<std::uint8_t>(difference & 0xff);
            }
        }
        return SignatureBytes{signature};
    }
    [[nodiscard]] crypto::EcdsaPublicKeyBytes public_key() const { return key_.public_key(); }

private:
    LedgerId id_;
    bool flip_;
    crypto::EcdsaPrivateKey key_ = crypto::EcdsaPrivateKey::generate();
};

class LockedSigner final : public Signer {
public:
    [[nodiscard]] LedgerId id() const override { return counted<LedgerId>(0x10); }
    [[nodiscard]] base::Result<SignatureBytes> sign(base::ByteView) const override {
        return base::fail(base::ErrorCode::unauthenticated, "log in first");
    }
};

class SignTransaction : public testing::Test {
protected:
    TransactionBody body = samples::body(samples::report());
    TestSigner cloud{counted<LedgerId>(0x01), false};
    TestSigner doctor{counted<LedgerId>(0x10), true};
};

TEST_F(SignTransaction, GivesAnEnvelopeWhoseSignaturesVerify) {
    const std::array<const Signer*, 2> signers = {&cloud, &doctor};
    const auto envelope = sign_transaction(body, signers);
    ASSERT_TRUE(envelope) << envelope.error().detail;
    const auto tx = decode_transaction(*envelope).value();
    ASSERT_EQ(tx.signatures.size(), 2U);
    const std::array<const TestSigner*, 2> keys = {&cloud, &doctor};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(tx.signatures[i].signer, keys[i]->id());
        const auto key = crypto::EcdsaPublicKey::decode(keys[i]->public_key()).value();
        EXPECT_TRUE(key.verify(tx.body_bytes, tx.signatures[i].value.view()));
    }
}

TEST_F(SignTransaction, RefusesWhatTheLedgerWouldRefuse) {
    const std::array<const Signer*, 1> without_sender = {&doctor};
    const std::array<const Signer*, 2> twice = {&cloud, &cloud};
    EXPECT_EQ(sign_transaction(body, {}).error().code, base::ErrorCode::malformed);
    EXPECT_EQ(sign_transaction(body, without_sender).error().code, base::ErrorCode::malformed);
    EXPECT_EQ(sign_transaction(body, twice).error().code, base::ErrorCode::malformed);
}

TEST_F(SignTransaction, HandsOnThatAKeyIsLocked) {
    const LockedSigner locked;
    const std::array<const Signer*, 2> signers = {&cloud, &locked};
    EXPECT_EQ(sign_transaction(body, signers).error().code, base::ErrorCode::unauthenticated);
}

// Goal: the sizes promised for what stands on the chain. Method: the longest chain id, the largest
// sequence and times of today; the pointer is all that finds and checks the content.
TEST(TransactionSize, AReportWithTwoSignaturesHasAtMost600Bytes) {
    auto body = samples::body(samples::report());
    const auto usual = samples::transaction(samples::report());
    body.chain_id = std::string(32, 'x');
    body.sequence = ~0ULL;
    Transaction largest{
        .body_bytes = encode(body), .body = body, .signatures = usual.signatures, .batch = {}};
    RecordProperty("usual_bytes", static_cast<int>(encode(usual).size()));
    RecordProperty("largest_bytes", static_cast<int>(encode(largest).size()));
    std::printf("report transaction: %zu bytes, at most %zu\n", encode(usual).size(),
                encode(largest).size());
    EXPECT_LE(encode(largest).size(), 600U);
}

TEST(TransactionSize, ThePointerHasAtMost132Bytes) {
    const auto whole = good_body(samples::report()).report();
    pb::Report pointer;
    pointer.set_content_id(whole.content_id());
    pointer.set_content_hash(whole.content_hash());
    pointer.set_readings_root(whole.readings_root());
    pointer.set_reading_count(whole.reading_count());
    pointer.set_period_start_ms(whole.period_start_ms());
    pointer.set_period_end_ms(whole.period_end_ms());
    std::printf("pointer: %zu bytes\n", pointer.ByteSizeLong());
    EXPECT_LE(pointer.ByteSizeLong(), 132U);
}

TEST(TransactionDeathTest, EncodingAChainIdOutOfFormStops) {
    auto body = samples::body(samples::report());
    body.chain_id = "Not a chain";
    EXPECT_DEATH(static_cast<void>(encode(body)), "broken invariant");
}

}  // namespace
}  // namespace wire
