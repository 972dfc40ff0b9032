// SPDX-License-Identifier: Apache-2.0
// Goal: what is asked wrongly is refused before anything is opened, naming the option. Method: a
// good command with one thing changed at a time.
#include "cli/claim.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "cli/claim_qr.h"

namespace cli {
namespace {

using base::ErrorCode;
using chain::ClaimKind;

ClaimCommand good() {
    ClaimCommand command;
    command.patient = std::string(32, 'a');
    command.readers = {std::string(32, 'b')};
    command.content_id = "01551220" + std::string(64, 'c');
    command.transaction = std::string(128, 'd');
    return command;
}

TEST(ClaimArguments, AreReadAsGiven) {
    const auto question = question_of(good(), ClaimKind::consent);
    ASSERT_TRUE(question) << question.error().detail;
    EXPECT_EQ(base::to_hex(question->patient.view()), good().patient);
    EXPECT_EQ(base::to_hex(question->readers.at(0).view()), good().readers.at(0));
    EXPECT_EQ(question->category, wire::Category::vital_signs);
    EXPECT_EQ(question->purpose, wire::Purpose::treatment);
    const auto destroyed = question_of(good(), ClaimKind::key_destroyed);
    ASSERT_TRUE(destroyed) << destroyed.error().detail;
    EXPECT_EQ(base::to_hex(destroyed->content_id.view()), good().content_id);
    EXPECT_TRUE(transaction_of(good()));
}

TEST(ClaimArguments, NobodysKeyNeedsNoPatient) {
    auto command = good();
    command.patient.clear();
    const auto question = question_of(command, ClaimKind::key_destroyed);
    ASSERT_TRUE(question) << question.error().detail;
    EXPECT_TRUE(question->patient.is_zero());
}

struct BadArgument {
    const char* name;
    ClaimKind kind;
    std::function<void(ClaimCommand&)> change;
    const char* named;
};
class BadClaimArguments : public ::testing::TestWithParam<BadArgument> {};

TEST_P(BadClaimArguments, AreRefusedByName) {
    auto command = good();
    GetParam().change(command);
    const auto question = question_of(command, GetParam().kind);
    ASSERT_FALSE(question);
    EXPECT_EQ(question.error().code, ErrorCode::malformed);
    EXPECT_NE(question.error().detail.find(GetParam().named), std::string::npos)
        << question.error().detail;
}

INSTANTIATE_TEST_SUITE_P(
    Each, BadClaimArguments,
    ::testing::Values(
        BadArgument{"NoPatient", ClaimKind::consent,
                    [](ClaimCommand& command) { command.patient.clear(); }, "--patient"},
        BadArgument{"PatientTooShort", ClaimKind::no_consent,
                    [](ClaimCommand& command) { command.patient.pop_back(); }, "--patient"},
        BadArgument{"PatientInCapitals", ClaimKind::consent,
                    [](ClaimCommand& command) { command.patient[0] = 'A'; }, "--patient"},
        BadArgument{"ReaderNotHexadecimal", ClaimKind::no_consent,
                    [](ClaimCommand& command) { command.readers[0][3] = 'x'; }, "--reader"},
        BadArgument{"TwoReadersOfOneConsent", ClaimKind::consent,
                    [](ClaimCommand& command) { command.readers.push_back(command.patient); },
                    "--reader"},
        BadArgument{"UnknownCategory", ClaimKind::consent,
                    [](ClaimCommand& command) { command.category = "genome"; }, "--category"},
        BadArgument{"UnknownPurpose", ClaimKind::no_consent,
                    [](ClaimCommand& command) { command.purpose = "curiosity"; }, "--purpose"},
        BadArgument{"ContentIdTooLong", ClaimKind::key_destroyed,
                    [](ClaimCommand& command) { command.content_id += "00"; }, "--content-id"}),
    [](const auto& instance) { return std::string(instance.param.name); });

TEST(ClaimArguments, ATransactionIsNamedByItsWholeId) {
    auto command = good();
    command.transaction.resize(64);
    const auto id = transaction_of(command);
    ASSERT_FALSE(id);
    EXPECT_EQ(id.error().code, ErrorCode::malformed);
    EXPECT_NE(id.error().detail.find("128"), std::string::npos) << id.error().detail;
}

TEST(ClaimForms, AnUnknownFormIsRefused) {
    const auto written = written_as(wire::Claim{}, "xml");
    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, ErrorCode::malformed);
}

TEST(ClaimQrCode, HoldsWhatFitsAndRefusesTheRest) {
    const auto small = qr_code_of("SALUS:0123");
    ASSERT_TRUE(small) << small.error().detail;
    // Version 1: 21 modules and the quiet zone of 4 on each side, two rows a line.
    EXPECT_EQ(std::ranges::count(*small, '\n'), (21 + 8 + 1) / 2);
    EXPECT_TRUE(qr_code_of(std::string(qr_characters_max, 'A')));
    const auto large = qr_code_of(std::string(qr_characters_max + 1, 'A'));
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().code, ErrorCode::too_large);
    EXPECT_NE(large.error().detail.find("4297"), std::string::npos) << large.error().detail;
}

TEST(ClaimQrCode, OtherCharactersAreRefused) {
    const auto drawn = qr_code_of("salus");
    ASSERT_FALSE(drawn);
    EXPECT_EQ(drawn.error().code, ErrorCode::malformed);
}

}  // namespace
}  // namespace cli
