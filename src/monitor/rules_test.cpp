// SPDX-License-Identifier: Apache-2.0
#include "monitor/rules.h"

#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "base/random.h"
#include "base/testing.h"
#include "monitor/internal/alarm_record.h"

namespace monitor {
namespace {

using namespace std::chrono_literals;
using wire::Vital;

const base::TimePoint start = base::from_unix_ms(1'700'000'000'000);

/// One patient, fed second by second; remembers what happened as "12 no_data" or "12 -".
class RulesTest : public testing::Test {
protected:
    struct Value {
        Vital vital;
        double value;
        series::Quality quality = series::Quality::plausible;
    };
    using Values = std::vector<Value>;
    using Lines = std::vector<std::string>;

    series::StoredBatch batch(std::chrono::milliseconds at, const Values& values,
                              std::uint8_t device = 1) {
        series::StoredBatch out;
        out.device.bytes[0] = device;
        out.counter = ++counters[device];
        out.status = wire::DeviceStatus::running;
        out.clock = out.gateway_time = start + at;
        for (const auto& value : values) {
            out.readings.push_back({.vital = value.vital,
                                    .time = start + at,
                                    .value_milli = static_cast<std::int64_t>(value.value * 1000),
                                    .waveform_micro = {}});
            out.qualities.push_back(value.quality);
        }
        return out;
    }
    void feed(const series::StoredBatch& stored) {
        note(rules.apply(stored, [this](Vital) { return facts; }));
    }
    void feed(std::chrono::milliseconds at, const Values& values) { feed(batch(at, values)); }
    /// One value a second at [from, to].
    void feed(int from, int to, Vital vital, double value) {
        for (int at = from; at <= to; ++at) feed(std::chrono::seconds{at}, {{vital, value}});
    }
    void silence(std::chrono::milliseconds now,
                 std::chrono::milliseconds listening_since = std::chrono::milliseconds{0}) {
        note(
            rules.advance({start + now, start + listening_since}, [this](Vital) { return facts; }));
    }
    Lines happened() { return std::exchange(lines, {}); }

    PatientRules rules;
    PatientFacts facts{.adult = true, .interval_ms = 1000};

    std::map<std::uint8_t, std::uint64_t> counters;

private:
    void note(const std::vector<Transition>& changes) {
        for (const auto& change : changes) {
            lines.push_back(std::to_string((change.at - start) / 1s) + " " +
                            std::string(change.condition ? name_of(*change.condition) : "-"));
        }
    }
    Lines lines;
};

TEST_F(RulesTest, AValueAtTheLimitIsWithinIt) {
    feed(0, 60, Vital::spo2, 90);
    rules = {};
    feed(0, 60, Vital::heart_rate, 120);
    EXPECT_EQ(happened(), Lines{});
}

TEST_F(RulesTest, TheDelayMustBeOverAndUnbroken) {
    feed(0, 9, Vital::spo2, 89);
    feed(10, 10, Vital::spo2, 90);
    feed(11, 20, Vital::spo2, 89);
    EXPECT_EQ(happened(), Lines{});
    feed(21, 21, Vital::spo2, 89);
    EXPECT_EQ(happened(), Lines{"21 low"});
}

TEST_F(RulesTest, BetweenTheLevelsAnAlarmStands) {
    feed(0, 10, Vital::spo2, 89);
    feed(11, 60, Vital::spo2, 91);
    EXPECT_EQ(happened(), Lines{"10 low"});
    feed(61, 65, Vital::spo2, 92);
    feed(66, 66, Vital::spo2, 91);
    feed(67, 71, Vital::spo2, 92);
    EXPECT_EQ(happened(), Lines{});
    feed(72, 72, Vital::spo2, 92);
    EXPECT_EQ(happened(), Lines{"72 -"});
}

TEST_F(RulesTest, AnAlarmGrowsWorseAndEasesAgain) {
    feed(0, 20, Vital::heart_rate, 130);
    feed(21, 26, Vital::heart_rate, 155);
    feed(27, 32, Vital::heart_rate, 140);
    feed(33, 38, Vital::heart_rate, 100);
    EXPECT_EQ(happened(), (Lines{"10 high", "26 critical_high", "32 high", "38 -"}));
}

TEST_F(RulesTest, CriticalHeartRateWaitsFiveSecondsAndCriticalPulseTwelve) {
    feed(0, 20, Vital::heart_rate, 35);
    EXPECT_EQ(happened(), Lines{"5 critical_low"});
    rules = {};
    feed(0, 20, Vital::pulse_rate, 35);
    EXPECT_EQ(happened(), (Lines{"10 low", "12 critical_low"}));
}

TEST_F(RulesTest, NoBreathIsAValueAndBecomesApnoeaAfterTwentySeconds) {
    feed(0, 25, Vital::respiration_rate, 0);
    feed(26, 31, Vital::respiration_rate, 3);
    EXPECT_EQ(happened(),
              (Lines{"10 critical_low", "20 apnoea_or_lost_signal", "31 critical_low"}));
}

TEST_F(RulesTest, MissingValuesNeitherEndNorClearNorLower) {
    feed(0, 5, Vital::spo2, 80);
    feed(15, 15, Vital::spo2, 80);
    EXPECT_EQ(happened(), Lines{"15 critical_low"});
    for (int at = 16; at < 40; ++at) feed(std::chrono::seconds{at}, Values{});
    EXPECT_EQ(happened(), Lines{});
    feed(40, 44, Vital::spo2, 99);
    EXPECT_EQ(happened(), Lines{});
    feed(45, 45, Vital::spo2, 99);
    EXPECT_EQ(happened(), Lines{"45 -"});
}

TEST_F(RulesTest, ASeldomValueRaisesAloneAndClearsAlone) {
    facts.interval_ms = 60'000;
    feed(0s, {{Vital::heart_rate, 160}});
    feed(60s, {{Vital::heart_rate, 100}});
    EXPECT_EQ(happened(), (Lines{"0 critical_high", "60 -"}));
}

TEST_F(RulesTest, ACuffAlarmsAtItsNextMeasurementOrAtOnceWhereItComesMoreSeldom) {
    facts.interval_ms = 60'000;
    feed(0s, {{Vital::systolic_pressure, 85}});
    EXPECT_EQ(happened(), Lines{});
    feed(60s, {{Vital::systolic_pressure, 85}});
    EXPECT_EQ(happened(), Lines{"60 low"});
    rules = {};
    facts.interval_ms = 300'000;
    feed(0s, {{Vital::systolic_pressure, 65}});
    EXPECT_EQ(happened(), Lines{"0 critical_low"});
}

TEST_F(RulesTest, OneGlucoseSampleIsEnough) {
    feed(0s, {{Vital::glucose, 54}});
    feed(1s, {{Vital::glucose, 80}});
    feed(2s, {{Vital::glucose, 251}});
    EXPECT_EQ(happened(), (Lines{"0 critical_low", "1 -", "2 high"}));
}

TEST_F(RulesTest, TheRoomAlarmsAtAnyAgeAfterTenMinutes) {
    facts.adult = false;
    for (int at = 0; at <= 600; at += 10) feed(std::chrono::seconds{at}, {{Vital::co2, 1'600}});
    EXPECT_EQ(happened(), Lines{"600 critical_high"});
    EXPECT_EQ(priority_of(Vital::co2, Condition::critical_high), Priority::low);
}

TEST_F(RulesTest, AChildHasNoClinicalAlarmButTechnicalOnes) {
    facts.adult = false;
    feed(0, 60, Vital::heart_rate, 180);
    EXPECT_EQ(happened(), Lines{});
    feed(120s, Values{});
    EXPECT_EQ(happened(), Lines{"90 no_data"});
}

TEST_F(RulesTest, AStandingAlarmOfAPatientNoLongerAdultStillClears) {
    feed(0, 10, Vital::spo2, 80);
    facts.adult = false;
    feed(11, 16, Vital::spo2, 99);
    EXPECT_EQ(happened(), (Lines{"10 critical_low", "16 -"}));
}

TEST_F(RulesTest, LateAndRepeatedReadingsDisturbNothing) {
    feed(0, 9, Vital::spo2, 80);
    feed(4, 9, Vital::spo2, 99);  // late
    feed(9, 9, Vital::spo2, 99);  // again
    feed(10, 10, Vital::spo2, 80);
    feed(0, 9, Vital::spo2, 99);
    EXPECT_EQ(happened(), Lines{"10 critical_low"});
}

TEST_F(RulesTest, AClockThatWasFarAheadDoesNotBlindTheMonitor) {
    auto ahead = batch(86'400s, {{Vital::spo2, 97}});
    ahead.gateway_time = start;
    feed(ahead);
    feed(1, 11, Vital::spo2, 80);
    EXPECT_EQ(happened(), Lines{"11 critical_low"});
}

TEST_F(RulesTest, ImplausibleValuesAreTheSensorsNotThePatients) {
    feed(0, 5, Vital::heart_rate, 80);
    for (int at = 6; at < 30; ++at) {
        feed(std::chrono::seconds{at}, {{Vital::heart_rate, 400, series::Quality::implausible}});
    }
    feed(30, 31, Vital::heart_rate, 80);
    EXPECT_EQ(happened(), (Lines{"6 implausible", "30 -"}));
}

TEST_F(RulesTest, ImplausibleValuesDoNotClearAClinicalAlarm) {
    feed(0, 10, Vital::spo2, 80);
    for (int at = 11; at < 30; ++at) {
        feed(std::chrono::seconds{at}, {{Vital::spo2, 120, series::Quality::implausible}});
    }
    EXPECT_EQ(happened(), (Lines{"10 critical_low", "11 implausible"}));
}

TEST_F(RulesTest, ThirtySecondsWithoutAValueAreNoDataUntilOneComes) {
    feed(0s, {{Vital::spo2, 97}, {Vital::heart_rate, 80}});
    feed(1, 29, Vital::heart_rate, 80);
    EXPECT_EQ(happened(), Lines{});
    feed(30, 40, Vital::heart_rate, 80);
    feed(41s, {{Vital::spo2, 97}, {Vital::heart_rate, 80}});
    EXPECT_EQ(happened(), (Lines{"30 no_data", "41 -"}));
}

TEST_F(RulesTest, AValueAtTheLastMomentIsInTime) {
    feed(0s, {{Vital::spo2, 97}});
    feed(30s, {{Vital::spo2, 97}});
    EXPECT_EQ(happened(), Lines{});
}

// Goal: the gap counts also where nothing at all was sent meanwhile.
TEST_F(RulesTest, AGapIsKnownFromTheValueAfterItToo) {
    feed(0s, {{Vital::spo2, 97}});
    feed(100s, {{Vital::spo2, 97}});
    EXPECT_EQ(happened(), (Lines{"30 no_data", "100 -"}));
}

TEST_F(RulesTest, SeldomVitalsAreMissingAfterThreeIntervals) {
    facts.interval_ms = 900'000;
    feed(0s, {{Vital::glucose, 100}});
    feed(2'699s, Values{});
    EXPECT_EQ(happened(), Lines{});
    feed(2'700s, Values{});
    EXPECT_EQ(happened(), Lines{"2700 no_data"});
}

TEST_F(RulesTest, ASilentDeviceIsNoticedByTheClockAtItsSpeed) {
    auto fast = batch(0s, {{Vital::spo2, 97}});
    fast.speed_milli = 2'000;
    feed(fast);
    silence(14s);
    EXPECT_EQ(happened(), Lines{});
    silence(15s);
    EXPECT_EQ(happened(), Lines{"30 no_data"});
    silence(99s);
    EXPECT_EQ(happened(), Lines{});
}

TEST_F(RulesTest, AShortStopOfTheTransportIsNoLostSensorOnAFastClock) {
    auto fast = batch(0s, {{Vital::spo2, 97}});
    fast.speed_milli = 60'000;
    feed(fast);
    silence(9s);
    EXPECT_EQ(happened(), Lines{});
    silence(10s);
    EXPECT_EQ(happened(), Lines{"30 no_data"});
}

TEST_F(RulesTest, OurOwnStopIsNoLostSensor) {
    feed(0s, {{Vital::spo2, 97}});
    silence(600s, 595s);
    EXPECT_EQ(happened(), Lines{});
    silence(605s, 595s);
    EXPECT_EQ(happened(), Lines{"30 no_data"});
}

TEST_F(RulesTest, AnotherDevicesClockSaysNothing) {
    feed(0s, {{Vital::spo2, 97}});
    feed(batch(500s, {{Vital::heart_rate, 80}}, 2));
    EXPECT_EQ(happened(), Lines{});
}

TEST_F(RulesTest, AfterTheEndOfARecordingNothingIsMissing) {
    feed(0s, {{Vital::spo2, 97}});
    auto last = batch(1s, {});
    last.status = wire::DeviceStatus::finished;
    feed(last);
    silence(600s);
    feed(1'000s, {{Vital::spo2, 97}});
    EXPECT_EQ(happened(), Lines{});
    silence(1'600s);
    EXPECT_EQ(happened(), Lines{"1030 no_data"}) << "a new recording is watched again";
}

TEST_F(RulesTest, ABatchResentAfterTheEndDoesNotBeginAnew) {
    const auto resent = batch(0s, {{Vital::spo2, 97}});
    auto last = batch(1s, {{Vital::heart_rate, 80}});
    last.status = wire::DeviceStatus::finished;
    feed(last);
    feed(resent);
    silence(600s);
    EXPECT_EQ(happened(), Lines{});
}

TEST_F(RulesTest, ASensorThatIsOffSaysSoAtOnce) {
    feed(0s, {{Vital::spo2, 97}, {Vital::heart_rate, 80}});
    auto off = batch(1s, {{Vital::heart_rate, 80}});
    off.status = wire::DeviceStatus::sensor_off;
    feed(off);
    EXPECT_EQ(happened(), Lines{"1 sensor_off"}) << "the heart rate came with it";
    for (int at = 2; at < 60; ++at) feed(std::chrono::seconds{at}, {{Vital::heart_rate, 80}});
    EXPECT_EQ(happened(), Lines{}) << "no second technical alarm beside it";
    feed(60s, {{Vital::spo2, 97}});
    EXPECT_EQ(happened(), Lines{"60 -"});
}

class DisagreementTest : public RulesTest {
protected:
    void both(int from, int to, double pulse, double heart, double spo2) {
        for (int at = from; at <= to; ++at) {
            feed(std::chrono::seconds{at},
                 {{Vital::pulse_rate, pulse}, {Vital::heart_rate, heart}, {Vital::spo2, spo2}});
        }
    }
};

TEST_F(DisagreementTest, AFifthOfTheHeartRateIsStillAgreement) {
    both(0, 60, 80, 100, 98);
    EXPECT_EQ(happened(), Lines{});
}

TEST_F(DisagreementTest, HoldsBackASlowPulseWhileOxygenIsGood) {
    both(0, 60, 35, 80, 98);
    EXPECT_EQ(happened(), Lines{"10 pulse_and_heart_rate_disagree"});
}

TEST_F(DisagreementTest, HidesNothingWhenOxygenFalls) {
    both(0, 20, 35, 80, 98);
    both(21, 21, 35, 80, 89);
    EXPECT_EQ(happened(), (Lines{"10 pulse_and_heart_rate_disagree", "21 critical_low"}));
}

TEST_F(DisagreementTest, HidesNothingWhenOxygenIsNotKnown) {
    both(0, 20, 35, 80, 98);
    for (int at = 21; at <= 31; ++at) {
        feed(std::chrono::seconds{at}, {{Vital::pulse_rate, 35}, {Vital::heart_rate, 80}});
    }
    EXPECT_EQ(happened(), (Lines{"10 pulse_and_heart_rate_disagree", "31 critical_low"}));
}

TEST_F(DisagreementTest, HidesNothingWhenTheHeartRateIsLost) {
    both(0, 20, 35, 80, 98);
    for (int at = 21; at <= 31; ++at) {
        feed(std::chrono::seconds{at}, {{Vital::pulse_rate, 35}, {Vital::spo2, 98}});
    }
    EXPECT_EQ(happened(), (Lines{"10 pulse_and_heart_rate_disagree", "31 critical_low"}));
}

TEST_F(DisagreementTest, AHeartThatBeatsWithoutAPulseAlarms) {
    both(0, 20, 0, 80, 80);
    EXPECT_EQ(happened(), (Lines{"10 pulse_and_heart_rate_disagree", "10 critical_low", "10 low",
                                 "12 critical_low"}))
        << "disagreement, SpO2, PULSE low, PULSE critical";
}

TEST_F(DisagreementTest, TwoDevicesAreComparedThoughTheirSecondsDiffer) {
    for (int at = 0; at <= 10; ++at) {
        feed(batch(std::chrono::seconds{at}, {{Vital::heart_rate, 80}}, 1));
        feed(batch(std::chrono::seconds{at} + 300ms, {{Vital::pulse_rate, 55}}, 2));
    }
    EXPECT_EQ(happened(), Lines{"10 pulse_and_heart_rate_disagree"});
}

TEST(RulesCodecTest, StoredStateThatIsDamagedIsRefusedNotGuessed) {
    PatientRules rules;
    series::StoredBatch batch;
    batch.readings.push_back(
        {.vital = Vital::spo2, .time = start, .value_milli = 97'000, .waveform_micro = {}});
    batch.qualities.resize(1);
    std::ignore = rules.apply(batch, [](Vital) { return PatientFacts{}; });
    const auto whole = rules.encode();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_FALSE(PatientRules::decode(base::ByteView(whole).first(size))) << size;
    }
    base::SeededRandom random(7);
    for (int round = 0; round < base::testing::rounds(2'000); ++round) {
        auto bytes = whole;
        bytes[random.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
        std::ignore = PatientRules::decode(bytes);  // must not crash
    }
}

// Goal: no time, speed or value that a device can name crashes or overflows. Method: extremes.
TEST(RulesHostileTest, ExtremeTimesSpeedsAndValuesAreHarmless) {
    constexpr auto least = std::numeric_limits<std::int64_t>::min();
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    const auto adult = [](Vital) { return PatientFacts{.adult = true, .interval_ms = 0xffffffff}; };
    PatientRules rules;
    for (const auto time : {least, std::int64_t{-1}, std::int64_t{0}, most}) {
        for (const auto& info : all_limits()) {
            series::StoredBatch batch;
            batch.status = wire::DeviceStatus::sensor_off;
            batch.gateway_time = start;
            batch.clock = base::from_unix_ms(time);
            batch.speed_milli = 0xffffffff;
            batch.readings.push_back({.vital = info.vital,
                                      .time = base::from_unix_ms(time),
                                      .value_milli = 0,
                                      .waveform_micro = {}});
            batch.qualities.resize(1);
            std::ignore = rules.apply(batch, adult);
            std::ignore = rules.advance({start + 24h, start}, adult);
        }
    }
}

TEST(AlarmMessageTest, SaysValueAndLimit) {
    const auto message = [](Vital vital, Condition condition, std::int64_t value,
                            std::int64_t limit) {
        return internal::message_of({.vital = vital,
                                     .kind = kind_of(condition),
                                     .condition = condition,
                                     .value_milli = value,
                                     .limit_milli = limit,
                                     .at = start});
    };
    EXPECT_EQ(message(Vital::spo2, Condition::critical_low, 84'000, 85'000), "SpO2 84 < 85");
    EXPECT_EQ(message(Vital::heart_rate, Condition::high, 134'000, 120'000), "HR 134 > 120");
    EXPECT_EQ(message(Vital::body_temperature, Condition::high, 39'250, 39'000),
              "Temperature 39.25 > 39");
    EXPECT_EQ(message(Vital::ambient_temperature, Condition::low, -500, 18'000),
              "Room temperature -0.5 < 18");
    EXPECT_EQ(message(Vital::respiration_rate, Condition::apnoea_or_lost_signal, 0, 1),
              "RESP 0: apnoea or lost signal");
    EXPECT_EQ(message(Vital::spo2, Condition::no_data, 0, 30'000), "No data from SpO2 for 30 s");
    EXPECT_EQ(message(Vital::spo2, Condition::low, 91'000, 90'000), "SpO2 91, was < 90");
}

}  // namespace
}  // namespace monitor
