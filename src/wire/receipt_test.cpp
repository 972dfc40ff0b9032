// SPDX-License-Identifier: Apache-2.0
#include "wire/receipt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/testing.h"
#include "wire/internal/test_samples.h"

namespace wire {
namespace {

using testing::HasSubstr;

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

struct BadText {
    std::string_view problem;  ///< Must stand in the error.
    std::string text;
};

TEST(Receipt, RoundTrips) {
    EXPECT_EQ(receipt_from_json(to_json(samples::receipt())).value(), samples::receipt());
    auto receipt = samples::receipt();
    receipt.consent = receipt.patient_leaf;
    receipt.patient_leaf.reset();
    receipt.history_path.clear();
    EXPECT_EQ(receipt_from_json(to_json(receipt)).value(), receipt);
}

// Goal: bytes never drift, or old receipts could not be checked. Method: a vector written down
// once.
TEST(Receipt, ThisReceiptIsThisText) {
    auto receipt = samples::receipt();
    receipt.envelope = {1, 2, 3, 4};
    receipt.header = {5};
    receipt.seal = {6, 7};
    receipt.signers.resize(1);
    EXPECT_EQ(to_json(receipt),
              R"({"format":"salus-receipt-1","envelope":"AQIDBA","history_index":41,"history_path)"
              R"(":["ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-P0A","IiMkJSYnKCkqKywtLi8wMTIzNDU2Nz)"
              R"(g5Ojs8PT4_QEE"],"header":"BQ","seal":"Bgc","signers":[{"key":"SwE","value":"CgI")"
              R"(,"steps":[{"bit":255,"sibling":"ERITFBUWFxgZGhscHR4fICEiIyQlJicoKSorLC0uLzA"},{")"
              R"(bit":0,"sibling":"EhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDE"}]}],"patient_leaf)"
              R"(":{"key":"SwE","value":"CgI","steps":[{"bit":255,"sibling":"ERITFBUWFxgZGhscHR4f)"
              R"(ICEiIyQlJicoKSorLC0uLzA"},{"bit":0,"sibling":"EhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKi)"
              R"(ssLS4vMDE"}]},"consent":null})"
              "\n");
}

TEST(Receipt, RefusesWhatIsOutOfFormAndNamesTheMember) {
    const auto good = to_json(samples::receipt());
    const std::vector<BadText> cases = {
        {"no JSON", ""},
        {"no JSON", "{"},
        {"no JSON", "not json"},
        {"no JSON", std::string(1'000, '[')},
        {"'format'", "[]"},
        {"'format'", "null"},
        {"'format'", "{}"},
        {"'format'", replaced(good, "salus-receipt-1", "salus-receipt-2")},
        {"'envelope'", replaced(good, "\"envelope\"", "\"envelopf\"")},
        {"'envelope'", replaced(good, "\"envelope\":\"", "\"envelope\":\"=")},
        {"'history_index'", replaced(good, "\"history_index\":41", "\"history_index\":-1")},
        {"'history_index'", replaced(good, "\"history_index\":41", "\"history_index\":1.5")},
        {"'history_index'", replaced(good, "\"history_index\":41", "\"history_index\":\"41\"")},
        {"'history_index'",
         replaced(good, "\"history_index\":41", "\"history_index\":9007199254740992")},
        {"'history_index'",
         replaced(good, "\"history_index\":41", "\"history_index\":18446744073709551616")},
        {"'history_path'", replaced(good, "\"history_path\":[\"", "\"history_path\":[\"A")},
        {"'history_path'", replaced(good, "\"history_path\":[", "\"history_path\":[1,")},
        {"'seal'", replaced(good, "\"seal\":", "\"seal\":null,\"x\":")},
        {"'signers'", replaced(good, "\"signers\":[", "\"signers\":[],\"x\":[")},
        {"'key'", replaced(good, "\"key\":", "\"kez\":")},
        {"'bit'", replaced(good, "\"bit\":255", "\"bit\":256")},
        {"'sibling'", replaced(good, "\"sibling\":\"", "\"sibling\":\"AAAA")},
        {"'consent'", replaced(good, "\"consent\":null", "\"consens\":null")},
        {"'key'", replaced(good, "\"consent\":null", "\"consent\":[]")},
    };
    for (const auto& [problem, text] : cases) {
        const auto decoded = receipt_from_json(text);
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem)) << text.substr(0, 200);
    }
}

// Goal: one receipt has one text. Method: the same meaning, written otherwise.
TEST(Receipt, RefusesOtherTextsOfTheSameMeaning) {
    const auto good = to_json(samples::receipt());
    const std::vector<std::string> cases = {
        good.substr(0, good.size() - 1),
        good + "\n",
        " " + good,
        replaced(good, "\"seal\":", "\"seal\": "),
        replaced(good, "\"consent\":null", "\"consent\":null,\"note\":1"),
        replaced(good, "\"consent\":null", "\"consent\":null,\"consent\":null"),
        replaced(good, "\"history_index\":41", "\"history_index\":4.1e1"),
        replaced(good, "\"envelope\"", "\"\\u0065nvelope\""),
        replaced(replaced(good, "\"format\":\"salus-receipt-1\",", ""), "\"consent\":null",
                 "\"consent\":null,\"format\":\"salus-receipt-1\""),
    };
    for (const auto& text : cases) EXPECT_FALSE(receipt_from_json(text)) << text;
}

TEST(Receipt, RefusesTooManySignersAndStepsAndBytes) {
    auto receipt = samples::receipt();
    receipt.signers.resize(5, receipt.signers[0]);
    EXPECT_THAT(receipt_from_json(to_json(receipt)).error().detail, HasSubstr("'signers'"));
    receipt = samples::receipt();
    receipt.history_path.resize(65);
    EXPECT_THAT(receipt_from_json(to_json(receipt)).error().detail, HasSubstr("'history_path'"));
    receipt = samples::receipt();
    receipt.signers[0].steps.resize(257);
    EXPECT_THAT(receipt_from_json(to_json(receipt)).error().detail, HasSubstr("'steps'"));
    receipt.envelope.resize(65'536);
    EXPECT_EQ(receipt_from_json(to_json(receipt)).error().code, base::ErrorCode::too_large);
}

TEST(Trust, RoundTripsWhateverItsWhiteSpace) {
    const auto text = to_json(samples::trust());
    EXPECT_EQ(trust_from_json(text).value(), samples::trust());
    std::string dense;
    std::string wide;
    for (const char c : text) {
        if (c != ' ' && c != '\n') dense += c;
        wide += c;
        if (c == ',') wide += "\r\n\t ";
    }
    EXPECT_EQ(trust_from_json(dense).value(), samples::trust());
    EXPECT_EQ(trust_from_json(wide).value(), samples::trust());
}

// Goal: files from before checkpoints stay what they were. Method: the two members come and go.
TEST(Trust, NamesTheCheckpointKeyAndTheWitnessesOrNeither) {
    auto trust = samples::trust();
    trust.checkpoint_key = "salus/x+00000000+AA==";
    EXPECT_EQ(trust_from_json(to_json(trust)).value(), trust);
    trust.witnesses = {"regulator.example/w1+00000000+AA==", "phone+00000000+AA=="};
    const auto text = to_json(trust);
    EXPECT_EQ(trust_from_json(text).value(), trust);
    EXPECT_EQ(to_json(samples::trust()).find("witnesses"), std::string::npos);

    const auto replaced = [&](std::string_view what, std::string_view with) {
        auto out = text;
        return out.replace(out.find(what), what.size(), with);
    };
    const std::pair<const char*, std::string> bad[] = {
        {"checkpoint_key", replaced("salus/x+", "salus x+")},
        {"checkpoint_key", replaced("\"salus/x+00000000+AA==\"", "\"\"")},
        {"checkpoint_key", replaced("salus/x+", std::string(verifier_key_bytes_max, 'a'))},
        {"witnesses", replaced("\"phone+00000000+AA==\"", "7")},
        {"witnesses", replaced("phone", "ph\\nne")},
        {"member", replaced("\"checkpoint_key\": \"salus/x+00000000+AA==\",", "")},
    };
    for (const auto& [member, changed] : bad) {
        const auto decoded = trust_from_json(changed);
        ASSERT_FALSE(decoded) << changed;
        EXPECT_NE(decoded.error().detail.find(member), std::string::npos) << decoded.error().detail;
    }
    trust.witnesses.assign(trust_witnesses_max + 1, "phone+00000000+AA==");
    EXPECT_FALSE(trust_from_json(to_json(trust)));
}

TEST(Trust, RefusesWhatIsOutOfFormAndNamesTheMember) {
    const auto good = to_json(samples::trust());
    auto nobody = samples::trust();
    nobody.miners.clear();
    auto twins = samples::trust();
    twins.miners[1].id = twins.miners[0].id;
    const std::vector<BadText> cases = {
        {"no JSON", ""},
        {"no JSON", good.substr(0, good.size() / 2)},
        {"no JSON", std::string(100'000, '[')},
        {"'format'", to_json(samples::receipt())},
        {"'chain_id'", replaced(good, "salus-test", "Salus Test")},
        {"'genesis_hash'", replaced(good, "30313233", "3031323")},
        {"'genesis_hash'", replaced(good, "\"genesis_hash\": \"3", "\"genesis_hash\": \"G")},
        {"'miners'", to_json(nobody)},
        {"'miners'", to_json(twins)},
        {"'id'", replaced(good, "\"id\"", "\"ID\"")},
        {"'public_key'", replaced(good, "\"public_key\": \"", "\"public_key\": \"00")},
        {"unknown, doubled", replaced(good, "\"miners\"", "\"more\": 1, \"miners\"")},
        {"unknown, doubled",
         replaced(good, "\"chain_id\": ", "\"chain_id\": \"other\", \"chain_id\": ")},
    };
    for (const auto& [problem, text] : cases) {
        const auto decoded = trust_from_json(text);
        ASSERT_FALSE(decoded) << problem;
        EXPECT_EQ(decoded.error().code, base::ErrorCode::malformed) << problem;
        EXPECT_THAT(decoded.error().detail, HasSubstr(problem));
    }
    EXPECT_EQ(trust_from_json(std::string((2U << 20) + 1, ' ')).error().code,
              base::ErrorCode::too_large);
}

TEST(Receipt, TenThousandMutationsNeverCrashNorDrift) {
    const auto bytes_of = [](const std::string& text) {
        const auto view = base::as_bytes(text);
        return base::Bytes(view.begin(), view.end());
    };
    const auto receipt =
        samples::try_mutations(bytes_of(to_json(samples::receipt())), 31,
                               [&](base::ByteView bytes) -> std::optional<base::Bytes> {
                                   const auto decoded = receipt_from_json(base::as_text(bytes));
                                   if (!decoded) return std::nullopt;
                                   return bytes_of(to_json(*decoded));
                               });
    EXPECT_EQ(receipt.drifted, 0);
    EXPECT_GT(receipt.accepted, 0);
    base::SeededRandom random(32);
    const auto trust = bytes_of(to_json(samples::trust()));
    for (int i = 0; i < base::testing::rounds(10'000); ++i) {
        const auto decoded = trust_from_json(base::as_text(samples::mutated(trust, random)));
        if (!decoded) continue;
        EXPECT_EQ(trust_from_json(to_json(*decoded)).value(), *decoded);
    }
}

}  // namespace
}  // namespace wire
