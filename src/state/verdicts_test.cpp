// SPDX-License-Identifier: Apache-2.0
// Goal: our verifier says of each stored proof, sound or altered, what public ICS-23 libraries say.
// Method: tests/vectors/state_proofs_verdicts.json has the verdicts of npm's @confio/ics23 and Go's
// ics23, written by tests/ics23/run.sh --write; ours is computed here.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <fstream>
#include <sstream>

#include "state/neighbours.h"
#include "state/proof.h"

namespace state {
namespace {

using base::Bytes;
namespace json = boost::json;

Bytes bytes_of(const json::value& hex) {
    return base::from_hex(std::string_view(hex.as_string())).value();
}

wire::StateProof proof_of(const json::value& from) {
    wire::StateProof out{
        .key = bytes_of(from.at("key")), .value = bytes_of(from.at("value")), .steps = {}};
    for (const auto& step : from.at("steps").as_array()) {
        out.steps.push_back({.bit = json::value_to<std::uint8_t>(step.at(0)),
                             .sibling = *wire::Hash256::from(bytes_of(step.at(1)))});
    }
    return out;
}

std::optional<wire::StateProof> maybe_proof_of(const json::value& from) {
    return from.is_null() ? std::nullopt : std::optional(proof_of(from));
}

bool holds(const json::value& one) {
    const auto root = *wire::Hash256::from(bytes_of(one.at("root")));
    const auto key = bytes_of(one.at("key"));
    if (one.at("kind").as_string() == "existence") {
        const auto proof = proof_of(one.at("proof"));
        return proof.key == key && proof.value == bytes_of(one.at("value")) &&
               verify_existence(root, proof);
    }
    return verify_absence(root, key, {.reached = proof_of(one.at("reached"))}) &&
           verify_neighbours(
               root, key,
               {.left = maybe_proof_of(one.at("left")), .right = maybe_proof_of(one.at("right"))});
}

TEST(StateVerdicts, AreThoseOfPublicLibraries) {
    std::ifstream in(SALUS_SOURCE_DIR "/tests/vectors/state_proofs_verdicts.json");
    std::ostringstream text;
    text << in.rdbuf();
    const auto cases = json::parse(text.str());
    std::size_t accepted = 0;
    std::size_t stricter = 0;
    for (const auto& one : cases.as_array()) {
        const auto& name = one.at("name").as_string();
        const bool ours = holds(one);
        accepted += ours ? 1 : 0;
        EXPECT_EQ(ours, one.at("salus").as_bool()) << name;
        if (one.at("stricter").as_bool()) {
            // Bits that do not fall towards the root: ICS-23 has no such rule.
            EXPECT_FALSE(ours) << name;
            ++stricter;
            continue;
        }
        EXPECT_EQ(ours, one.at("npm").as_bool()) << name;
        EXPECT_EQ(ours, one.at("go").as_bool()) << name;
    }
    EXPECT_EQ(stricter, 2U);
    EXPECT_GT(accepted, 30U);
    EXPECT_GT(cases.as_array().size(), 5 * accepted);
}

}  // namespace
}  // namespace state
