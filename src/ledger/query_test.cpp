// SPDX-License-Identifier: Apache-2.0
// Questions to committed state, and the receipts that come back.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "crypto/merkle.h"
#include "ledger/testing.h"
#include "ledger/verify_claim.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using wire::Role;

class QueryTest : public ::testing::Test {
protected:
    wire::Claim receipt_of(const wire::TxId& id) {
        const auto answer = chain.app->query(chain::path::receipt, id.view());
        EXPECT_TRUE(answer) << answer.error().detail;
        const auto receipt = wire::decode_claim(*answer);
        EXPECT_TRUE(receipt);
        return *receipt;
    }
    void expect_verified(const wire::TxId& id) {
        wire::Trust trust{.chain_id = chain.genesis().chain_id,
                          .genesis_hash = wire::hash_of(chain.genesis()),
                          .miners = {}};
        for (const auto& miner : chain.miners) {
            trust.miners.push_back({.id = miner->id(), .public_key = miner->public_key()});
        }
        const auto verdict = verify_claim(receipt_of(id), trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    }
    ErrorCode refused(std::string_view path, base::ByteView data) {
        const auto answer = chain.app->query(path, data);
        EXPECT_FALSE(answer);
        return answer ? ErrorCode{} : answer.error().code;
    }
    Chain chain;
    Chain::Cast cast = chain.cast();
};

TEST_F(QueryTest, RefusesWhatItDoesNotKnow) {
    EXPECT_EQ(refused("", {}), ErrorCode::not_found);
    EXPECT_EQ(refused("keys", {}), ErrorCode::not_found);
    EXPECT_EQ(refused(chain::path::key, base::Bytes(15)), ErrorCode::malformed);
    EXPECT_EQ(refused(chain::path::key, base::Bytes(16)), ErrorCode::not_found);
    EXPECT_EQ(refused(chain::path::mining, base::Bytes(1)), ErrorCode::malformed);
    EXPECT_EQ(refused(chain::path::transaction, base::Bytes(63)), ErrorCode::malformed);
    EXPECT_EQ(refused(chain::path::transaction, base::Bytes(64)), ErrorCode::not_found);
    EXPECT_EQ(refused(chain::path::receipt, base::Bytes(64)), ErrorCode::not_found);
    EXPECT_EQ(refused(chain::path::reference, base::Bytes(32)), ErrorCode::not_found);
    EXPECT_EQ(refused(chain::path::reference, {}), ErrorCode::malformed);
    EXPECT_EQ(refused(chain::path::consent, base::Bytes(5)), ErrorCode::malformed);
}

// Goal: the log's growth can be checked from outside. Method: the answers verify between the roots
// and sizes that the blocks' headers state.
TEST_F(QueryTest, ProvesThatEachHistoryBeginsWithTheOneBefore) {
    chain.mine({chain.signed_report(cast)});
    std::vector<wire::Header> headers;
    for (wire::Height height = 1; height <= chain.app->info().height; ++height) {
        headers.push_back(chain.app->blocks().block(height)->header);
    }
    for (std::size_t from = 0; from < headers.size(); ++from) {
        for (std::size_t to = from; to < headers.size(); ++to) {
            const auto answer = chain.app->query(
                chain::path::consistency,
                chain::encoding::encode(chain::LogSizes{.from = headers[from].history_size,
                                                        .to = headers[to].history_size}));
            ASSERT_TRUE(answer);
            std::vector<crypto::Digest32> path;
            const auto hashes = chain::encoding::decode_path(*answer).value();
            for (const auto& hash : hashes) path.push_back(hash.bytes);
            EXPECT_TRUE(crypto::verify_merkle_consistency(
                headers[from].history_size, headers[from].history_root.bytes,
                headers[to].history_size, headers[to].history_root.bytes, path));
        }
    }
    const auto size = headers.back().history_size;
    for (const auto& sizes : {chain::LogSizes{.from = 0, .to = size + 1},
                              chain::LogSizes{.from = size, .to = size - 1}}) {
        EXPECT_EQ(refused(chain::path::consistency, chain::encoding::encode(sizes)),
                  ErrorCode::not_found);
    }
    EXPECT_EQ(refused(chain::path::consistency, base::Bytes(15)), ErrorCode::malformed);
    EXPECT_EQ(refused(chain::path::consistency, base::Bytes(17)), ErrorCode::malformed);
}

TEST_F(QueryTest, FindsATransactionByIdAndAConsentByReference) {
    const auto envelope = chain.signed_report(cast);
    const auto mined = chain.mine({envelope});
    const auto tx = wire::decode_transaction(envelope);
    const auto by_id = chain.app->query(chain::path::transaction, wire::id_of(*tx).view());
    ASSERT_TRUE(by_id);
    const auto place = chain::encoding::decode_tx_place(*by_id);
    ASSERT_TRUE(place);
    EXPECT_EQ(place->height, chain.app->info().height);
    EXPECT_EQ(place->index, 0U);
    // The consent is named by its reference; a report is named by nothing, so it has none.
    const auto by_ref = chain.app->query(chain::path::reference, cast.consent.view());
    ASSERT_TRUE(by_ref);
    EXPECT_EQ(chain::encoding::decode_tx_place(*by_ref)->height, chain.app->info().height - 1);
    EXPECT_EQ(refused(chain::path::reference, wire::body_ref(tx->body_bytes).view()),
              ErrorCode::not_found);
}

TEST_F(QueryTest, TheFirstReaderWithAConsentIsNamed) {
    const auto nurse = chain.enrolled(Role::nurse);
    const auto answer = chain.app->query(
        chain::path::consent,
        chain::encoding::encode(chain::ConsentQuestion{.patient = cast.patient->id(),
                                                       .readers = {nurse->id(), cast.doctor->id()},
                                                       .category = wire::Category::vital_signs,
                                                       .purpose = wire::Purpose::treatment,
                                                       .at = chain.now}));
    ASSERT_TRUE(answer);
    const auto standing = chain::encoding::decode_standing_consent(*answer);
    EXPECT_EQ(standing->grantee, cast.doctor->id());
    EXPECT_EQ(standing->consent, cast.consent);
}

TEST_F(QueryTest, EveryTransactionHasAReceiptThatVerifies) {
    for (wire::Height height = 1; height <= chain.app->info().height; ++height) {
        const auto block = chain.app->blocks().block(height);
        ASSERT_TRUE(block);
        for (const auto& envelope : block->transactions) {
            expect_verified(wire::id_of(*wire::decode_transaction(envelope)));
        }
    }
    const auto mined =
        chain.mine({chain.signed_report(cast), chain.signed_report(cast),
                    chain.signed_by(chain.admin, chain.person(Role::nurse)->enrolment())});
    for (const auto& result : mined.results) expect_verified(result.id);
}

TEST_F(QueryTest, AReceiptIsTheSameAtAnyLaterTime) {
    const auto mined = chain.mine({chain.signed_report(cast)});
    const auto first = receipt_of(mined.results[0].id);
    chain.must_accept({chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent})});
    chain.must_accept({chain.signed_by(chain.admin, wire::RevokeKey{cast.doctor->id()})});
    EXPECT_EQ(receipt_of(mined.results[0].id), first);
}

// Goal: what changes in a report's own block does not spoil its receipt. Method: in one block
// approve, then rotate the doctor's key, replace and withdraw the consent, revoke the cloud server.
TEST_F(QueryTest, AReceiptSurvivesWhatChangesInItsOwnBlock) {
    const auto fresh = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    const auto again = chain.body(cast.patient, chain.grant_to(cast.doctor));
    const auto mined = chain.mine(
        {chain.signed_report(cast),
         chain.signed_by(cast.doctor, wire::RotateKey{fresh->public_key(), wire::Custody::node}),
         Chain::sign(again, {cast.patient}),
         chain.signed_by(cast.patient, wire::RevokeConsent{wire::body_ref(encode(again))}),
         chain.signed_by(chain.admin, wire::RevokeKey{cast.cloud_server->id()})});
    for (const auto& result : mined.results) {
        ASSERT_EQ(result.code, 0U) << result.detail;
        expect_verified(result.id);
    }
}

TEST_F(QueryTest, AReceiptSurvivesAWithdrawalInItsOwnBlock) {
    const auto mined = chain.mine({chain.signed_report(cast),
                                   chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent}),
                                   chain.signed_by(cast.patient, chain.grant_to(cast.doctor))});
    for (const auto& result : mined.results) {
        ASSERT_EQ(result.code, 0U) << result.detail;
        expect_verified(result.id);
    }
}

}  // namespace
}  // namespace ledger
