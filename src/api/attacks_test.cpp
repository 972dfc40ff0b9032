// SPDX-License-Identifier: Apache-2.0
// Goal: what `salus attack` wrote is shown as it is, and a damaged file is called damaged. Method:
// a whole node in memory, and files of many shapes.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <optional>

#include "api/internal/test_node.h"
#include "storage/files.h"
#include "storage/temporary_folder.h"

namespace api::testing {
namespace {

namespace json = boost::json;

class AttacksTest : public ::testing::Test {
protected:
    static void SetUpTestSuite() { node = std::make_unique<TestNode>(); }
    static void TearDownTestSuite() { node.reset(); }
    void SetUp() override { node->service().options.attacks = file(); }

    [[nodiscard]] std::filesystem::path file() const { return folder.path() / "attacks.json"; }
    Response shown(std::string_view content) {
        EXPECT_TRUE(storage::write_file_synced(file(), base::as_bytes(content)));
        return node->get("auditor", "/api/v1/attacks");
    }
    static std::unique_ptr<TestNode> node;
    storage::TemporaryFolder folder;
};
std::unique_ptr<TestNode> AttacksTest::node;

constexpr std::string_view replay =
    R"({"name":"replay","paper":true,"resisted":true,"control":true,)"
    R"("ran_at_ms":1767225600000,"detail":"4 messages, 16 times each"})";

TEST_F(AttacksTest, BeforeTheFirstRunThereAreNone) {
    const auto response = node->get("auditor", "/api/v1/attacks");
    EXPECT_EQ(response.status, 200U);
    EXPECT_EQ(response.body, R"({"items":[]})");
}

TEST_F(AttacksTest, TheLastRunIsShownAttackByAttack) {
    const auto response = shown(R"({"attacks":[)" + std::string(replay) + "]}");
    ASSERT_EQ(response.status, 200U) << response.body;
    EXPECT_EQ(json::parse(response.body).at("items").at(0), json::parse(replay));
}

TEST_F(AttacksTest, AnAttackWithoutAControlSaysNull) {
    const auto response =
        shown(R"({"attacks":[{"name":"flooding","paper":false,"resisted":true,"control":null,)"
              R"("ran_at_ms":1,"detail":""}]})");
    ASSERT_EQ(response.status, 200U) << response.body;
    EXPECT_TRUE(json::parse(response.body).at("items").at(0).at("control").is_null());
}

TEST_F(AttacksTest, AFileOfAnotherShapeIsCalledDamagedAndNothingOfItIsShown) {
    const auto with = [](std::string_view from, std::string_view to) {
        std::string text(replay);
        text.replace(text.find(from), from.size(), to);
        return R"({"attacks":[)" + text + "]}";
    };
    std::string many = "[";
    for (int i = 0; i < 65; ++i) many += (i == 0 ? "" : ",") + std::string(replay);
    const std::vector<std::pair<std::string, std::string>> shapes{
        {"empty", ""},
        {"cut short", R"({"attacks":[)"},
        {"no object", "[]"},
        {"no list", R"({"attacks":{}})"},
        {"another member's name", R"({"results":[]})"},
        {"a row that is no object", R"({"attacks":[7]})"},
        {"a member too many", with("\"paper\"", "\"html\":\"<b>\",\"paper\"")},
        {"a member too few", with("\"paper\":true,", "")},
        {"a name with markup", with("\"replay\"", "\"<b>\"")},
        {"an empty name", with("\"replay\"", "\"\"")},
        {"resisted as text", with("\"resisted\":true", "\"resisted\":\"true\"")},
        {"control as a number", with("\"control\":true", "\"control\":1")},
        {"a time that is no whole number", with("1767225600000", "1.5")},
        {"more attacks than there can be", R"({"attacks":)" + many + "]}"}};
    for (const auto& [what, content] : shapes) {
        const auto response = shown(content);
        EXPECT_EQ(response.status, 500U) << what << ": " << response.body;
        EXPECT_EQ(response.body.find("replay"), std::string::npos) << what;
    }
}

TEST_F(AttacksTest, AFileLargerThanAnyRunIsCalledDamaged) {
    EXPECT_EQ(shown(std::string((64U << 10U) + 1, ' ')).status, 500U);
}

// Goal: whoever may look hears what is wrong with the file and what to do; whoever may not hears
// about that alone, whatever the file is.
TEST_F(AttacksTest, WhatIsWrongIsToldInWordsToWhoMayLook) {
    const auto told_to = [](std::string_view who) {
        const auto response = node->get(who, "/api/v1/attacks");
        const auto body = json::parse(response.body);
        const auto* error = body.as_object().if_contains("error");
        return std::pair(response.status, error == nullptr
                                              ? std::string()
                                              : std::string(error->at("message").as_string()));
    };
    for (const auto& content : {std::optional<std::string>(), std::optional<std::string>("{"),
                                std::optional(std::string((64U << 10U) + 1, ' '))}) {
        if (content) {
            ASSERT_TRUE(storage::write_file_synced(file(), base::as_bytes(*content)));
        }
        for (const auto* who : {"auditor", "administrator"}) {
            const auto [status, words] = told_to(who);
            EXPECT_EQ(status, content ? 500U : 200U) << who;
            EXPECT_EQ(words.find("run it again") != words.npos, content.has_value()) << words;
        }
        EXPECT_EQ(told_to("").first, 401U);
        EXPECT_NE(told_to("").second.find("sign in"), std::string::npos);
        EXPECT_EQ(told_to("nora").first, 403U);
    }
}

}  // namespace
}  // namespace api::testing
