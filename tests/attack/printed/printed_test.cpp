// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "attack/interpolation.h"
#include "crypto/random.h"
#include "printed/controls.h"
#include "printed/protocol.h"

namespace printed {
namespace {

constexpr Seconds noon = 1'800'000'000;

// Goal: the target is the paper's protocol and not a straw man. Method: honest ends agree, wrong
// ones are refused, and the messages have the bits that the paper's own text comes to.
struct PrintedProtocolTest : testing::Test {
    base::SeededRandom random{7};
    KeyGenerator askg{random};
    Device device{askg, "device"};
    Pda pda{askg, "pda"};
    Cloud cloud{askg, "cloud"};
};

TEST_F(PrintedProtocolTest, DeviceAndPdaAgreeOnAKey) {
    const auto answered = pda.receive(device.start(noon), noon + 2);
    ASSERT_TRUE(answered);
    EXPECT_EQ(device.receive(answered->answer, noon + 2), answered->priv);
}

TEST_F(PrintedProtocolTest, ADeviceRefusesAnAnswerThatAnotherPdaMade) {
    Pda stranger{askg, "stranger"};
    auto answered = stranger.receive(device.start(noon), noon);
    ASSERT_TRUE(answered);
    answered->answer.pid_pda = pda.pid();
    EXPECT_FALSE(device.receive(answered->answer, noon));
}

TEST_F(PrintedProtocolTest, ATimeOutsideTheWindowIsRefused) {
    EXPECT_FALSE(pda.receive(device.start(noon), noon + window_s + 1));
    cloud.enrol_pda(askg, "pda");
    EXPECT_FALSE(cloud.receive(pda.log_in(noon), noon + window_s + 1));
}

TEST_F(PrintedProtocolTest, ALoginOfAPdaThatIsNotEnrolledIsRefused) {
    EXPECT_FALSE(cloud.receive(pda.log_in(noon), noon));
    cloud.enrol_pda(askg, "pda");
    EXPECT_TRUE(cloud.receive(pda.log_in(noon), noon));
    auto forged = pda.log_in(noon);
    forged.m2[0] ^= 1;
    EXPECT_FALSE(cloud.receive(forged, noon));
}

TEST_F(PrintedProtocolTest, ItsMessagesHave2656BitsNotThe772OfTheText) {
    const auto hello = device.start(noon);
    const auto answered = pda.receive(hello, noon);
    ASSERT_TRUE(answered);
    const auto first = (hello.encode().size() + answered->answer.encode().size()) * 8;
    const auto second = pda.log_in(noon).encode().size() * 8;
    EXPECT_EQ(first, 1'600U);
    EXPECT_EQ(second, 1'056U);
}

// Goal: interpolation is right only above the degree, so that the control of the captured devices
// says something. Method: one share fewer.
TEST_F(PrintedProtocolTest, AsManySharesAsTheDegreeDoNotGiveAnother) {
    std::vector<attack::Captured> captured;
    for (std::size_t i = 0; i <= degree; ++i) {
        const auto id = std::to_string(i);
        captured.push_back({KeyGenerator::point_of(askg.pid_of(id)), askg.share_of(id)});
    }
    const auto x = KeyGenerator::point_of(device.pid());
    EXPECT_EQ(attack::interpolate(captured, x)[0], device.share()[0]);
    captured.pop_back();
    EXPECT_FALSE(attack::interpolate(captured, x)[0] == device.share()[0]);
}

class ControlTest : public testing::TestWithParam<const char*> {};

TEST_P(ControlTest, TheAttackSucceedsAgainstTheProtocolAsPrinted) {
    crypto::SystemRandom random;
    const auto control = run_control(GetParam(), random);
    ASSERT_TRUE(control);
    EXPECT_TRUE(control->succeeded) << control->detail;
}

INSTANTIATE_TEST_SUITE_P(All, ControlTest,
                         testing::Values("replay", "man_in_the_middle", "impersonation",
                                         "ephemeral_leak", "insider", "device_capture",
                                         "stolen_verifier", "offline_guessing", "desynchronisation",
                                         "flooding", "traceability", "key_compromise"),
                         [](const auto& name) { return std::string(name.param); });

TEST(Control, AnUnknownNameHasNone) {
    crypto::SystemRandom random;
    EXPECT_FALSE(run_control("witchcraft", random));
}

}  // namespace
}  // namespace printed
