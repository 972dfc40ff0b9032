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

TEST(Trust, SaysHowManyWitnessesMustHaveCosignedOnlyWhereAnyMust) {
    auto trust = samples::trust();
    trust.checkpoint_key = "salus/salus+00000000+AA==";
    trust.witnesses = {"regulator+00000000+AA==", "phone+00000000+AA=="};
    EXPECT_EQ(to_json(trust).find("witnesses_required"), std::string::npos);
    for (const std::size_t required : {1U, 2U}) {
        trust.witnesses_required = required;
        EXPECT_EQ(trust_from_json(to_json(trust)).value(), trust) << required;
    }
    const auto text = to_json(trust);
    for (const auto* bad : {"0", "3", "-1", "1.0", "\"2\"", "null"}) {
        auto altered = text;
        altered.replace(altered.rfind("2\n"), 1, bad);
        const auto refused = trust_from_json(altered);
        ASSERT_FALSE(refused) << bad;
        EXPECT_EQ(refused.error().code, base::ErrorCode::malformed) << bad;
    }
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
        {"'format'", to_json(samples::claims()[0])},
        {"'chain_id'", replaced(good, "salus-test", "Salus Test")},
        {"'genesis_hash'", replaced(good, "30313233", "3031323")},
        {"'genesis_hash'", replaced(good, "\"genesis_hash\": \"3", "\"genesis_hash\": \"G")},
        {"'miners'", to_json(nobody)},
        {"'miners'", to_json(twins)},
        {"'from'", replaced(good, "\"}", "\", \"from\": 9007199254740992}")},
        {"'from'", replaced(good, "\"}", "\", \"from\": \"7\"}")},
        {"'until'", replaced(good, "\"}", "\", \"until\": -1}")},
        {"'until'", replaced(good, "\"}", "\", \"until\": 1}")},
        {"'until'", replaced(good, "\"}", "\", \"from\": 7, \"until\": 7}")},
        {"unknown, doubled", replaced(good, "\"}", "\", \"from\": 1}")},
        {"unknown, doubled", replaced(good, "\"}", "\", \"until\": 0}")},
        {"unknown, doubled", replaced(good, "\"}", "\", \"until\": 9, \"from\": 2}")},
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

// Goal: a miner may leave and come back, but it is never two at one height.
TEST(Trust, NamesAMinerOnceForEachTimeThatItWasActive) {
    auto trust = samples::trust();
    const auto id = trust.miners[0].id;
    trust.miners[0].until = 10;
    trust.miners.push_back(trust.miners[0]);
    trust.miners.back().from = 10;
    trust.miners.back().until = 0;
    EXPECT_EQ(trust_from_json(to_json(trust)).value(), trust);
    EXPECT_EQ(trust.active_at(9), trust.active_at(10));
    EXPECT_EQ(trust.miner_at(id, 9), trust.miners.data());
    EXPECT_EQ(trust.miner_at(id, 10), &trust.miners.back());
    trust.miners.back().from = 20;
    EXPECT_EQ(trust.miner_at(id, 10), nullptr);
    EXPECT_EQ(trust.miner_at(id, 19), nullptr);
    EXPECT_EQ(trust.active_at(19) + 1, trust.active_at(20));
    EXPECT_EQ(trust_from_json(to_json(trust)).value(), trust);
    trust.miners.back().from = 9;
    EXPECT_FALSE(trust_from_json(to_json(trust)));
    std::ranges::reverse(trust.miners);
    EXPECT_FALSE(trust_from_json(to_json(trust))) << "in whichever order";
}

TEST(Trust, TenThousandMutationsNeverCrashNorDrift) {
    base::SeededRandom random(32);
    const auto text = to_json(samples::trust());
    const base::Bytes trust(text.begin(), text.end());
    for (int i = 0; i < base::testing::rounds(10'000); ++i) {
        const auto decoded = trust_from_json(base::as_text(samples::mutated(trust, random)));
        if (!decoded) continue;
        EXPECT_EQ(trust_from_json(to_json(*decoded)).value(), *decoded);
    }
}

// Goal: an anchor may ask for more than the miner's own word. Method: each quorum there and back.
TEST(Trust, NamesItsQuorumOnlyWhereTheMinerAloneIsNotEnough) {
    auto trust = samples::trust();
    EXPECT_EQ(to_json(trust).find("quorum"), std::string::npos);
    for (const auto quorum : {Quorum::two_thirds, Quorum::majority}) {
        trust.quorum = quorum;
        EXPECT_EQ(trust_from_json(to_json(trust)).value(), trust);
    }
    for (const auto* bad : {"miner_alone", "all", ""}) {
        const auto text = replaced(to_json(trust), "majority", bad);
        EXPECT_THAT(trust_from_json(text).error().detail, HasSubstr("'quorum'")) << bad;
    }
}

}  // namespace
}  // namespace wire
