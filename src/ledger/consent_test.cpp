// SPDX-License-Identifier: Apache-2.0
// Consent and reports, as a chain sees them.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using wire::Role;
using namespace std::chrono_literals;

class ConsentTest : public ::testing::Test {
protected:
    ErrorCode outcome(const Finalized& mined, std::size_t index) {
        return static_cast<ErrorCode>(mined.results[index].code);
    }
    ErrorCode report_with(auto change) {
        auto report = chain.report(cast);
        change(report);
        return chain.refusal(
            Chain::sign(chain.body(cast.cloud_server, report), {cast.cloud_server, cast.doctor}));
    }
    ErrorCode grant_with(auto change) {
        auto grant = chain.grant_to(cast.doctor);
        change(grant);
        return chain.refusal(chain.signed_by(cast.patient, grant));
    }
    base::Bytes revocation(const wire::Hash256& consent) {
        return chain.signed_by(cast.patient, wire::RevokeConsent{consent});
    }
    base::Result<chain::StandingConsent> standing(base::TimePoint at) {
        const auto answer = chain.app->query(
            chain::path::consent,
            chain::encoding::encode(chain::ConsentQuestion{.patient = cast.patient->id(),
                                                           .readers = {cast.doctor->id()},
                                                           .category = wire::Category::vital_signs,
                                                           .purpose = wire::Purpose::treatment,
                                                           .at = at}));
        if (!answer) return base::pass(answer);
        return chain::encoding::decode_standing_consent(*answer);
    }

    Chain chain;
    Chain::Cast cast = chain.cast();
};

TEST_F(ConsentTest, WithdrawnBeforeTheApprovalNothingIsMined) {
    chain.must_accept({revocation(cast.consent)});
    const auto height = chain.app->info().height;
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::consent_missing);
    EXPECT_EQ(chain.app->info().height, height);
    EXPECT_EQ(standing(chain.now).error().code, ErrorCode::consent_missing);
}

TEST_F(ConsentTest, AWithdrawalCountsWithinItsBlock) {
    const auto mined = chain.mine(
        {chain.signed_report(cast), revocation(cast.consent), chain.signed_report(cast)});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode{});
    EXPECT_EQ(outcome(mined, 2), ErrorCode::consent_missing);
}

TEST_F(ConsentTest, AReportNeedsExactlyTheConsentThatStands) {
    EXPECT_EQ(report_with([](auto& r) { r.category = wire::Category::laboratory; }),
              ErrorCode::consent_missing);
    EXPECT_EQ(report_with([](auto& r) { r.consent.bytes[0] ^= 1; }), ErrorCode::consent_missing);
    const auto other = chain.enrolled(Role::patient);
    EXPECT_EQ(report_with([&](auto& r) { r.patient = other->id(); }), ErrorCode::consent_missing);
    EXPECT_EQ(report_with([](auto&) {}), ErrorCode{});
}

TEST_F(ConsentTest, ConsentForAnotherPurposeIsNoConsentForTreatment) {
    chain.must_accept({revocation(cast.consent)});
    auto research = chain.grant_to(cast.doctor);
    research.purpose = wire::Purpose::research;
    const auto granting = chain.body(cast.patient, research);
    chain.must_accept({Chain::sign(granting, {cast.patient})});
    cast.consent = wire::body_ref(encode(granting));
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::consent_missing);
}

// Goal: from is inclusive, until exclusive. Method: blocks dated at and beside both.
TEST_F(ConsentTest, HoldsFromItsBeginningToJustBeforeItsEnd) {
    auto grant = chain.grant_to(cast.doctor);
    grant.from = chain.now + 10s;
    grant.until = chain.now + 20s;
    const auto granting = chain.body(cast.patient, grant);
    chain.must_accept({Chain::sign(granting, {cast.patient})});
    cast.consent = wire::body_ref(encode(granting));
    const auto at = [&](base::TimePoint time) {
        chain.now = time;
        return chain.refusal(chain.signed_report(cast));
    };
    EXPECT_EQ(at(grant.from - 1ms), ErrorCode::consent_missing);
    EXPECT_EQ(at(grant.from), ErrorCode{});
    chain.now = grant.from;  // a block of the same time is allowed; one of an earlier is not
    EXPECT_EQ(at(grant.until - 1ms), ErrorCode{});
    EXPECT_EQ(at(grant.until), ErrorCode::consent_missing);
    EXPECT_TRUE(standing(grant.from));
    EXPECT_TRUE(standing(grant.until - 1ms));
    EXPECT_FALSE(standing(grant.from - 1ms));
    EXPECT_FALSE(standing(grant.until));
    EXPECT_EQ(chain.refusal(revocation(cast.consent)), ErrorCode::expired);
}

TEST_F(ConsentTest, RefusesAGrantThatCouldNotHold) {
    EXPECT_EQ(grant_with([](auto& g) { g.until = g.from; }), ErrorCode::malformed);
    EXPECT_EQ(grant_with([](auto& g) { g.until = g.from - 1ms; }), ErrorCode::malformed);
    EXPECT_EQ(grant_with([&](auto& g) { g.until = chain.now; }), ErrorCode::expired);
    EXPECT_EQ(grant_with([&](auto& g) { g.grantee = cast.patient->id(); }), ErrorCode::malformed);
    EXPECT_EQ(grant_with([&](auto& g) { g.grantee = chain.person(Role::doctor)->id(); }),
              ErrorCode::not_found);
    const auto gone = chain.enrolled(Role::doctor);
    chain.must_accept({chain.signed_by(gone, wire::RevokeKey{gone->id()})});
    EXPECT_EQ(grant_with([&](auto& g) { g.grantee = gone->id(); }), ErrorCode::key_not_valid);
}

TEST_F(ConsentTest, ANewerGrantReplacesTheOlder) {
    const auto old_consent = cast.consent;
    const auto newer = chain.grant(cast.patient, cast.doctor);
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::consent_missing);
    EXPECT_EQ(chain.refusal(revocation(old_consent)), ErrorCode::conflict);
    cast.consent = newer;
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode{});
    EXPECT_EQ(standing(chain.now)->consent, newer);
}

TEST_F(ConsentTest, TheSameIsNotGrantedTwiceWithinOneBlock) {
    const auto mined = chain.mine({chain.signed_by(cast.patient, chain.grant_to(cast.doctor)),
                                   chain.signed_by(cast.patient, chain.grant_to(cast.doctor))});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode::conflict);
}

TEST_F(ConsentTest, WithdrawingWhatDoesNotStandIsRefused) {
    EXPECT_EQ(chain.refusal(revocation({})), ErrorCode::not_found);
    const auto stranger = chain.enrolled(Role::patient);
    EXPECT_EQ(chain.refusal(chain.signed_by(stranger, wire::RevokeConsent{cast.consent})),
              ErrorCode::not_authorised);
    chain.must_accept({revocation(cast.consent)});
    EXPECT_EQ(chain.refusal(revocation(cast.consent)), ErrorCode::conflict);
}

TEST_F(ConsentTest, AGrantMayBeWithdrawnInItsOwnBlock) {
    const auto nurse = chain.enrolled(Role::nurse);
    const auto granting = chain.body(cast.patient, chain.grant_to(nurse));
    const auto mined = chain.mine(
        {Chain::sign(granting, {cast.patient}), revocation(wire::body_ref(encode(granting)))});
    EXPECT_EQ(outcome(mined, 0), ErrorCode{});
    EXPECT_EQ(outcome(mined, 1), ErrorCode{});
    EXPECT_EQ(chain.refusal(revocation(wire::body_ref(encode(granting)))), ErrorCode::conflict);
}

// Goal: the miner's checks run in the paper's order. Method: a report that fails all of them,
// mended one after another.
TEST_F(ConsentTest, TheFirstOfTheThreeChecksIsTheReasonGiven) {
    auto report = chain.report(cast);
    report.personal_data = true;
    report.header_hash = {};
    report.consent = {};
    const auto damaged = [&] {
        auto envelope =
            Chain::sign(chain.body(cast.cloud_server, report), {cast.cloud_server, cast.doctor});
        auto tx = *wire::decode_transaction(envelope);
        tx.signatures[0].value = tx.signatures[1].value;
        return encode(tx);
    };
    EXPECT_EQ(chain.refusal(damaged()), ErrorCode::consent_missing);
    report.consent = cast.consent;
    EXPECT_EQ(chain.refusal(damaged()), ErrorCode::personal_data);
    report.personal_data = false;
    EXPECT_EQ(chain.refusal(damaged()), ErrorCode::bad_signature);
    EXPECT_EQ(chain.refusal(Chain::sign(chain.body(cast.cloud_server, report),
                                        {cast.cloud_server, cast.doctor})),
              ErrorCode::wrong_chain);
    report.header_hash = chain.tip_ref();
    EXPECT_EQ(chain.refusal(Chain::sign(chain.body(cast.cloud_server, report),
                                        {cast.cloud_server, cast.doctor})),
              ErrorCode{});
}

TEST_F(ConsentTest, AReportMayNameAnyHeaderOfThisChainAndNoOther) {
    EXPECT_EQ(
        report_with([&](auto& r) { r.header_hash = wire::header_ref(encode(chain.genesis())); }),
        ErrorCode{});
    Chain elsewhere({.miners = 1, .demo = false, .seed = 9});
    EXPECT_EQ(report_with([&](auto& r) { r.header_hash = elsewhere.tip_ref(); }),
              ErrorCode::wrong_chain);
}

TEST_F(ConsentTest, RefusesAReportThatContradictsItself) {
    EXPECT_EQ(report_with([](auto& r) { r.period_end = r.period_start; }), ErrorCode::malformed);
    EXPECT_EQ(report_with([&](auto& r) { r.patient = cast.doctor->id(); }), ErrorCode::malformed);
    EXPECT_EQ(report_with([&](auto& r) { r.patient = cast.cloud_server->id(); }),
              ErrorCode::malformed);
    EXPECT_EQ(report_with([&](auto& r) { r.receiver = cast.cloud_server->id(); }),
              ErrorCode::malformed);
}

TEST_F(ConsentTest, RefusesWhatWasSignedForAnotherChainOrFromTheFuture) {
    auto body = chain.body(cast.cloud_server, chain.report(cast));
    body.chain_id = "elsewhere";
    EXPECT_EQ(chain.refusal(Chain::sign(body, {cast.cloud_server, cast.doctor})),
              ErrorCode::wrong_chain);
    body = chain.body(cast.cloud_server, chain.report(cast));
    body.timestamp = chain.now + 5min + 1ms;
    EXPECT_EQ(chain.refusal(Chain::sign(body, {cast.cloud_server, cast.doctor})),
              ErrorCode::malformed);
    body.timestamp = chain.now + 5min;
    EXPECT_EQ(chain.refusal(Chain::sign(body, {cast.cloud_server, cast.doctor})), ErrorCode{});
}

TEST_F(ConsentTest, ConsentOutlivesTheKeyThatGaveIt) {
    chain.must_accept({chain.signed_by(cast.patient, wire::RevokeKey{cast.patient->id()})});
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode{});
    EXPECT_EQ(chain.refusal(revocation(cast.consent)), ErrorCode::key_not_valid);
}

}  // namespace
}  // namespace ledger
