// SPDX-License-Identifier: Apache-2.0
#include "ledger/application.h"

#include <gtest/gtest.h>

#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using wire::Role;

// Goal: the whole path. Method: enrol, consent, report; look at the block and the tip.
TEST(Application, AnApprovedReportWithConsentIsMined) {
    Chain chain;
    const auto cast = chain.cast();
    const auto before = chain.app->info();
    const auto envelope = chain.signed_report(cast);
    const auto mined = chain.mine({envelope});
    ASSERT_EQ(mined.results.front().code, 0U) << mined.results.front().detail;
    EXPECT_EQ(chain.app->info().height, before.height + 1);
    EXPECT_EQ(chain.app->info().app_hash, mined.app_hash);
    const auto block = chain.app->blocks().block(before.height + 1);
    ASSERT_TRUE(block);
    EXPECT_EQ(block->header.previous_hash, before.app_hash);
    ASSERT_EQ(block->transactions.size(), 1U);
    EXPECT_EQ(block->transactions.front(), envelope);
    EXPECT_EQ(*chain.app->blocks().place_of(mined.results.front().id),
              (Place{.height = before.height + 1, .index = 0}));
}

// Goal: nothing accepted, nothing changed. Method: a block of refused transactions alone.
TEST(Application, ABlockOfRefusedTransactionsChangesNothing) {
    Chain chain;
    const auto before = chain.app->info();
    const auto stranger = chain.person(Role::doctor);
    const auto mined = chain.mine({chain.signed_by(stranger, stranger->enrolment())});
    EXPECT_EQ(mined.results.front().code, static_cast<std::uint32_t>(ErrorCode::unknown_signer));
    EXPECT_TRUE(mined.header_bytes.empty());
    EXPECT_EQ(mined.app_hash, before.app_hash);
    EXPECT_EQ(chain.app->info().height, before.height);
    const auto nothing = chain.app->commit({});
    ASSERT_FALSE(nothing);
    EXPECT_EQ(nothing.error().code, ErrorCode::conflict);
}

TEST(Application, RefusedTransactionsAreLeftOutOfTheBlock) {
    Chain chain;
    const auto cast = chain.cast();
    const auto good = chain.signed_report(cast);
    auto flagged = chain.report(cast);
    flagged.personal_data = true;
    const auto bad =
        Chain::sign(chain.body(cast.cloud_server, flagged), {cast.cloud_server, cast.doctor});
    const auto another = chain.signed_report(cast);
    const auto mined = chain.mine({good, bad, base::Bytes{1, 2, 3}, another});
    EXPECT_EQ(mined.results[0].code, 0U);
    EXPECT_EQ(mined.results[1].code, static_cast<std::uint32_t>(ErrorCode::personal_data));
    EXPECT_EQ(mined.results[2].code, static_cast<std::uint32_t>(ErrorCode::undecodable));
    EXPECT_EQ(mined.results[3].code, 0U);
    EXPECT_EQ(mined.results[3].place->index, 1U);
    const auto block = chain.app->blocks().block(chain.app->info().height);
    EXPECT_EQ(block->transactions, (std::vector<base::Bytes>{good, another}));
}

TEST(Application, ContinuesExactlyAfterARestart) {
    Chain chain;
    const auto cast = chain.cast();
    chain.must_accept({chain.signed_report(cast)});
    const auto info = chain.app->info();
    const auto turn = chain.app->next_turn();
    chain.open();
    EXPECT_EQ(chain.app->info().height, info.height);
    EXPECT_EQ(chain.app->info().app_hash, info.app_hash);
    EXPECT_EQ(chain.app->info().time, info.time);
    EXPECT_EQ(chain.app->next_turn()->miner, turn->miner);
    EXPECT_EQ(chain.app->next_turn()->round, turn->round);
    chain.must_accept({chain.signed_report(cast)});
}

TEST(Application, ASecondGenesisIsRefused) {
    Chain chain;
    const auto again = chain.app->init_chain(chain.genesis());
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().code, ErrorCode::conflict);
}

TEST(Application, RefusesAGenesisThatCouldNeverWork) {
    Chain chain;
    const auto refused = [&](auto change) {
        auto genesis = chain.genesis();
        change(genesis);
        storage::MemoryStore store;
        auto app = Application::open(store, *chain.verifier);
        EXPECT_TRUE(app);
        const auto begun = (*app)->init_chain(genesis);
        EXPECT_FALSE(begun);
        EXPECT_FALSE((*app)->initialised());
        return begun ? ErrorCode::conflict : begun.error().code;
    };
    EXPECT_EQ(refused([](auto& g) { g.members.erase(g.members.begin()); }), ErrorCode::malformed);
    EXPECT_EQ(refused([](auto& g) { g.members.resize(1); }), ErrorCode::malformed);
    EXPECT_EQ(refused([](auto& g) { g.members.push_back(g.members.back()); }),
              ErrorCode::malformed);
    EXPECT_EQ(refused([](auto& g) { g.members.back().role = Role::demo_program; }),
              ErrorCode::malformed);
    EXPECT_EQ(refused([](auto& g) { g.members.back().public_key.bytes[64] ^= 1; }),
              ErrorCode::bad_key);
    EXPECT_EQ(refused([](auto& g) { g.members[2].public_key = g.members[1].public_key; }),
              ErrorCode::duplicate_key);
    EXPECT_EQ(refused([](auto& g) { g.members.back().id = {}; }), ErrorCode::malformed);
}

TEST(Application, RefusesACandidateOutOfPlace) {
    Chain chain;
    const auto patient = chain.person(Role::patient);
    const auto tx = chain.signed_by(chain.admin, patient->enrolment());
    const auto outcome = [&](auto change) {
        auto candidate = chain.candidate({tx});
        change(candidate);
        const auto finalized = chain.app->finalize_block(candidate);
        EXPECT_FALSE(finalized);
        EXPECT_FALSE(chain.app->process_proposal(candidate));
        return finalized.error().code;
    };
    EXPECT_EQ(outcome([](auto& c) { ++c.height; }), ErrorCode::conflict);
    EXPECT_EQ(outcome([](auto& c) { c.height = 0; }), ErrorCode::conflict);
    EXPECT_EQ(outcome([](auto& c) { c.time = Chain::start() - std::chrono::milliseconds{1}; }),
              ErrorCode::malformed);
    EXPECT_EQ(outcome([](auto& c) { ++c.round; }), ErrorCode::not_eligible);
    EXPECT_EQ(outcome([&](auto& c) { c.miner = chain.miners[1]->id(); }), ErrorCode::not_eligible);
    EXPECT_EQ(outcome([&](auto& c) { c.miner = chain.admin->id(); }), ErrorCode::not_eligible);
}

TEST(Application, OnlyTheMinersOwnSealCommits) {
    Chain chain;
    const auto patient = chain.person(Role::patient);
    const auto candidate = chain.candidate({chain.signed_by(chain.admin, patient->enrolment())});
    const auto finalized = chain.app->finalize_block(candidate);
    ASSERT_TRUE(finalized);
    auto by_another = chain.seal(candidate, finalized->header_bytes);
    by_another.signature =
        *chain.miners[1]->sign(wire::sealed_message(finalized->header_bytes, by_another));
    EXPECT_EQ(chain.app->commit(by_another).error().code, ErrorCode::bad_signature);
    auto other_round = chain.seal(candidate, finalized->header_bytes);
    other_round.round = 7;
    EXPECT_EQ(chain.app->commit(other_round).error().code, ErrorCode::not_eligible);
    EXPECT_EQ(chain.app->info().height, 0U);
    EXPECT_TRUE(chain.app->commit(chain.seal(candidate, finalized->header_bytes)));
    EXPECT_EQ(chain.app->info().height, 1U);
}

// Goal: a full disk loses nothing. Method: fail the write, look, make room, commit the same block.
TEST(Application, ABlockThatDidNotFitOnTheDiskCanBeCommittedLater) {
    Chain chain;
    const auto patient = chain.person(Role::patient);
    const auto candidate = chain.candidate({chain.signed_by(chain.admin, patient->enrolment())});
    const auto finalized = chain.app->finalize_block(candidate);
    ASSERT_TRUE(finalized);
    const auto seal = chain.seal(candidate, finalized->header_bytes);
    chain.store.set_full(true);
    const auto failed = chain.app->commit(seal);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, ErrorCode::storage_full);
    EXPECT_EQ(chain.app->info().height, 0U);
    chain.store.set_full(false);
    EXPECT_TRUE(chain.app->commit(seal));
    EXPECT_EQ(chain.app->info().app_hash, finalized->app_hash);
}

TEST(Application, ACommittedTransactionAnswersWithItsPlace) {
    Chain chain;
    const auto cast = chain.cast();
    const auto envelope = chain.signed_report(cast);
    const auto first = chain.mine({envelope, envelope});
    EXPECT_EQ(first.results[0].code, 0U);
    EXPECT_EQ(first.results[1].code, static_cast<std::uint32_t>(ErrorCode::already_committed));
    EXPECT_EQ(first.results[1].place, first.results[0].place);
    // Also after the consent was withdrawn: it is in the chain all the same.
    chain.must_accept({chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent})});
    const auto later = chain.mine({envelope});
    EXPECT_EQ(later.results[0].code, static_cast<std::uint32_t>(ErrorCode::already_committed));
    EXPECT_EQ(later.results[0].place, first.results[0].place);
}

TEST(Application, ASequenceIsAcceptedOnce) {
    Chain chain;
    const auto cast = chain.cast();
    auto body = chain.body(cast.cloud_server, chain.report(cast));
    chain.must_accept({Chain::sign(body, {cast.cloud_server, cast.doctor})});
    auto other = chain.report(cast);
    other.reading_count = 1;
    body.action = other;
    EXPECT_EQ(chain.refusal(Chain::sign(body, {cast.cloud_server, cast.doctor})),
              ErrorCode::replayed);
    // One that comes late is accepted within the window, and refused below it.
    auto late = body;
    body.sequence = 10'000;
    chain.must_accept({Chain::sign(body, {cast.cloud_server, cast.doctor})});
    late.sequence = 10'000 - 4'096;
    chain.must_accept({Chain::sign(late, {cast.cloud_server, cast.doctor})});
    late.sequence = 10'000 - 4'097;
    EXPECT_EQ(chain.refusal(Chain::sign(late, {cast.cloud_server, cast.doctor})),
              ErrorCode::replayed);
}

TEST(Application, CheckTxSaysWhatTheBlockWouldAndChangesNothing) {
    Chain chain;
    const auto cast = chain.cast();
    const auto envelope = chain.signed_report(cast);
    const auto before = chain.app->info();
    EXPECT_EQ(chain.app->check_tx(envelope, chain.now).code, 0U);
    EXPECT_EQ(chain.app->check_tx(envelope, chain.now).code, 0U);
    EXPECT_EQ(chain.app->info().app_hash, before.app_hash);
    auto damaged = envelope;
    damaged.back() ^= 1;
    EXPECT_EQ(chain.app->check_tx(damaged, chain.now).code,
              static_cast<std::uint32_t>(ErrorCode::bad_signature));
    EXPECT_EQ(chain.app->check_tx({}, chain.now).code,
              static_cast<std::uint32_t>(ErrorCode::malformed));
    chain.must_accept({envelope});
}

// Goal: the cache covers signatures. Method: the same body once with a good, once a bad signature.
TEST(Application, AVerifiedBodyDoesNotVouchForOtherSignatures) {
    Chain chain;
    const auto cast = chain.cast();
    const auto good = chain.signed_report(cast);
    ASSERT_EQ(chain.app->check_tx(good, chain.now).code, 0U);
    auto tx = *wire::decode_transaction(good);
    tx.signatures[1].value = tx.signatures[0].value;
    EXPECT_EQ(chain.refusal(encode(tx)), ErrorCode::bad_signature);
}

// Goal: a verdict is bound to its key. Method: verify ahead, rotate the key, then execute.
TEST(Application, ASignatureVerifiedUnderAnOldKeyIsNotTakenUnderANewOne) {
    Chain chain;
    const auto cast = chain.cast();
    const auto envelope = chain.signed_report(cast);
    ASSERT_EQ(chain.app->check_tx(envelope, chain.now).code, 0U);
    auto rotation = chain.body(cast.doctor, wire::RotateKey{});
    const auto old = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    rotation.action = wire::RotateKey{old->public_key(), wire::Custody::own_device};
    chain.must_accept({Chain::sign(rotation, {cast.doctor})});
    EXPECT_EQ(chain.refusal(envelope), ErrorCode::bad_signature);
}

TEST(Application, PrepareProposalKeepsWhatIsAcceptedAndProcessProposalAsksForNothingElse) {
    Chain chain;
    const auto cast = chain.cast();
    const auto good = chain.signed_report(cast);
    const auto candidate = chain.candidate({base::Bytes{7}, good, good});
    EXPECT_FALSE(chain.app->process_proposal(candidate));
    const auto kept = chain.app->prepare_proposal(candidate);
    ASSERT_TRUE(kept);
    EXPECT_EQ(*kept, (std::vector<base::Bytes>{good}));
    EXPECT_TRUE(chain.app->process_proposal(chain.candidate(*kept)));
}

}  // namespace
}  // namespace ledger
