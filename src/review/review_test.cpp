// SPDX-License-Identifier: Apache-2.0
#include "review/review.h"

#include <gtest/gtest.h>

#include "crypto/hash.h"
#include "review/report_content.h"
#include "review/testing/hospital.h"

namespace review {
namespace {

using base::ErrorCode;
using testing::eventually;
using testing::TestChain;
using namespace std::chrono_literals;

using ReviewTest = testing::HospitalTest;

/// A key that its person has not unlocked.
class LockedSigner final : public wire::Signer {
public:
    explicit LockedSigner(wire::LedgerId id) : id_(id) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView) const override {
        return base::fail(ErrorCode::unauthenticated, "log in first");
    }

private:
    wire::LedgerId id_;
};

template <class T>
ErrorCode code_of(const base::Result<T>& result) {
    EXPECT_FALSE(result);
    return result ? ErrorCode{} : result.error().code;
}

TEST_F(ReviewTest, AReportShowsNumbersAlarmsAndGapsOfItsPeriod) {
    feed(0, 99, 97);
    feed(200, 250, 84);  // 101 s without a value, then low
    feed(251, 302, 96);
    ASSERT_TRUE(review->flush());
    const auto report = review->report(1);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->patient, patient->id());
    EXPECT_EQ(report->doctor, doctor->id());
    EXPECT_EQ(report->period_start, start);
    EXPECT_EQ(report->period_end, start + 300s);
    EXPECT_EQ(report->reading_count, 200U);
    EXPECT_EQ(report->state, ReportState::pending);
    ASSERT_EQ(report->vitals.size(), 1U);
    EXPECT_EQ(report->vitals[0].min_milli, 84'000);
    EXPECT_EQ(report->vitals[0].median_milli, 96'500);
    EXPECT_EQ(report->vitals[0].gap_s, 101U);
    EXPECT_EQ(report->vitals[0].outside_limits_s, 46U);  // 210 to 256
    ASSERT_EQ(report->alarms.size(), 2U);
    EXPECT_EQ(report->alarms[0].condition, monitor::Condition::no_data);
    EXPECT_EQ(report->alarms[1].message, "SpO2 84 < 85");
    EXPECT_EQ(review->reports_of(patient->id()).size(), 1U);
    EXPECT_TRUE(review->reports_of(doctor->id()).empty());
    EXPECT_TRUE(review->reports({}, colleague->id()).empty());
    EXPECT_EQ(code_of(review->report(2)), ErrorCode::not_found);
}

TEST_F(ReviewTest, AnApprovedReportIsOnTheChainAndItsContentInTheVault) {
    const auto consent = grant(doctor);
    make_report();
    std::vector<ReportState> told;
    review->on_change([&](const ReportView& view) { told.push_back(view.state); });
    const auto approved = review->approve(1, *doctor);
    ASSERT_TRUE(approved) << approved.error().detail;
    EXPECT_EQ(approved->state, ReportState::approved);
    EXPECT_EQ(approved->height, chain.height());
    EXPECT_EQ(approved->decided_by, doctor->id());
    EXPECT_FALSE(approved->decided_by_program);
    EXPECT_EQ(review->counts().approved, 1U);
    ASSERT_TRUE(review->flush());
    EXPECT_EQ(told.back(), ReportState::approved);

    const auto mined = chain.reports();
    ASSERT_EQ(mined.size(), 1U);
    EXPECT_EQ(wire::id_of(mined[0]), approved->transaction);
    const auto& body = std::get<wire::Report>(mined[0].body.action);
    EXPECT_EQ(body.consent, consent);
    EXPECT_EQ(body.reading_count, 300U);
    for (const auto& reader : {patient, doctor}) {
        const auto bytes = vault->open_record(body.content_id, reader->id());
        ASSERT_TRUE(bytes) << bytes.error().detail;
        const auto key = vault->record_key(body.content_id, reader->id());
        ASSERT_TRUE(key);
        const auto content = decode_content(*bytes);
        ASSERT_TRUE(content);
        EXPECT_EQ(content->readings.size(), 300U);
        EXPECT_EQ(root_of(content->readings, key->leaf_salt), body.readings_root);
        EXPECT_EQ(wire::Hash256{crypto::sha512_256({key->content_salt, *bytes})},
                  body.content_hash);
    }
    EXPECT_EQ(code_of(vault->open_record(body.content_id, colleague->id())),
              ErrorCode::not_authorised);
}

TEST_F(ReviewTest, ItIsDecidedOnce) {
    grant(doctor);
    make_report();
    ASSERT_TRUE(review->approve(1, *doctor));
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::conflict);
    EXPECT_EQ(code_of(review->refuse(1, doctor->id(), "late")), ErrorCode::conflict);
    EXPECT_EQ(code_of(review->approve(9, *doctor)), ErrorCode::not_found);
    EXPECT_EQ(chain.reports().size(), 1U);
}

TEST_F(ReviewTest, OfManyWhoApproveAtOnceOneWins) {
    grant(doctor);
    make_report();
    std::atomic<int> won = 0, conflicts = 0;
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&] {
            const auto approved = review->approve(1, *doctor);
            if (approved) ++won;
            if (!approved && approved.error().code == ErrorCode::conflict) ++conflicts;
        });
    }
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(won, 1);
    EXPECT_EQ(conflicts, 7);
    EXPECT_EQ(chain.reports().size(), 1U);
}

TEST_F(ReviewTest, WithoutConsentNothingIsMinedAndTheDoctorSeesWhy) {
    make_report();
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::consent_missing);
    const auto report = review->report(1);
    EXPECT_EQ(report->state, ReportState::pending);
    ASSERT_TRUE(report->last_error);
    EXPECT_EQ(report->last_error->code, ErrorCode::consent_missing);
    EXPECT_TRUE(chain.reports().empty());
    open();
    EXPECT_EQ(review->report(1)->last_error->code, ErrorCode::consent_missing);
    grant(doctor);
    const auto approved = review->approve(1, *doctor);
    ASSERT_TRUE(approved);
    EXPECT_FALSE(approved->last_error);
}

TEST_F(ReviewTest, AConsentWithdrawnBeforeApprovalRefusesIt) {
    const auto consent = grant(doctor);
    make_report();
    withdraw(consent);
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::consent_missing);
    EXPECT_EQ(state_of(1), ReportState::pending);
    EXPECT_TRUE(chain.reports().empty());
}

TEST_F(ReviewTest, AConsentToSomebodyElseIsNone) {
    grant(colleague);
    make_report();
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::consent_missing);
}

TEST_F(ReviewTest, AConsentWhoseTokenKeyIsNotHereMustBeGrantedAnew) {
    auto& scene = chain.scene();
    scene.grant(patient, doctor);
    clock.set(scene.now);
    make_report();
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::consent_missing);
    EXPECT_EQ(state_of(1), ReportState::pending);
}

TEST_F(ReviewTest, AnotherDoctorMayNeitherApproveNorRefuse) {
    grant(colleague);
    make_report();
    EXPECT_EQ(code_of(review->approve(1, *colleague)), ErrorCode::wrong_doctor);
    EXPECT_EQ(code_of(review->refuse(1, colleague->id(), "no")), ErrorCode::wrong_doctor);
    EXPECT_EQ(code_of(review->approve(1, *patient)), ErrorCode::wrong_doctor);
    EXPECT_EQ(state_of(1), ReportState::pending);
    EXPECT_FALSE(review->report(1)->last_error) << "not the responsible doctor's doing";
}

TEST_F(ReviewTest, AProgramApprovesAsWhatItIs) {
    grant(program);
    make_report();
    const auto approved = review->approve(1, *program);
    ASSERT_TRUE(approved) << approved.error().detail;
    EXPECT_TRUE(approved->decided_by_program);
    EXPECT_EQ(approved->doctor, doctor->id());
    const auto mined = chain.reports();
    EXPECT_EQ(std::get<wire::Report>(mined.at(0).body.action).receiver, program->id());
}

TEST_F(ReviewTest, ALockedKeyLeavesTheReportAsItWas) {
    grant(doctor);
    make_report();
    const LockedSigner locked(doctor->id());
    EXPECT_EQ(code_of(review->approve(1, locked)), ErrorCode::unauthenticated);
    EXPECT_EQ(state_of(1), ReportState::pending);
    EXPECT_TRUE(review->approve(1, *doctor));
}

TEST_F(ReviewTest, TheLedgersOwnRefusalIsShownAndTheObjectUsedAgain) {
    grant(doctor);
    make_report();
    cloud_signer->set_wrong(true);
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::bad_signature);
    EXPECT_EQ(state_of(1), ReportState::pending);
    EXPECT_EQ(review->report(1)->last_error->code, ErrorCode::bad_signature);
    EXPECT_TRUE(review->report(1)->transaction.is_zero());
    cloud_signer->set_wrong(false);
    ASSERT_TRUE(review->approve(1, *doctor));
    EXPECT_EQ(vault->list().value().size(), 1U);
    EXPECT_EQ(chain.reports().size(), 1U);
}

TEST_F(ReviewTest, ARefusedReportKeepsItsReadingsAndTheReason) {
    make_report();
    for (const auto* bad : {"", "  ", "\xff"}) {
        EXPECT_EQ(code_of(review->refuse(1, doctor->id(), bad)), ErrorCode::malformed);
    }
    const auto refused = review->refuse(1, doctor->id(), "Fingerclip verrutscht");
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->state, ReportState::refused);
    open();
    const auto report = review->report(1);
    EXPECT_EQ(report->refusal_reason, "Fingerclip verrutscht");
    EXPECT_EQ(report->decided_by, doctor->id());
    EXPECT_EQ(review->counts().refused, 1U);
    const auto kept = series->range(patient->id(), wire::Vital::spo2, start, start + 300s, 1'000);
    EXPECT_EQ(kept->size(), 300U);
}

TEST_F(ReviewTest, WhereTheChainIsBusyTheReportIsOnItsWayUntilItIsInABlock) {
    grant(doctor);
    make_report();
    chain.set_fault(TestChain::Fault::refuses_for_now);
    const auto waiting = review->approve(1, *doctor);
    ASSERT_TRUE(waiting);
    EXPECT_EQ(waiting->state, ReportState::submitting);
    EXPECT_EQ(code_of(review->approve(1, *doctor)), ErrorCode::conflict);
    chain.set_fault(TestChain::Fault::none);
    EXPECT_TRUE(eventually([&] { return state_of(1) == ReportState::approved; }));
    EXPECT_EQ(chain.reports().size(), 1U);
}

TEST_F(ReviewTest, ARestartSubmitsAnewWhatWasSigned) {
    grant(doctor);
    make_report();
    chain.set_fault(TestChain::Fault::refuses_for_now);
    ASSERT_TRUE(review->approve(1, *doctor));
    review.reset();
    chain.set_fault(TestChain::Fault::none);
    open();
    EXPECT_TRUE(eventually([&] { return state_of(1) == ReportState::approved; }));
    EXPECT_EQ(chain.reports().size(), 1U);
}

TEST_F(ReviewTest, ABlockWhoseAnswerWasLostIsNotMinedTwice) {
    grant(doctor);
    make_report();
    chain.set_fault(TestChain::Fault::commits_but_does_not_answer);
    EXPECT_EQ(review->approve(1, *doctor)->state, ReportState::submitting);
    review.reset();
    chain.set_fault(TestChain::Fault::none);
    open();
    EXPECT_TRUE(eventually([&] { return state_of(1) == ReportState::approved; }));
    EXPECT_EQ(chain.reports().size(), 1U);
    EXPECT_EQ(review->report(1)->height, chain.height());
}

TEST_F(ReviewTest, AConsentWithdrawnWhileItWaitsRefusesItAndNothingIsMined) {
    const auto consent = grant(doctor);
    make_report();
    chain.set_fault(TestChain::Fault::refuses_for_now);
    ASSERT_TRUE(review->approve(1, *doctor));
    review.reset();
    withdraw(consent);
    chain.set_fault(TestChain::Fault::none);
    open();
    EXPECT_TRUE(eventually([&] { return state_of(1) == ReportState::pending; }));
    EXPECT_EQ(review->report(1)->last_error->code, ErrorCode::consent_missing);
    EXPECT_FALSE(review->report(1)->decided_at);
    EXPECT_TRUE(chain.reports().empty());
}

// Goal: wherever the process dies between cut and block, one transaction comes of one approval and
// no report is lost or doubled. Method: the disk dies after each possible number of writes; then a
// new process goes on with what is there, and the doctor tries again where the report is pending.
TEST_F(ReviewTest, ACrashAtAnyStepLosesAndDoublesNothing) {
    grant(doctor);
    for (int writes = 0; writes < 8; ++writes) {
        SCOPED_TRACE(writes);
        const auto id = static_cast<std::uint64_t>(writes) + 1;
        const auto begin = writes * 300;
        disk.die_after(writes);
        feed(begin + (writes == 0 ? 0 : 3), begin + 302);
        std::ignore = review->flush();
        std::ignore = review->approve(id, *doctor);
        review.reset();
        disk.revive();
        open();
        ASSERT_EQ(review->reports({}, {}).size(), id);
        if (state_of(id) == ReportState::pending) {
            ASSERT_TRUE(review->approve(id, *doctor));
        }
        EXPECT_TRUE(eventually([&] { return state_of(id) == ReportState::approved; }));
        ASSERT_EQ(chain.reports().size(), id);
        EXPECT_EQ(review->report(id)->reading_count, 300U);
    }
}

TEST_F(ReviewTest, AFullDiskDelaysReportsAndTellsTheOperator) {
    disk.die_after(0);
    feed(0, 302);
    EXPECT_EQ(code_of(review->flush()), ErrorCode::storage_full);
    EXPECT_TRUE(review->reports({}, {}).empty());
    ASSERT_TRUE(review->last_error());
    EXPECT_FALSE(review->all_finished());
    disk.revive();
    ASSERT_TRUE(review->flush());
    EXPECT_EQ(review->reports({}, {}).size(), 1U);
    EXPECT_FALSE(review->last_error());
}

TEST_F(ReviewTest, TheEndOfARecordingClosesItsLastPeriod) {
    const auto second = add_device(2);
    EXPECT_FALSE(review->all_finished()) << "nothing came yet";
    feed(0, 100, 97, wire::DeviceStatus::finished);
    ASSERT_TRUE(review->flush());
    EXPECT_TRUE(review->reports({}, {}).empty()) << "the other device may still send";
    EXPECT_FALSE(review->all_finished());
    device = second;
    feed(101, 120, 97, wire::DeviceStatus::finished);
    EXPECT_TRUE(eventually([&] { return review->all_finished(); }));
    const auto reports = review->reports({}, {});
    ASSERT_EQ(reports.size(), 1U);
    EXPECT_EQ(reports[0].reading_count, 121U);
    EXPECT_EQ(reports[0].period_end, start + 120s + 1ms);
    open();
    EXPECT_TRUE(review->all_finished());
}

TEST_F(ReviewTest, AReadingResentAfterTheEndIsAReportOfItsOwn) {
    ++counter;  // the batch that got lost
    feed(1, 10, 97, wire::DeviceStatus::finished);
    const auto last = std::exchange(counter, 0);
    feed(0, 0);
    counter = last;
    ASSERT_TRUE(review->flush());
    EXPECT_TRUE(review->all_finished());
    ASSERT_EQ(review->reports({}, {}).size(), 2U);
    EXPECT_EQ(review->report(2)->reading_count, 1U);
}

TEST_F(ReviewTest, ASuspendedDeviceIsNotWaitedFor) {
    const auto silent = add_device(2);
    ASSERT_TRUE(directory->set_state(silent, identity::DeviceState::suspended));
    feed(0, 10, 97, wire::DeviceStatus::finished);
    ASSERT_TRUE(review->flush());
    EXPECT_TRUE(review->all_finished());
    EXPECT_EQ(review->reports({}, {}).size(), 1U);
}

TEST_F(ReviewTest, ClosingCutsPartialPeriodsDurably) {
    feed(0, 100);
    ASSERT_TRUE(review->close_periods());
    open();
    ASSERT_EQ(review->reports({}, {}).size(), 1U);
    EXPECT_EQ(review->report(1)->reading_count, 101U);
    ASSERT_TRUE(review->close_periods());
    EXPECT_EQ(review->reports({}, {}).size(), 1U) << "nothing new is open";
    feed(101, 110);
    ASSERT_TRUE(review->close_periods());
    EXPECT_EQ(review->report(2)->reading_count, 10U);
}

TEST_F(ReviewTest, ARestartInAPeriodGoesOnWithIt) {
    feed(0, 150);
    open();
    feed(151, 302);
    ASSERT_TRUE(review->flush());
    ASSERT_EQ(review->reports({}, {}).size(), 1U);
    EXPECT_EQ(review->report(1)->reading_count, 300U);
}

TEST_F(ReviewTest, ManyReadingsEndAReportBeforeItsPeriod) {
    options.readings_max = 100;
    open();
    feed(0, 249);
    ASSERT_TRUE(review->flush());
    ASSERT_EQ(review->reports({}, {}).size(), 2U);
    EXPECT_EQ(review->report(2)->period_start, review->report(1)->period_end);
    grant(doctor);
    for (const std::uint64_t id : {1, 2}) {
        const auto approved = review->approve(id, *doctor);
        ASSERT_TRUE(approved);
        EXPECT_EQ(approved->reading_count, 100U);
    }
}

TEST_F(ReviewTest, OptionsWithoutSenseAreRefused) {
    for (const auto& bad : {Options{.period = 0ms, .chain_id = "salus-test"},
                            Options{.readings_max = 0, .chain_id = "salus-test"}}) {
        const auto opened = Review::open({.store = disk,
                                          .series = *series,
                                          .monitor = *monitor,
                                          .directory = *directory,
                                          .consent_keys = consent_keys,
                                          .vault = *vault,
                                          .submitter = chain,
                                          .blocks = chain,
                                          .cloud_server = *cloud,
                                          .next_sequence = [] { return 1; },
                                          .clock = clock},
                                         bad);
        EXPECT_EQ(code_of(opened), ErrorCode::malformed);
    }
}

}  // namespace
}  // namespace review
