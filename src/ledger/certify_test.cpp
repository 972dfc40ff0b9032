// SPDX-License-Identifier: Apache-2.0
// Records of static keys that a key generator certified, as the chain shows them.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "crypto/hash.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::CertificationEvent;
using wire::Role;

wire::Hash256 hash_of(std::string_view record) {
    return wire::Hash256{crypto::sha512_256(base::as_bytes(record))};
}

class CertifyTest : public ::testing::Test {
protected:
    ErrorCode refusal(const Person& by, const wire::Hash256& hash, CertificationEvent event) {
        return chain.refusal(chain.signed_by(by, wire::Certify{hash, event}));
    }
    base::Result<chain::CertificationView> shown(const wire::Hash256& hash) {
        const auto answer = chain.app->query(chain::path::certification, hash.view(), 0);
        if (!answer) return base::pass(answer);
        return chain::encoding::decode_certification_view(*answer);
    }

    Chain chain;
    Person generator = chain.enrolled(Role::key_generator);
    Person other_generator = chain.enrolled(Role::key_generator);
    wire::Hash256 record = hash_of("the record of a device's key");
};

TEST_F(CertifyTest, TheStateShowsWhoCertifiedARecordAndWhen) {
    EXPECT_EQ(shown(record).error().code, ErrorCode::not_found);
    ASSERT_EQ(refusal(generator, record, CertificationEvent::certified), ErrorCode{});
    const auto view = shown(record);
    ASSERT_TRUE(view) << view.error().detail;
    EXPECT_EQ(view->certifier, generator->id());
    EXPECT_EQ(view->certified_height, chain.app->info().height);
    EXPECT_EQ(view->revoked_height, 0U);
}

// Goal: a swapped key is seen. Method: a record that differs in one byte is none the chain knows.
TEST_F(CertifyTest, AnotherRecordInItsPlaceIsNotTheCertifiedOne) {
    ASSERT_EQ(refusal(generator, record, CertificationEvent::certified), ErrorCode{});
    EXPECT_EQ(shown(hash_of("the record of a device's kez")).error().code, ErrorCode::not_found);
}

TEST_F(CertifyTest, ARecordIsCertifiedOnce) {
    ASSERT_EQ(refusal(generator, record, CertificationEvent::certified), ErrorCode{});
    EXPECT_EQ(refusal(generator, record, CertificationEvent::certified), ErrorCode::conflict);
    EXPECT_EQ(refusal(other_generator, record, CertificationEvent::certified), ErrorCode::conflict);
    ASSERT_EQ(refusal(generator, record, CertificationEvent::revoked), ErrorCode{});
    EXPECT_EQ(refusal(generator, record, CertificationEvent::certified), ErrorCode::conflict);
}

TEST_F(CertifyTest, ARecordIsRevokedOnceByItsCertifierOrAnAdministrator) {
    const auto second = hash_of("another record");
    for (const auto& hash : {record, second}) {
        ASSERT_EQ(refusal(generator, hash, CertificationEvent::certified), ErrorCode{});
        EXPECT_EQ(refusal(other_generator, hash, CertificationEvent::revoked),
                  ErrorCode::not_authorised);
    }
    const auto certified_at = shown(record)->certified_height;
    EXPECT_EQ(refusal(generator, record, CertificationEvent::revoked), ErrorCode{});
    EXPECT_EQ(shown(record)->revoked_height, chain.app->info().height);
    EXPECT_EQ(shown(record)->certified_height, certified_at);
    EXPECT_EQ(refusal(generator, record, CertificationEvent::revoked), ErrorCode::conflict);
    EXPECT_EQ(refusal(chain.admin, second, CertificationEvent::revoked), ErrorCode{});
}

TEST_F(CertifyTest, WhatWasNeverCertifiedIsNotRevoked) {
    EXPECT_EQ(refusal(generator, record, CertificationEvent::revoked), ErrorCode::not_found);
    EXPECT_EQ(refusal(generator, {}, CertificationEvent::certified), ErrorCode::malformed);
}

TEST_F(CertifyTest, AnAdministratorMayCertifyTooAndASecondSignatureIsOneTooMany) {
    EXPECT_EQ(refusal(chain.admin, record, CertificationEvent::certified), ErrorCode{});
    const auto body =
        chain.body(generator, wire::Certify{hash_of("one more"), CertificationEvent::certified});
    EXPECT_EQ(chain.refusal(Chain::sign(body, {generator, chain.admin})),
              ErrorCode::not_authorised);
}

}  // namespace
}  // namespace ledger
