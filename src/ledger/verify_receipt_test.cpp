// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt is believed only if all of it holds up to the anchor, and the verdict says how
// far that reaches. Method: receipts of a real chain, then everything about them changed.
#include "ledger/verify_receipt.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/testing.h"
#include "chain/queries.h"
#include "ledger/history_log.h"
#include "ledger/testing.h"
#include "state/tree.h"

namespace ledger {
namespace {

using base::Bytes;
using testing::Chain;
using testing::ChainOptions;
using wire::Role;

wire::Trust trust_of(const Chain& chain) {
    wire::Trust trust{.chain_id = chain.genesis().chain_id,
                      .genesis_hash = wire::hash_of(chain.genesis()),
                      .miners = {}};
    for (const auto& miner : chain.miners) {
        trust.miners.push_back({.id = miner->id(), .public_key = miner->public_key()});
    }
    return trust;
}

wire::Receipt receipt_of(const Chain& chain, base::ByteView envelope) {
    const auto tx = wire::decode_transaction(envelope).value();
    const auto json = chain.app->query(chain::path::receipt, wire::id_of(tx).view());
    CHECK(json.has_value());
    return wire::receipt_from_json(base::as_text(*json)).value();
}

/// The step at which a receipt fails; empty if it does not.
std::string failure(const wire::Receipt& receipt, const std::optional<wire::Trust>& trust) {
    const auto verdict = verify_receipt(receipt, trust);
    if (verdict.status != ReceiptStatus::failed) return "";
    EXPECT_FALSE(verdict.steps.back().ok);
    EXPECT_NE(verdict.words.find(verdict.steps.back().words), std::string::npos);
    return verdict.steps.back().name;
}

class VerifyReceipt : public ::testing::Test {
protected:
    void SetUp() override {
        cast = chain.cast();
        envelope = chain.signed_report(cast);
        chain.must_accept({chain.signed_report(cast), envelope, chain.signed_report(cast)});
        receipt = receipt_of(chain, envelope);
        trust = trust_of(chain);
    }
    Chain chain;
    Chain::Cast cast;
    Bytes envelope;
    wire::Receipt receipt;
    wire::Trust trust;
};

TEST_F(VerifyReceipt, BelievesTheReportOfATrustedChain) {
    const auto verdict = verify_receipt(receipt, trust);
    EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
    EXPECT_EQ(verdict.steps.size(), 9U);
    EXPECT_TRUE(std::ranges::all_of(verdict.steps, &VerdictStep::ok));
    EXPECT_FALSE(verdict.by_program);
    EXPECT_EQ(verdict.height, chain.app->info().height);
    EXPECT_EQ(verdict.transaction, wire::id_of(*wire::decode_transaction(envelope)));
    EXPECT_NE(verdict.words.find("the issuer's word"), std::string::npos);
    EXPECT_NE(verdict.words.find("another history may exist"), std::string::npos);
    EXPECT_NE(verdict.steps[3].words.find("doctor (custody: node)"), std::string::npos);
}

TEST_F(VerifyReceipt, CallsTheIssuerUnknownWithoutAnAnchor) {
    const auto verdict = verify_receipt(receipt, std::nullopt);
    EXPECT_EQ(verdict.status, ReceiptStatus::issuer_unknown);
    EXPECT_NE(verdict.words.find("issuer unknown"), std::string::npos);
}

TEST_F(VerifyReceipt, RefusesTheAnchorOfAnotherChain) {
    auto other = trust;
    other.chain_id = "another";
    EXPECT_EQ(failure(receipt, other), "chain");
}

TEST_F(VerifyReceipt, RefusesAChainMadeBySomebodyElse) {
    Chain forged(ChainOptions{.miners = 3, .demo = false, .seed = 1});  // the same ids, other keys
    const auto forged_cast = forged.cast();
    const auto forged_envelope = forged.signed_report(forged_cast);
    forged.must_accept({forged_envelope});
    const auto forgery = receipt_of(forged, forged_envelope);
    EXPECT_EQ(verify_receipt(forgery, std::nullopt).status, ReceiptStatus::issuer_unknown);
    EXPECT_EQ(failure(forgery, trust), "seal");
    auto stranger = trust;
    for (auto& miner : stranger.miners) miner.id.bytes[0] ^= 1;
    EXPECT_EQ(failure(receipt, stranger), "seal");
}

TEST_F(VerifyReceipt, FindsAnyByteChangedInTheFile) {
    const auto json = wire::to_json(receipt);
    for (std::size_t at = 0; at < json.size(); at += base::testing::stride) {
        auto damaged = json;
        damaged[at] = static_cast<char>(damaged[at] ^ (at % 2 == 0 ? 1 : 32));
        const auto parsed = wire::receipt_from_json(damaged);
        if (!parsed) continue;
        ASSERT_NE(failure(*parsed, trust), "") << "byte " << at << ": " << damaged.substr(at, 20);
    }
}

TEST_F(VerifyReceipt, BelievesEveryKindOfTransaction) {
    const auto doctor = chain.person(Role::doctor);
    const auto enrolment = chain.signed_by(chain.admin, doctor->enrolment());
    const auto grant = chain.signed_by(cast.patient, chain.grant_to(cast.doctor));
    const auto revoke_key = chain.signed_by(chain.admin, wire::RevokeKey{cast.cloud_server->id()});
    chain.must_accept({enrolment, grant, revoke_key});
    const auto withdrawal = chain.signed_by(
        cast.patient,
        wire::RevokeConsent{wire::body_ref(wire::decode_transaction(grant)->body_bytes)});
    chain.must_accept({withdrawal});
    for (const auto& one : {enrolment, grant, revoke_key, withdrawal}) {
        const auto verdict = verify_receipt(receipt_of(chain, one), trust);
        EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
    }
}

TEST_F(VerifyReceipt, SaysThatAProgramApproved) {
    Chain demo(ChainOptions{.miners = 2, .demo = true});
    auto staff = demo.cast();
    staff.doctor = demo.enrolled(Role::demo_program);
    staff.consent = demo.grant(staff.patient, staff.doctor);
    const auto report = demo.signed_report(staff);
    demo.must_accept({report});
    const auto verdict = verify_receipt(receipt_of(demo, report), trust_of(demo));
    EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
    EXPECT_TRUE(verdict.by_program);
    EXPECT_NE(verdict.words.find("approved by a program"), std::string::npos);
}

TEST_F(VerifyReceipt, HoldsWhenTheDoctorsKeyWasRotatedInTheSameBlock) {
    const auto report = chain.signed_report(cast);
    const auto next = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    const auto rotation = chain.signed_by(
        cast.doctor,
        wire::RotateKey{.public_key = next->public_key(), .custody = wire::Custody::own_device});
    chain.must_accept({report, rotation});
    for (const auto& one : {report, rotation}) {
        const auto verdict = verify_receipt(receipt_of(chain, one), trust);
        EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
    }
}

TEST_F(VerifyReceipt, HoldsWhenTheConsentEndedLaterInTheSameBlock) {
    const auto report = chain.signed_report(cast);
    const auto withdrawal = chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent});
    const auto new_grant = chain.signed_by(cast.patient, chain.grant_to(cast.doctor));
    chain.must_accept({report, withdrawal});
    auto verdict = verify_receipt(receipt_of(chain, report), trust);
    EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
    EXPECT_NE(verdict.steps[6].words.find("within this same block"), std::string::npos);
    chain.must_accept({new_grant});
    cast.consent = wire::body_ref(wire::decode_transaction(new_grant)->body_bytes);
    const auto second = chain.signed_report(cast);
    chain.must_accept({second, chain.signed_by(cast.patient, chain.grant_to(cast.doctor))});
    verdict = verify_receipt(receipt_of(chain, second), trust);
    EXPECT_EQ(verdict.status, ReceiptStatus::verified) << verdict.words;
}

// The history of a later block holds the report too, but its state no longer shows the consent.
TEST_F(VerifyReceipt, RefusesALaterHeaderOnceTheConsentIsWithdrawn) {
    const auto withdrawal = chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent});
    chain.must_accept({withdrawal});
    const auto last = chain.signed_by(chain.admin, chain.person(Role::nurse)->enrolment());
    chain.must_accept({last});
    const auto later = receipt_of(chain, last);
    const auto tree = state::StateTree::open(chain.store).value();
    const auto log = HistoryLog::open(chain.store).value();
    const auto height = chain.app->info().height;
    auto moved = receipt;
    moved.header = later.header;
    moved.seal = later.seal;
    moved.history_path = log->inclusion_path(receipt.history_index, log->size()).value();
    for (auto& signer : moved.signers) signer = tree->prove(signer.key, height).value();
    moved.patient_leaf = tree->prove(receipt.patient_leaf->key, height).value();
    moved.consent = tree->prove(receipt.consent->key, height).value();
    EXPECT_EQ(failure(moved, trust), "consent");
}

TEST_F(VerifyReceipt, RefusesProofsThatAreMissingSwappedOrOfOthers) {
    auto bad = receipt;
    std::swap(bad.signers[0], bad.signers[1]);
    EXPECT_EQ(failure(bad, trust), "keys");
    bad = receipt;
    bad.signers.pop_back();
    EXPECT_EQ(failure(bad, trust), "keys");
    bad = receipt;
    bad.signers.clear();
    EXPECT_EQ(failure(bad, trust), "keys");
    bad = receipt;
    bad.consent.reset();
    EXPECT_EQ(failure(bad, trust), "consent");
    bad = receipt;
    bad.patient_leaf.reset();
    EXPECT_EQ(failure(bad, trust), "consent");
    bad = receipt;
    bad.patient_leaf = bad.signers[0];
    EXPECT_EQ(failure(bad, trust), "consent");
    bad = receipt;
    bad.consent = bad.patient_leaf;
    EXPECT_EQ(failure(bad, trust), "consent");
    bad = receipt;
    bad.history_path.clear();
    EXPECT_EQ(failure(bad, trust), "inclusion");
    bad = receipt;
    bad.history_index += 1;
    EXPECT_EQ(failure(bad, trust), "inclusion");
    bad = receipt;
    bad.history_index = std::numeric_limits<std::uint64_t>::max();
    EXPECT_EQ(failure(bad, trust), "inclusion");
    EXPECT_EQ(failure({}, trust), "envelope");
    EXPECT_EQ(failure({}, std::nullopt), "envelope");
}

TEST_F(VerifyReceipt, RefusesASealByAnotherMinerOrWithAFalseApproval) {
    const auto header = wire::decode_header(receipt.header).value();
    auto seal = wire::decode_seal(receipt.seal).value();
    for (const auto& miner : chain.miners) {
        auto other = seal;
        other.signature = miner->sign(wire::sealed_message(receipt.header, seal)).value();
        auto bad = receipt;
        bad.seal = encode(other);
        EXPECT_EQ(failure(bad, trust), miner->id() == header.miner ? "" : "seal");
    }
    // Goal: the round is signed too. Method: a receipt that tells another round.
    auto other_round = seal;
    ++other_round.round;
    auto retold = receipt;
    retold.seal = encode(other_round);
    EXPECT_EQ(failure(retold, trust), "seal");
    const auto& approver = chain.miners.front();
    seal.approvals = {
        {approver->id(), approver->sign(wire::approval_message(receipt.header, seal)).value()}};
    auto approved = receipt;
    approved.seal = encode(seal);
    EXPECT_EQ(failure(approved, trust), "");
    seal.approvals.front().signature.bytes[5] ^= 1;
    approved.seal = encode(seal);
    EXPECT_EQ(failure(approved, trust), "seal");
}

}  // namespace
}  // namespace ledger
