// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt about the state is believed only if all of it holds up to the anchor, and the
// verdict says how far that reaches. Method: receipts of a real chain, then each forgery that
// somebody might try.
#include "ledger/verify_claim.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "ledger/claim_testing.h"
#include "state/keys.h"
#include "state/values.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::ClaimState;
using testing::ClaimWorld;
using testing::VerifyClaim;
using wire::Role;

class VerifyConsent : public VerifyClaim {
protected:
    [[nodiscard]] wire::Claim consent() const {
        return world.ask(world.consent_question(world.cast.doctor)).value();
    }
    [[nodiscard]] wire::Claim no_consent(std::vector<wire::LedgerId> readers) const {
        return world.ask(world.no_consent_question(std::move(readers))).value();
    }
    static wire::ProvenNoConsent& none_of(wire::Claim& claim) {
        return std::get<wire::ProvenNoConsent>(claim.fact);
    }
    /// The patient's own tree and leaf as of the newest block.
    [[nodiscard]] wire::StateProof proof_of(const base::Bytes& key) const {
        const auto tree =
            state::StateTree::open(const_cast<storage::MemoryStore&>(world.chain.store)).value();
        return tree->prove(key, world.chain.app->info().height).value();
    }
    [[nodiscard]] base::Bytes consent_key(const wire::LedgerId& reader) const {
        return state::consent_of({.patient = world.cast.patient->id(),
                                  .grantee = reader,
                                  .category = wire::Category::vital_signs,
                                  .purpose = wire::Purpose::treatment});
    }
};

TEST_F(VerifyConsent, BelievesThatAConsentWasInForce) {
    const auto verdict = verify_claim(consent(), trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_EQ(verdict.kind, "consent");
    EXPECT_NE(verdict.says.find("was allowed to see vital signs"), std::string::npos)
        << verdict.says;
}

TEST_F(VerifyConsent, ProvesAConsentAtTheHeightWhereItStoodAndNotAfterItEnded) {
    auto& chain = world.chain;
    auto question = world.consent_question(world.cast.doctor);
    question.height = chain.app->info().height;
    const auto before = world.ask(question).value();
    chain.must_accept(
        {chain.signed_by(world.cast.patient, wire::RevokeConsent{world.cast.consent})});
    EXPECT_EQ(world.ask(question).value(), before);
    expect_verified(before, trust);
    question.height = 0;
    EXPECT_EQ(world.ask(question).error().code, ErrorCode::consent_missing);
    EXPECT_EQ(world.ask(world.consent_question(world.stranger)).error().code,
              ErrorCode::consent_missing);
}

TEST_F(VerifyConsent, RefusesAWithdrawnConsentAsOneInForce) {
    auto& chain = world.chain;
    chain.must_accept(
        {chain.signed_by(world.cast.patient, wire::RevokeConsent{world.cast.consent})});
    auto forged = no_consent({world.cast.doctor->id()});
    forged.fact =
        wire::ProvenConsent{.patient_leaf = proof_of(state::patient_of(world.cast.patient->id())),
                            .consent = proof_of(consent_key(world.cast.doctor->id()))};
    expect_failure(forged, "consent", ErrorCode::consent_missing);
}

TEST_F(VerifyConsent, RefusesAConsentThatHasEndedOrNotBegunByTheBlocksTime) {
    world.chain.now += std::chrono::hours{25};
    const auto late = world.chain.enrolled(Role::nurse);
    EXPECT_EQ(world.ask(world.consent_question(world.cast.doctor)).error().code,
              ErrorCode::consent_missing);
    auto forged = no_consent({world.cast.doctor->id()});
    forged.fact =
        wire::ProvenConsent{.patient_leaf = proof_of(state::patient_of(world.cast.patient->id())),
                            .consent = proof_of(consent_key(world.cast.doctor->id()))};
    expect_failure(forged, "consent", ErrorCode::consent_missing);
    auto future = world.chain.grant_to(late);
    future.from = world.chain.now + std::chrono::hours{1};
    world.chain.must_accept({world.chain.signed_by(world.cast.patient, future)});
    const auto claim = no_consent({late->id()});
    expect_verified(claim, trust);
}

TEST_F(VerifyConsent, RefusesProofsOfAnotherRootPatientOrRecord) {
    auto claim = consent();
    auto& fact = std::get<wire::ProvenConsent>(claim.fact);
    const auto good = fact;
    fact.patient_leaf.value[3] ^= 1;
    expect_failure(claim, "consent", ErrorCode::wrong_root);
    fact = good;
    fact.consent.steps[0].sibling.bytes[0] ^= 1;
    expect_failure(claim, "consent", ErrorCode::wrong_root);
    fact = good;
    fact.patient_leaf.key = state::patient_of(world.other_patient->id());
    expect_failure(claim, "consent", ErrorCode::conflict);
    fact = good;
    fact.consent = fact.patient_leaf;
    expect_failure(claim, "consent", ErrorCode::malformed);
    fact = good;
    fact.consent.key[0] = 'd';  // what a newer grant replaced
    expect_failure(claim, "consent", ErrorCode::malformed);
}

// Goal: an altered time shows. Method: the record's end, then the header's own time.
TEST_F(VerifyConsent, RefusesAlteredTimes) {
    auto claim = consent();
    auto& fact = std::get<wire::ProvenConsent>(claim.fact);
    auto record = state::decode_consent_record(fact.consent.value).value();
    record.until += std::chrono::hours{1};
    fact.consent.value = state::encode(record);
    expect_failure(claim, "consent", ErrorCode::wrong_root);
    claim = consent();
    auto header = wire::decode_header(claim.header).value();
    header.time += std::chrono::seconds{1};
    claim.header = encode(header);
    expect_failure(claim, "seal", ErrorCode::bad_signature);
}

TEST_F(VerifyConsent, BelievesThatNobodyOfThoseNamedHadAConsent) {
    auto& chain = world.chain;
    const auto nurse = chain.enrolled(Role::nurse);
    const auto grant = chain.grant(world.cast.patient, nurse);
    chain.must_accept({chain.signed_by(world.cast.patient, wire::RevokeConsent{grant})});
    auto claim = no_consent({world.stranger->id(), nurse->id(), chain.admin->id()});
    const auto verdict = verify_claim(claim, trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_NE(verdict.steps[3].words.find("2 of the 3 ids never had one"), std::string::npos)
        << verdict.steps[3].words;
    EXPECT_NE(verdict.says.find("no consent of patient"), std::string::npos);
    EXPECT_EQ(
        world.ask(world.no_consent_question({nurse->id(), world.cast.doctor->id()})).error().code,
        ErrorCode::conflict);
    EXPECT_EQ(world.ask(world.no_consent_question({nurse->id(), nurse->id()})).error().code,
              ErrorCode::malformed);
}

TEST_F(VerifyConsent, BelievesThatAPatientNeverGrantedAnything) {
    auto question = world.no_consent_question({world.cast.doctor->id()});
    question.patient = world.other_patient->id();
    auto claim = world.ask(question).value();
    expect_verified(claim, trust);
    // Presented as one of the patient who did.
    none_of(claim).patient = world.cast.patient->id();
    expect_failure(claim, "absence", ErrorCode::malformed);
    // With a proof of what no leaf leads to.
    claim = world.ask(question).value();
    none_of(claim).readers[0].absence = none_of(claim).patient_absence;
    expect_failure(claim, "absence", ErrorCode::malformed);
}

TEST_F(VerifyConsent, RefusesTheAbsenceOfAnotherIdAsThatOfThisOne) {
    auto claim = no_consent({world.stranger->id()});
    // The absence of the doctor's consent, who has one: the way to it ends at the record itself.
    none_of(claim).readers[0].id = world.cast.doctor->id();
    const auto verdict = verify_claim(claim, trust);
    EXPECT_EQ(verdict.status, ClaimStatus::failed);
    EXPECT_EQ(verdict.steps.back().name, "absence");
    // And with the record that is reached in place of the stranger's given as the doctor's absence.
    none_of(claim).readers[0].absence = proof_of(consent_key(world.cast.doctor->id()));
    expect_failure(claim, "absence", ErrorCode::malformed);
}

TEST_F(VerifyConsent, RefusesARecordThatStandsAsOneThatDoesNot) {
    auto claim = no_consent({world.stranger->id()});
    none_of(claim).readers[0] = {.id = world.cast.doctor->id(),
                                 .absence = {},
                                 .record = proof_of(consent_key(world.cast.doctor->id()))};
    expect_failure(claim, "absence", ErrorCode::conflict);
    // Under the stranger's id it is another consent's record.
    none_of(claim).readers[0].id = world.stranger->id();
    expect_failure(claim, "absence", ErrorCode::conflict);
}

TEST_F(VerifyConsent, RefusesReadersThatSayNothingOrTwice) {
    const auto good = no_consent({world.stranger->id(), world.chain.admin->id()});
    auto claim = good;
    none_of(claim).readers[0].absence.reset();
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    none_of(claim).readers[0].record = none_of(claim).readers[0].absence;
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    std::swap(none_of(claim).readers[0], none_of(claim).readers[1]);
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    none_of(claim).readers[1] = none_of(claim).readers[0];
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    none_of(claim).patient_leaf.reset();
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    none_of(claim).patient_absence = none_of(claim).patient_leaf;
    expect_failure(claim, "absence", ErrorCode::malformed);
    claim = good;
    none_of(claim).patient_leaf->value[0] ^= 1;
    expect_failure(claim, "absence", ErrorCode::wrong_root);
}

class VerifyKeyDestroyed : public VerifyClaim {
protected:
    void SetUp() override {
        auto& chain = world.chain;
        const auto& cast = world.cast;
        content_id = testing::Chain::content_id();
        envelope = testing::Chain::sign(
            chain.body(cast.cloud_server,
                       wire::DestroyKey{.patient = cast.patient->id(), .content_id = content_id}),
            {cast.cloud_server, cast.patient});
        chain.must_accept({envelope});
        height = chain.app->info().height;
        claim = world.ask(question()).value();
    }
    [[nodiscard]] chain::ClaimQuestion question() const {
        return {.kind = chain::ClaimKind::key_destroyed,
                .height = 0,
                .patient = {},
                .readers = {},
                .content_id = content_id};
    }
    wire::ContentId content_id;
    base::Bytes envelope;
    wire::Height height = 0;
    wire::Claim claim;
};

TEST_F(VerifyKeyDestroyed, BelievesTheTombstone) {
    const auto verdict = verify_claim(claim, trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_NE(verdict.says.find("was destroyed in block " + std::to_string(height)),
              std::string::npos)
        << verdict.says;
}

TEST_F(VerifyKeyDestroyed, BelievesTheTransactionThatDestroyedIt) {
    const auto verdict = verify_claim(world.receipt_of(envelope), trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
    EXPECT_NE(verdict.says.find("the key of vault object"), std::string::npos) << verdict.says;
}

TEST_F(VerifyKeyDestroyed, ProvesNothingBeforeOrOfAnotherPatientsRecord) {
    auto other = question();
    other.height = height - 1;
    EXPECT_EQ(world.ask(other).error().code, ErrorCode::not_found);
    other = question();
    other.patient = world.other_patient->id();
    EXPECT_EQ(world.ask(other).error().code, ErrorCode::not_found);
    other.patient = world.cast.patient->id();
    EXPECT_EQ(world.ask(other).value(), claim);
}

TEST_F(VerifyKeyDestroyed, RefusesAnotherObjectRootOrTime) {
    auto bad = claim;
    auto& fact = std::get<wire::ProvenKeyDestroyed>(bad.fact);
    fact.content_id.bytes[20] ^= 1;
    expect_failure(bad, "tombstone", ErrorCode::conflict);
    bad = claim;
    fact.tombstone.value.back() ^= 1;
    expect_failure(bad, "tombstone", ErrorCode::wrong_root);
    bad = claim;
    fact.tombstone.key = state::key_of(world.cast.patient->id());
    expect_failure(bad, "tombstone", ErrorCode::conflict);
    // Destroyed in a block after the one it is shown in: only who seals can state that.
    const state::Tombstone early{.patient = world.cast.patient->id(),
                                 .cloud_server = world.cast.cloud_server->id(),
                                 .reference = world.cast.consent,
                                 .height = 9};
    const auto key = state::tombstone_of(content_id);
    const ClaimState state(world, {{key, state::encode(early)}});
    expect_failure(state.claim(wire::ProvenKeyDestroyed{
                       .content_id = content_id, .tombstone = state.tree().prove(key, 1).value()}),
                   "tombstone", ErrorCode::malformed);
}

class VerifyStrength : public VerifyClaim {
protected:
    void SetUp() override {
        trust = world.trust_with_witnesses();
        height = world.chain.app->info().height;
        consent = world.ask(world.consent_question(world.cast.doctor)).value();
        envelope = world.chain.signed_report(world.cast);
        world.chain.must_accept({envelope});
        report = world.receipt_of(envelope);
    }
    wire::Height height = 0;
    wire::Claim consent;
    base::Bytes envelope;
    wire::Claim report;
};

TEST_F(VerifyStrength, RefusesAHeaderOfAnotherChainAndASealByAStranger) {
    auto other = trust;
    other.chain_id = "another";
    expect_failure(consent, other, "chain", ErrorCode::wrong_chain);
    // A chain that somebody else made with the same ids and other keys.
    ClaimWorld forged({.miners = 4});
    const auto forgery = forged.ask(forged.consent_question(forged.cast.doctor)).value();
    EXPECT_EQ(verify_claim(forgery, std::nullopt).status, ClaimStatus::issuer_unknown);
    expect_failure(forgery, "seal", ErrorCode::bad_signature);
    auto strangers = trust;
    for (auto& miner : strangers.miners) miner.id.bytes[0] ^= 1;
    expect_failure(consent, strangers, "seal", ErrorCode::unknown_signer);
    auto header = wire::decode_header(consent.header).value();
    const auto seal = wire::decode_seal(consent.seal).value();
    for (const auto& miner : world.chain.miners) {
        auto signed_by_another = seal;
        signed_by_another.signature =
            miner->sign(wire::sealed_message(consent.header, seal)).value();
        auto claim = consent;
        claim.seal = encode(signed_by_another);
        if (miner->id() == header.miner) continue;
        expect_failure(claim, "seal", ErrorCode::bad_signature);
    }
}

TEST_F(VerifyStrength, RefusesASealWhoseNumbersWereRetold) {
    for (const auto change : {0, 1, 2, 3}) {
        auto claim = world.approved(consent, 1);
        auto seal = wire::decode_seal(claim.seal).value();
        if (change == 0) ++seal.round;
        if (change == 1) ++seal.passed_over;
        if (change == 2) ++seal.nonce;
        if (change == 3) ++seal.attempt;
        claim.seal = encode(seal);
        expect_failure(claim, "seal", ErrorCode::bad_signature);
    }
}

TEST_F(VerifyStrength, SaysAgreedOnlyIfOverTwoThirdsApproved) {
    for (std::size_t approvals = 0; approvals <= 4; ++approvals) {
        const auto verdict = verify_claim(world.approved(consent, approvals), trust);
        ASSERT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
        EXPECT_EQ(verdict.agreed, approvals >= 3);
        EXPECT_EQ(
            verdict.words.find("agreed by over two thirds of the 4 miners") != std::string::npos,
            approvals >= 3);
    }
}

TEST_F(VerifyStrength, RefusesTooFewApprovalsWhereTheAnchorAsksForAQuorum) {
    trust.quorum = wire::Quorum::two_thirds;
    expect_failure(world.approved(consent, 2), "seal", ErrorCode::not_authorised);
    expect_verified(world.approved(consent, 3), trust);
    trust.quorum = wire::Quorum::majority;
    expect_failure(world.approved(consent, 2), "seal", ErrorCode::not_authorised);
    expect_verified(world.approved(consent, 3), trust);
}

// Whoever was not active at the block's height counts for nothing, in either direction.
TEST_F(VerifyStrength, CountsTheApprovalsOfThoseAloneWhoWereActiveAtItsHeight) {
    trust.quorum = wire::Quorum::two_thirds;
    const auto at = wire::decode_header(consent.header).value().height;
    auto left = trust;
    left.miners[3].until = at;
    expect_verified(world.approved(consent, 3), left);
    expect_verified(world.approved(consent, 4), left);
    expect_failure(world.approved(consent, 2), left, "seal", ErrorCode::not_authorised);
    auto leaves = trust;
    leaves.miners[3].until = at + 1;
    expect_failure(world.approved(consent, 2), leaves, "seal", ErrorCode::not_authorised);
    expect_verified(world.approved(consent, 3), leaves);
    auto to_come = trust;
    for (auto& miner : to_come.miners) miner.from = at + 1;
    expect_failure(world.approved(consent, 4), to_come, "seal", ErrorCode::unknown_signer);

    auto claim = world.approved(consent, 3);
    auto seal = wire::decode_seal(claim.seal).value();
    seal.approvals.push_back({world.stranger->id(), seal.approvals.front().signature});
    claim.seal = encode(seal);
    expect_verified(claim, trust);
    seal.approvals.erase(seal.approvals.begin());
    claim.seal = encode(seal);
    expect_failure(claim, trust, "seal", ErrorCode::not_authorised);
}

TEST_F(VerifyStrength, RefusesAFalseApproval) {
    auto claim = world.approved(consent, 3);
    auto seal = wire::decode_seal(claim.seal).value();
    seal.approvals[1].signature.bytes[5] ^= 1;
    claim.seal = encode(seal);
    expect_failure(claim, "seal", ErrorCode::bad_signature);
    // A miner's seal is not its approval.
    seal.approvals[1] = {.miner = seal.approvals[1].miner, .signature = seal.signature};
    claim.seal = encode(seal);
    expect_failure(claim, "seal", ErrorCode::bad_signature);
}

TEST_F(VerifyStrength, NamesTheWitnessesAndTheirTimes) {
    for (const auto& claim :
         {world.witnessed(consent, height), world.witnessed(report, height + 1)}) {
        const auto verdict = verify_claim(claim, trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
        ASSERT_EQ(verdict.witnesses.size(), 2U);
        EXPECT_EQ(verdict.witnesses[0].name, "regulator");
        EXPECT_NE(verdict.words.find("witnessed by 2: regulator at "), std::string::npos);
    }
    // Both strengths at once.
    const auto both = verify_claim(world.approved(world.witnessed(consent, height), 3), trust);
    EXPECT_TRUE(both.agreed && both.witnesses.size() == 2) << both.words;
}

TEST_F(VerifyStrength, BelievesATransactionUnderALaterCheckpoint) {
    for (int i = 0; i < 5; ++i) (void)world.chain.enrolled(Role::nurse);
    expect_verified(world.witnessed(report, world.chain.app->info().height), trust);
}

TEST_F(VerifyStrength, CountsNoWitnessThatTheAnchorDoesNotName) {
    auto claim = world.witnessed(consent, height);
    trust.witnesses.clear();
    const auto verdict = verify_claim(claim, trust);
    EXPECT_EQ(verdict.status, ClaimStatus::verified);
    EXPECT_TRUE(verdict.witnesses.empty());
    EXPECT_NE(verdict.words.find("the issuer's word"), std::string::npos);
    trust.checkpoint_key.clear();
    expect_verified(claim, trust);
}

TEST_F(VerifyStrength, RefusesTheCheckpointOfAFork) {
    // Another world's log has the same key here, as if the log had signed two histories.
    ClaimWorld fork({.miners = 4});
    (void)fork.chain.enrolled(Role::nurse);
    auto claim = world.witnessed(report, height + 1);
    claim.checkpoint->note =
        fork.note(fork.chain.app->info().height, {"regulator"}, fork.chain.now);
    expect_failure(claim, "checkpoint", ErrorCode::conflict);
    // The same history under another block of that height.
    auto header = wire::decode_header(report.header).value();
    auto checkpoint = witness::checkpoint_of(header, {});
    claim.checkpoint = {.note = encode(world.log().sign(checkpoint)), .path = {}};
    expect_failure(claim, "checkpoint", ErrorCode::conflict);
}

TEST_F(VerifyStrength, RefusesAStaleCheckpoint) {
    auto claim = world.witnessed(report, height + 1);
    claim.checkpoint = {.note = world.note(height, {"regulator"}, world.chain.now), .path = {}};
    expect_failure(claim, "checkpoint", ErrorCode::expired);
}

// Goal: a checkpoint vouches for the state of the block that it names and of no other.
TEST_F(VerifyStrength, RefusesALaterCheckpointForAClaimAboutTheState) {
    const auto history = HistoryLog::open(world.chain.store).value();
    const auto size = wire::decode_header(consent.header)->history_size;
    auto claim = consent;
    claim.checkpoint = {.note = world.note(height + 1, {"regulator"}, world.chain.now),
                        .path = history->consistency_path(size, history->size()).value()};
    expect_failure(claim, "checkpoint", ErrorCode::expired);
}

TEST_F(VerifyStrength, RefusesAlteredNotesTimesAndPaths) {
    const auto good = world.witnessed(report, height + 1);
    auto claim = good;
    auto note = witness::decode_note(claim.checkpoint->note).value();
    note.signatures[1].bytes[7] ^= 1;  // the witness's time
    claim.checkpoint->note = encode(note);
    expect_failure(claim, "checkpoint", ErrorCode::bad_signature);
    claim = good;
    claim.checkpoint->note = "no note";
    expect_failure(claim, "checkpoint", ErrorCode::malformed);
    claim = good;
    claim.checkpoint->path.emplace_back();
    expect_failure(claim, "checkpoint", ErrorCode::conflict);
    // Signed by another log.
    claim = good;
    auto other_log = trust;
    other_log.checkpoint_key = encode(witness::CheckpointSigner(witness::origin_of(trust.chain_id),
                                                                testing::witness_key("another"))
                                          .verifier_key());
    expect_failure(claim, other_log, "checkpoint", ErrorCode::unknown_signer);
}

// Goal: a policy can require witnesses. Method: a receipt with two of them, asked for 0 to 3, and
// one with none.
TEST_F(VerifyClaim, APolicyAsksForSoManyWitnesses) {
    const auto plain = world.receipt_of([&] {
        auto report = world.chain.signed_report(world.cast);
        world.chain.must_accept({report});
        return report;
    }());
    const auto witnessed = world.witnessed(plain, world.chain.app->info().height);
    const auto asked = [&](const wire::Claim& claim, const std::optional<wire::Trust>& anchor,
                           std::size_t required) {
        auto verdict = verify_claim(claim, anchor);
        require_witnesses(verdict, required);
        return verdict;
    };
    const auto anchor = world.trust_with_witnesses();
    for (const std::size_t enough : {0U, 1U, 2U}) {
        EXPECT_EQ(asked(witnessed, anchor, enough).status, ClaimStatus::verified) << enough;
    }
    const auto too_few = asked(witnessed, anchor, 3);
    EXPECT_EQ(too_few.status, ClaimStatus::failed);
    EXPECT_EQ(too_few.steps.back().name, "policy");
    EXPECT_EQ(too_few.code, base::ErrorCode::not_authorised);
    EXPECT_EQ(too_few.says, "");
    EXPECT_EQ(asked(plain, anchor, 0).status, ClaimStatus::verified);
    EXPECT_EQ(asked(plain, anchor, 1).status, ClaimStatus::failed) << "no checkpoint at all";
    EXPECT_EQ(asked(witnessed, trust, 1).status, ClaimStatus::failed) << "the anchor names none";
    EXPECT_EQ(asked(witnessed, std::nullopt, 1).status, ClaimStatus::failed);
    auto strict = anchor;
    strict.witnesses_required = 2;
    EXPECT_EQ(verify_claim(witnessed, strict).status, ClaimStatus::verified);
    expect_failure(plain, strict, "policy", base::ErrorCode::not_authorised);
}

}  // namespace
}  // namespace ledger
