// SPDX-License-Identifier: Apache-2.0
// Goal: the receipt of a transaction is believed only if all of it holds up to the anchor. Method:
// receipts of a real chain, then everything about them changed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "base/testing.h"
#include "ledger/claim_testing.h"
#include "ledger/verify_claim.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::ClaimWorld;
using testing::VerifyClaim;
using wire::Role;

wire::ProvenTransaction& fact_of(wire::Claim& claim) {
    return std::get<wire::ProvenTransaction>(claim.fact);
}

class VerifyTransaction : public VerifyClaim {
protected:
    void SetUp() override {
        auto& chain = world.chain;
        envelope = chain.signed_report(world.cast);
        chain.must_accept(
            {chain.signed_report(world.cast), envelope, chain.signed_report(world.cast)});
        receipt = world.receipt_of(envelope);
    }
    base::Bytes envelope;
    wire::Claim receipt;
};

TEST_F(VerifyTransaction, BelievesTheReportOfATrustedChain) {
    const auto verdict = verify_claim(receipt, trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_EQ(verdict.steps.size(), 11U);
    EXPECT_TRUE(std::ranges::all_of(verdict.steps, &VerdictStep::ok));
    EXPECT_FALSE(verdict.by_program || verdict.agreed);
    EXPECT_EQ(verdict.kind, "transaction");
    EXPECT_EQ(verdict.height, world.chain.app->info().height);
    EXPECT_EQ(verdict.transaction, wire::id_of(*wire::decode_transaction(envelope)));
    EXPECT_NE(verdict.words.find("the issuer's word"), std::string::npos);
    EXPECT_NE(verdict.words.find("another history may exist"), std::string::npos);
    EXPECT_NE(verdict.steps[4].words.find("doctor (custody: node)"), std::string::npos);
    EXPECT_NE(verdict.says.find("was approved by doctor"), std::string::npos) << verdict.says;
}

TEST_F(VerifyTransaction, CallsTheIssuerUnknownWithoutAnAnchor) {
    const auto verdict = verify_claim(receipt, std::nullopt);
    EXPECT_EQ(verdict.status, ClaimStatus::issuer_unknown);
    EXPECT_NE(verdict.words.find("issuer unknown"), std::string::npos);
}

TEST_F(VerifyTransaction, ReadsEveryFormAlike) {
    const auto json = wire::to_json(receipt);
    const auto text = wire::to_text(receipt);
    for (const auto& bytes : {base::Bytes(json.begin(), json.end()), wire::encode(receipt),
                              base::Bytes(text.begin(), text.end())}) {
        EXPECT_EQ(verify_claim(bytes, trust).status, ClaimStatus::verified);
        const auto cut = base::ByteView(bytes).first(bytes.size() - 3);
        const auto verdict = verify_claim(cut, trust);
        EXPECT_EQ(verdict.status, ClaimStatus::failed);
        EXPECT_EQ(verdict.steps.back().name, "form");
        EXPECT_TRUE(verdict.code);
    }
}

TEST_F(VerifyTransaction, FindsAnyByteChangedInEitherForm) {
    const auto json = wire::to_json(receipt);
    for (const auto& good : {base::Bytes(json.begin(), json.end()), wire::encode(receipt)}) {
        for (std::size_t at = 0; at < good.size(); at += base::testing::stride) {
            auto damaged = good;
            damaged[at] ^= static_cast<std::uint8_t>(at % 2 == 0 ? 1 : 32);
            ASSERT_EQ(verify_claim(damaged, trust).status, ClaimStatus::failed) << "byte " << at;
        }
    }
}

TEST_F(VerifyTransaction, BelievesEveryKindOfTransaction) {
    const auto doctor = world.chain.person(Role::doctor);
    const auto enrolment = world.chain.signed_by(world.chain.admin, doctor->enrolment());
    const auto grant =
        world.chain.signed_by(world.cast.patient, world.chain.grant_to(world.cast.doctor));
    const auto revoke_key =
        world.chain.signed_by(world.chain.admin, wire::RevokeKey{world.cast.cloud_server->id()});
    world.chain.must_accept({enrolment, grant, revoke_key});
    const auto withdrawal = world.chain.signed_by(
        world.cast.patient,
        wire::RevokeConsent{wire::body_ref(wire::decode_transaction(grant)->body_bytes)});
    world.chain.must_accept({withdrawal});
    for (const auto& one : {enrolment, grant, revoke_key, withdrawal}) {
        const auto verdict = verify_claim(world.receipt_of(one), trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    }
}

TEST_F(VerifyTransaction, SaysThatAProgramApproved) {
    ClaimWorld demo({.miners = 2, .demo = true});
    demo.cast.doctor = demo.chain.enrolled(Role::demo_program);
    demo.cast.consent = demo.chain.grant(demo.cast.patient, demo.cast.doctor);
    const auto report = demo.chain.signed_report(demo.cast);
    demo.chain.must_accept({report});
    const auto verdict = verify_claim(demo.receipt_of(report), demo.trust());
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_TRUE(verdict.by_program);
    EXPECT_NE(verdict.words.find("approved by a program"), std::string::npos);
    EXPECT_NE(verdict.says.find("approved by program"), std::string::npos);
}

TEST_F(VerifyTransaction, HoldsWhenTheDoctorsKeyWasRotatedInTheSameBlock) {
    const auto report = world.chain.signed_report(world.cast);
    const auto next = std::make_shared<testing::Identity>(world.cast.doctor->id(), Role::doctor);
    const auto rotation = world.chain.signed_by(
        world.cast.doctor,
        wire::RotateKey{.public_key = next->public_key(), .custody = wire::Custody::own_device});
    world.chain.must_accept({report, rotation});
    for (const auto& one : {report, rotation}) {
        const auto verdict = verify_claim(world.receipt_of(one), trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    }
}

TEST_F(VerifyTransaction, HoldsWhenTheConsentEndedLaterInTheSameBlock) {
    const auto report = world.chain.signed_report(world.cast);
    const auto withdrawal =
        world.chain.signed_by(world.cast.patient, wire::RevokeConsent{world.cast.consent});
    const auto new_grant =
        world.chain.signed_by(world.cast.patient, world.chain.grant_to(world.cast.doctor));
    world.chain.must_accept({report, withdrawal});
    auto verdict = verify_claim(world.receipt_of(report), trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_NE(verdict.steps[7].words.find("within this same block"), std::string::npos);
    world.chain.must_accept({new_grant});
    world.cast.consent = wire::body_ref(wire::decode_transaction(new_grant)->body_bytes);
    const auto second = world.chain.signed_report(world.cast);
    world.chain.must_accept(
        {second,
         world.chain.signed_by(world.cast.patient, world.chain.grant_to(world.cast.doctor))});
    verdict = verify_claim(world.receipt_of(second), trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
}

// The history of a later block holds the report too, but its state no longer shows the consent.
TEST_F(VerifyTransaction, RefusesALaterHeaderOnceTheConsentIsWithdrawn) {
    auto& chain = world.chain;
    chain.must_accept(
        {chain.signed_by(world.cast.patient, wire::RevokeConsent{world.cast.consent})});
    const auto last = chain.signed_by(chain.admin, chain.person(Role::nurse)->enrolment());
    chain.must_accept({last});
    const auto later = world.receipt_of(last);
    const auto tree = state::StateTree::open(chain.store).value();
    const auto log = HistoryLog::open(chain.store).value();
    const auto height = chain.app->info().height;
    auto moved = receipt;
    moved.header = later.header;
    moved.seal = later.seal;
    auto& fact = fact_of(moved);
    fact.history_path = log->inclusion_path(fact.history_index, log->size()).value();
    for (auto& signer : fact.signers) signer = tree->prove(signer.key, height).value();
    fact.patient_leaf = tree->prove(fact.patient_leaf->key, height).value();
    fact.consent = tree->prove(fact.consent->key, height).value();
    expect_failure(moved, "consent", ErrorCode::consent_missing);
}

TEST_F(VerifyTransaction, RefusesProofsThatAreMissingSwappedOrOfOthers) {
    const auto with = [&](auto change) {
        auto bad = receipt;
        change(fact_of(bad));
        return bad;
    };
    using Fact = wire::ProvenTransaction;
    expect_failure(with([](Fact& bad) { std::swap(bad.signers[0], bad.signers[1]); }), "keys",
                   ErrorCode::conflict);
    expect_failure(with([](Fact& bad) { bad.signers.pop_back(); }), "keys", ErrorCode::malformed);
    expect_failure(with([](Fact& bad) { bad.consent.reset(); }), "consent",
                   ErrorCode::consent_missing);
    expect_failure(with([](Fact& bad) { bad.patient_leaf.reset(); }), "consent",
                   ErrorCode::consent_missing);
    expect_failure(with([](Fact& bad) { bad.patient_leaf = bad.signers[0]; }), "consent",
                   ErrorCode::conflict);
    expect_failure(with([](Fact& bad) { bad.consent = bad.patient_leaf; }), "consent",
                   ErrorCode::conflict);
    expect_failure(with([](Fact& bad) { bad.history_path.clear(); }), "inclusion",
                   ErrorCode::wrong_root);
    expect_failure(with([](Fact& bad) { bad.history_index += 1; }), "inclusion",
                   ErrorCode::wrong_root);
    expect_failure(with([](Fact& bad) { bad.history_index = ~std::uint64_t{0}; }), "inclusion",
                   ErrorCode::wrong_root);
    expect_failure(with([](Fact& bad) { bad.signers[0].steps[0].sibling.bytes[7] ^= 1; }), "keys",
                   ErrorCode::wrong_root);
    expect_failure(wire::Claim{}, "envelope", ErrorCode::malformed);
}

// Goal: a transaction signed with others in one batch verifies alone. Method: three reports under
// two signatures, then another place, another size and a path that fits neither.
TEST_F(VerifyTransaction, HoldsUnderASignatureOverABatch) {
    auto& chain = world.chain;
    std::vector<wire::TransactionBody> bodies;
    for (int i = 0; i < 3; ++i) {
        bodies.push_back(chain.body(world.cast.cloud_server, chain.report(world.cast)));
    }
    const std::array<const wire::Signer*, 2> signers{world.cast.cloud_server.get(),
                                                     world.cast.doctor.get()};
    const auto signed_together = wire::sign_batch(bodies, signers).value();
    chain.must_accept(signed_together);
    for (const auto& one : signed_together) {
        auto claim = world.receipt_of(one);
        const auto verdict = verify_claim(claim, trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
        auto tx = wire::decode_transaction(one).value();
        tx.batch->path[0].bytes[0] ^= 1;
        fact_of(claim).envelope = encode(tx);
        expect_failure(claim, "signatures", ErrorCode::bad_signature);
    }
}

}  // namespace
}  // namespace ledger
