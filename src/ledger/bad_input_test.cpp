// SPDX-License-Identifier: Apache-2.0
// Each kind of bad input has its own code; docs/formats/refusals.md names these tests. Beside them
// the rules that ended keys, upgrades and rechecks have.
#include <gtest/gtest.h>

#include "chain/queries.h"
#include "crypto/ecdsa.h"
#include "ledger/testing.h"

namespace ledger {
namespace {

using base::ErrorCode;
using testing::Chain;
using testing::Person;
using wire::Role;
using namespace std::chrono_literals;

class BadInput : public ::testing::Test {
protected:
    /// What check_tx and a block say, which is the same.
    ErrorCode refused(const base::Bytes& envelope) {
        const auto checked = chain.app->check_tx(envelope, chain.now).code;
        EXPECT_EQ(chain.app->check_tx(envelope, chain.now, CheckKind::recheck).code, checked);
        const auto code = chain.refusal(envelope);
        EXPECT_EQ(checked, static_cast<std::uint32_t>(code));
        return code;
    }
    Chain chain;
    Chain::Cast cast = chain.cast();
};

TEST_F(BadInput, Oversize) {
    EXPECT_EQ(refused(base::Bytes(wire::transaction_bytes_max + 1)), ErrorCode::too_large);
}

TEST_F(BadInput, Truncated) {
    auto envelope = chain.signed_report(cast);
    envelope.pop_back();
    EXPECT_EQ(refused(envelope), ErrorCode::undecodable);
}

TEST_F(BadInput, UnknownFields) {
    auto envelope = chain.signed_report(cast);
    base::append(envelope, base::Bytes{0x78, 1});  // field 15
    EXPECT_EQ(refused(envelope), ErrorCode::not_canonical);
    auto tx = *wire::decode_transaction(chain.signed_report(cast));
    base::append(tx.body_bytes, base::Bytes{0xf8, 0x07, 1});  // field 127, in the body
    EXPECT_EQ(refused(encode(tx)), ErrorCode::not_canonical);
}

TEST_F(BadInput, WrongChain) {
    auto body = chain.body(cast.cloud_server, chain.report(cast));
    body.chain_id = "elsewhere";
    EXPECT_EQ(refused(Chain::sign(body, {cast.cloud_server, cast.doctor})), ErrorCode::wrong_chain);
}

TEST_F(BadInput, Replayed) {
    auto body = chain.body(cast.cloud_server, chain.report(cast));
    chain.must_accept({Chain::sign(body, {cast.cloud_server, cast.doctor})});
    std::get<wire::Report>(body.action).reading_count = 1;
    EXPECT_EQ(refused(Chain::sign(body, {cast.cloud_server, cast.doctor})), ErrorCode::replayed);
}

TEST_F(BadInput, Expired) {
    auto grant = chain.grant_to(cast.doctor);
    grant.until = chain.now;
    EXPECT_EQ(refused(chain.signed_by(cast.patient, grant)), ErrorCode::expired);
}

TEST_F(BadInput, BadCurvePoint) {
    auto enrolment = std::get<wire::Enrol>(chain.person(Role::nurse)->enrolment());
    enrolment.public_key.bytes[40] ^= 1;
    EXPECT_EQ(refused(chain.signed_by(chain.admin, enrolment)), ErrorCode::bad_key);
}

TEST_F(BadInput, MalleatedSignature) {
    auto tx = *wire::decode_transaction(chain.signed_report(cast));
    auto& signature = tx.signatures[0].value;
    // n - s: as good a signature as s, were it not for the rule.
    const auto order =
        *base::from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
    int borrow = 0;
    for (std::size_t i = 32; i-- > 0;) {
        const int difference = order[i] - signature.bytes[32 + i] - borrow;
        borrow = difference < 0 ? 1 : 0;
        signature.bytes[32 + i] = static_cast<std::uint8_t>(difference + 256 * borrow);
    }
    EXPECT_EQ(refused(encode(tx)), ErrorCode::malleable_signature);
}

TEST_F(BadInput, SignatureOfSomethingElse) {
    auto tx = *wire::decode_transaction(chain.signed_report(cast));
    tx.signatures[1].value = tx.signatures[0].value;
    EXPECT_EQ(refused(encode(tx)), ErrorCode::bad_signature);
}

TEST_F(BadInput, DuplicateKey) {
    auto enrolment = std::get<wire::Enrol>(chain.person(Role::nurse)->enrolment());
    enrolment.public_key = cast.doctor->public_key();
    EXPECT_EQ(refused(chain.signed_by(chain.admin, enrolment)), ErrorCode::duplicate_key);
}

TEST_F(BadInput, BatchPathThatDoesNotFit) {
    const auto one = chain.body(cast.cloud_server, chain.report(cast));
    const auto two = chain.body(cast.cloud_server, chain.report(cast));
    const std::vector<const wire::Signer*> signers{cast.cloud_server.get(), cast.doctor.get()};
    const auto envelopes = wire::sign_batch(std::vector{one, two}, signers);
    ASSERT_TRUE(envelopes);
    auto tx = *wire::decode_transaction(envelopes->front());
    tx.batch->path.push_back({});
    EXPECT_EQ(refused(encode(tx)), ErrorCode::bad_batch);
    tx = *wire::decode_transaction(envelopes->front());
    tx.batch->path.front().bytes[0] ^= 1;  // another root: nobody signed that
    EXPECT_EQ(refused(encode(tx)), ErrorCode::bad_signature);
    chain.must_accept({(*envelopes)[1], (*envelopes)[0]});
}

TEST_F(BadInput, HeaderThatIsTooOldIsOfNoChain) {
    auto report = chain.report(cast);
    report.header_hash.bytes[0] ^= 1;
    EXPECT_EQ(refused(Chain::sign(chain.body(cast.cloud_server, report),
                                  {cast.cloud_server, cast.doctor})),
              ErrorCode::wrong_chain);
}

class DestroyKeyTest : public BadInput {
protected:
    ErrorCode destroyed(const Person& sender, const std::vector<Person>& signers,
                        wire::DestroyKey what) {
        return chain.refusal(Chain::sign(chain.body(sender, what), signers));
    }
    wire::DestroyKey action{cast.patient->id(), Chain::content_id()};
};

TEST_F(DestroyKeyTest, AKeyIsDestroyedOnceAndItsObjectIsNeverReportedAgain) {
    EXPECT_EQ(destroyed(cast.cloud_server, {cast.cloud_server, cast.patient}, action), ErrorCode{});
    EXPECT_EQ(destroyed(cast.cloud_server, {cast.cloud_server, cast.patient}, action),
              ErrorCode::conflict);
    EXPECT_EQ(chain.refusal(chain.signed_report(cast)), ErrorCode::conflict);
    auto other = chain.report(cast);
    other.content_id.bytes.back() = 1;
    EXPECT_EQ(chain.refusal(Chain::sign(chain.body(cast.cloud_server, other),
                                        {cast.cloud_server, cast.doctor})),
              ErrorCode{});
}

TEST_F(DestroyKeyTest, CloudServerAndPatientSignAndNobodyElse) {
    const auto& [server, doctor, patient, consent] = cast;
    EXPECT_EQ(destroyed(server, {server}, action), ErrorCode::not_authorised);
    EXPECT_EQ(destroyed(server, {server, doctor}, action), ErrorCode::not_authorised);
    EXPECT_EQ(destroyed(server, {server, patient, doctor}, action), ErrorCode::not_authorised);
    EXPECT_EQ(destroyed(doctor, {doctor, patient}, action), ErrorCode::not_authorised);
    EXPECT_EQ(destroyed(patient, {patient, server}, action), ErrorCode::malformed);
    EXPECT_EQ(destroyed(server, {server, patient}, {patient->id(), {}}), ErrorCode::malformed);
    const auto stranger = chain.person(Role::patient);
    EXPECT_EQ(destroyed(server, {server, stranger}, {stranger->id(), action.content_id}),
              ErrorCode::unknown_signer);
}

class UpgradeTest : public BadInput {
protected:
    ErrorCode scheduled(const Person& by, std::uint32_t version, wire::Height height) {
        return chain.refusal(chain.signed_by(by, wire::ScheduleUpgrade{version, height}));
    }
    [[nodiscard]] wire::Height height() const { return chain.app->info().height; }
};

TEST_F(UpgradeTest, IsScheduledByAnAdministratorForALaterHeight) {
    EXPECT_EQ(scheduled(cast.doctor, 2, 100), ErrorCode::not_authorised);
    EXPECT_EQ(scheduled(chain.admin, 0, 100), ErrorCode::malformed);
    EXPECT_EQ(scheduled(chain.admin, 1, 100), ErrorCode::conflict);
    EXPECT_EQ(scheduled(chain.admin, 2, height() + 1), ErrorCode::expired);
    EXPECT_EQ(scheduled(chain.admin, 2, 100), ErrorCode{});
    EXPECT_EQ(scheduled(chain.admin, 2, 100), ErrorCode::conflict);
    EXPECT_EQ(scheduled(chain.admin, 2, 90), ErrorCode{}) << "another plan replaces it";
    EXPECT_EQ(chain.app->info().version, 1U);
    EXPECT_EQ(chain.app->info().next_version, 2U);
    EXPECT_EQ(chain.app->info().upgrade_height, 90U);
}

TEST_F(UpgradeTest, AnOldProgramStopsThereAndAnswersOnANewOneGoesOn) {
    EXPECT_EQ(scheduled(chain.admin, 2, height() + 3), ErrorCode{});
    chain.must_accept({chain.signed_report(cast)});
    const auto at = height();
    const auto next = chain.candidate({chain.signed_report(cast)});
    const auto stopped = chain.app->finalize_block(next);
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code, ErrorCode::unsupported_version);
    EXPECT_NE(stopped.error().detail.find("install one that knows version 2"), std::string::npos);
    EXPECT_EQ(chain.app->check_tx(next.transactions.front(), chain.now).code,
              static_cast<std::uint32_t>(ErrorCode::unsupported_version));
    EXPECT_EQ(chain.app->process_proposal(next).error().code, ErrorCode::unsupported_version);
    EXPECT_TRUE(chain.app->query(chain::path::mining, {}));
    chain.open({.newest_version = 2});
    EXPECT_EQ(chain.app->info().version, 2U);
    chain.must_accept({chain.signed_report(cast)});
    EXPECT_EQ(height(), at + 1);
    EXPECT_EQ(scheduled(chain.admin, 2, 100), ErrorCode::conflict) << "it holds already";
}

/// Counts what it is asked.
class CountingVerifier final : public crypto::SignatureVerifier {
public:
    std::vector<bool> verify(std::span<const crypto::SignatureCheck> checks) override {
        asked += checks.size();
        return inner_->verify(checks);
    }
    std::size_t asked = 0;

private:
    std::unique_ptr<crypto::SignatureVerifier> inner_ = crypto::make_serial_verifier();
};

TEST(Recheck, VerifiesNothingAgainAndSeesWhatHasChanged) {
    Chain chain;
    auto counting = std::make_unique<CountingVerifier>();
    const auto& asked = counting->asked;
    chain.app.reset();
    chain.verifier = std::move(counting);
    chain.open();
    const auto cast = chain.cast();
    const auto report = chain.signed_report(cast);
    const auto again = chain.signed_report(cast);
    EXPECT_EQ(chain.app->check_tx(report, chain.now).code, 0U);
    EXPECT_EQ(chain.app->check_tx(again, chain.now).code, 0U);
    const auto before = asked;
    EXPECT_EQ(chain.app->check_tx(report, chain.now, CheckKind::recheck).code, 0U);
    EXPECT_EQ(asked, before);
    chain.must_accept({report});
    const auto code = [&](const base::Bytes& envelope) {
        const auto at = asked;
        const auto result = chain.app->check_tx(envelope, chain.now, CheckKind::recheck);
        EXPECT_EQ(asked, at);
        return static_cast<ErrorCode>(result.code);
    };
    EXPECT_EQ(code(report), ErrorCode::already_committed);
    EXPECT_EQ(code(again), ErrorCode{});
    const auto fresh = std::make_shared<testing::Identity>(cast.doctor->id(), Role::doctor);
    chain.must_accept(
        {chain.signed_by(cast.doctor, wire::RotateKey{fresh->public_key(), wire::Custody::node})});
    EXPECT_EQ(code(again), ErrorCode::bad_signature) << "the doctor's key has changed";
    chain.must_accept({chain.signed_by(cast.patient, wire::RevokeConsent{cast.consent})});
    EXPECT_EQ(code(again), ErrorCode::consent_missing);
}

}  // namespace
}  // namespace ledger
