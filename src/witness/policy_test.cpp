// SPDX-License-Identifier: Apache-2.0
#include "witness/policy.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "witness/internal/test_log.h"

namespace witness {
namespace {

using base::ErrorCode;
using testing::at_second;

const testing::TestLog& log() {
    static const testing::TestLog out(8);
    return out;
}
Note signed_by(const std::vector<std::pair<std::string, std::int64_t>>& witnesses) {
    auto note = testing::log_signer().sign(log().checkpoint(5));
    for (const auto& [name, seconds] : witnesses) {
        note.signatures.push_back(testing::cosigner(name).cosign(note.text, at_second(seconds)));
    }
    return note;
}
Policy policy(std::size_t required) {
    return policy_of(testing::trust({"regulator", "hospital", "phone"}), required).value();
}

TEST(Policy, NamesTheWitnessesThatSignedAndTheTimeEachStated) {
    const auto note = signed_by({{"phone", 1700000200}, {"regulator", 1700000100}});
    const auto verified = verify_checkpoint(encode(note), policy(2));
    ASSERT_TRUE(verified) << verified.error().detail;
    const auto checkpoint = log().checkpoint(5);
    EXPECT_EQ(verified->origin, "salus/test-chain");
    EXPECT_EQ(verified->size, 5U);
    EXPECT_EQ(verified->root.bytes, checkpoint.root);
    EXPECT_EQ(verified->header, header_of(checkpoint).value());
    EXPECT_EQ(verified->witnesses,
              (std::vector<Witnessed>{{.name = "regulator", .time = at_second(1700000100)},
                                      {.name = "phone", .time = at_second(1700000200)}}));
}

TEST(Policy, RequiresSoManyWitnessesOfThoseItNames) {
    const auto two = signed_by({{"regulator", 1}, {"phone", 2}});
    EXPECT_TRUE(verify_checkpoint(two, policy(0)));
    EXPECT_TRUE(verify_checkpoint(two, policy(2)));
    const auto refused = verify_checkpoint(two, policy(3));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::not_authorised);
    EXPECT_NE(refused.error().detail.find("2 of the 3"), std::string::npos);
}

// Goal: nobody counts twice. Method: one witness cosigns three times, at three times.
TEST(Policy, AWitnessCountsOnceWithItsLatestTime) {
    const auto note = signed_by({{"phone", 20}, {"phone", 30}, {"phone", 10}});
    const auto verified = verify_checkpoint(note, policy(1));
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->witnesses,
              (std::vector<Witnessed>{{.name = "phone", .time = at_second(30)}}));
    EXPECT_FALSE(verify_checkpoint(note, policy(2)));
}

TEST(Policy, SignaturesOfStrangersAreIgnored) {
    auto note = signed_by({{"stranger", 1}, {"phone", 2}});
    // A stranger with a known name, under another key.
    note.signatures.push_back(
        Cosigner("regulator", testing::key_of("impostor")).cosign(note.text, at_second(3)));
    const auto verified = verify_checkpoint(note, policy(1));
    ASSERT_TRUE(verified);
    EXPECT_EQ(verified->witnesses.size(), 1U);
    EXPECT_FALSE(verify_checkpoint(note, policy(2)));
}

TEST(Policy, ALineOfAKnownKeyThatDoesNotVerifyCondemnsTheNote) {
    for (const std::size_t line : {0U, 1U, 2U}) {
        auto note = signed_by({{"regulator", 1}, {"phone", 2}});
        note.signatures[line].bytes.back() ^= 1;
        const auto refused = verify_checkpoint(note, policy(1));
        ASSERT_FALSE(refused) << line;
        EXPECT_EQ(refused.error().code, ErrorCode::bad_signature) << line;
    }
    auto note = signed_by({{"regulator", 1}});
    note.signatures[1].bytes[7] ^= 1;  // the time, of which the signature is made
    EXPECT_EQ(verify_checkpoint(note, policy(0)).error().code, ErrorCode::bad_signature);
    note = signed_by({{"regulator", 1}});
    note.signatures[1].bytes.pop_back();
    EXPECT_EQ(verify_checkpoint(note, policy(0)).error().code, ErrorCode::bad_signature);
}

// Goal: a cosignature is for one text. Method: it is moved to another checkpoint of the same log.
TEST(Policy, ACosignatureOfAnotherCheckpointDoesNotVerify) {
    auto other = testing::log_signer().sign(log().checkpoint(6));
    other.signatures.push_back(signed_by({{"phone", 1}}).signatures[1]);
    EXPECT_EQ(verify_checkpoint(other, policy(0)).error().code, ErrorCode::bad_signature);
}

TEST(Policy, WitnessesWithoutTheLogAreNotEnough) {
    auto note = signed_by({{"regulator", 1}, {"hospital", 1}, {"phone", 1}});
    note.signatures.erase(note.signatures.begin());
    EXPECT_EQ(verify_checkpoint(note, policy(1)).error().code, ErrorCode::unknown_signer);
}

TEST(Policy, RefusesAnotherChainsCheckpoint) {
    const CheckpointSigner elsewhere("salus/other", testing::key_of("other"));
    auto checkpoint = log().checkpoint(5);
    checkpoint.origin = "salus/other";
    EXPECT_EQ(verify_checkpoint(elsewhere.sign(checkpoint), policy(0)).error().code,
              ErrorCode::wrong_chain);
}

TEST(Policy, RefusesTimesThatNoCalendarHolds) {
    auto note = signed_by({});
    constexpr std::int64_t year_10000 = 253'402'300'800;
    const auto signer = testing::cosigner("phone");
    note.signatures.push_back(signer.cosign(note.text, at_second(year_10000)));
    EXPECT_EQ(verify_checkpoint(note, policy(0)).error().code, ErrorCode::malformed);
    note.signatures.back() = signer.cosign(note.text, at_second(year_10000 - 1));
    EXPECT_TRUE(verify_checkpoint(note, policy(1)));
}

TEST(Policy, TrustFilesOutOfFormAreRefused) {
    const auto good = testing::trust({"regulator", "phone"});
    const auto refused = [](const wire::Trust& trust, std::size_t required) {
        return policy_of(trust, required).error();
    };
    auto without = good;
    without.checkpoint_key.clear();
    EXPECT_EQ(refused(without, 0).code, ErrorCode::not_found);
    EXPECT_EQ(refused(good, 3).code, ErrorCode::malformed);
    auto other_chain = good;
    other_chain.chain_id = "other";
    EXPECT_EQ(refused(other_chain, 0).code, ErrorCode::malformed);
    auto witness_as_log = good;
    witness_as_log.checkpoint_key = good.witnesses[0];
    EXPECT_EQ(refused(witness_as_log, 0).code, ErrorCode::malformed);
    auto log_as_witness = good;
    log_as_witness.witnesses[0] = good.checkpoint_key;
    EXPECT_EQ(refused(log_as_witness, 0).code, ErrorCode::malformed);
    auto twice = good;
    twice.witnesses[1] = good.witnesses[0];
    EXPECT_NE(refused(twice, 0).detail.find("shares"), std::string::npos);
    auto one_key_two_names = good;
    one_key_two_names.witnesses[1] =
        encode(Cosigner("other", testing::key_of("regulator")).verifier_key());
    EXPECT_NE(refused(one_key_two_names, 0).detail.find("shares"), std::string::npos);
    auto logs_key = good;
    logs_key.witnesses[1] = encode(Cosigner("other", testing::key_of("log")).verifier_key());
    EXPECT_NE(refused(logs_key, 0).detail.find("shares"), std::string::npos);
    auto no_key = good;
    no_key.witnesses[1] = "regulator";
    EXPECT_EQ(refused(no_key, 0).code, ErrorCode::malformed);
}

std::string read(const std::string& name) {
    std::ifstream file(std::string(SALUS_SOURCE_DIR) + "/tests/vectors/notes/" + name,
                       std::ios::binary);
    EXPECT_TRUE(file.is_open()) << name;
    std::ostringstream out;
    out << file.rdbuf();
    return out.str();
}

/// The keys that the vectors were verified under: the last witness is known to nobody.
Policy vectors_policy() {
    Policy out;
    std::istringstream lines(read("keys.txt"));
    std::string kind;
    std::string text;
    while (lines >> kind >> text) {
        auto key = decode_verifier_key(text).value();
        if (kind == "log") {
            out.log = std::move(key);
        } else {
            out.witnesses.push_back(std::move(key));
        }
    }
    out.witnesses.pop_back();
    return out;
}

// Goal: we read what Go's libraries write, and refuse what they refuse. Method: stored notes, made
// by tests/vectors/notes/main.go, which also says what each holds.
TEST(NotesOfGo, AreReadAsGoReadsThem) {
    const auto go_policy = vectors_policy();
    std::istringstream expected(read("expected.txt"));
    std::string line;
    std::size_t good = 0;
    std::size_t bad = 0;
    while (std::getline(expected, line)) {
        std::istringstream words(line);
        std::string verdict;
        std::string name;
        words >> verdict >> name;
        const auto verified = verify_checkpoint(read(name + ".note"), go_policy);
        if (verdict == "bad") {
            EXPECT_FALSE(verified) << name;
            ++bad;
            continue;
        }
        ++good;
        std::string root;
        Checkpoint want;
        std::size_t extensions = 0;
        words >> want.origin >> want.size >> root >> extensions;
        const auto note = decode_note(read(name + ".note"));
        ASSERT_TRUE(note) << name;
        const auto checkpoint = decode_checkpoint(note->text);
        ASSERT_TRUE(checkpoint) << name;
        EXPECT_EQ(checkpoint->origin, want.origin) << name;
        EXPECT_EQ(checkpoint->size, want.size) << name;
        EXPECT_EQ(base::to_hex(checkpoint->root), root) << name;
        EXPECT_EQ(checkpoint->extensions.size(), extensions) << name;
        if (extensions == 0) {
            EXPECT_EQ(verified.error().code, ErrorCode::malformed) << "it binds no header";
            continue;
        }
        ASSERT_TRUE(verified) << name << ": " << verified.error().detail;
        std::size_t witnesses = 0;
        for (std::string word; words >> word; ++witnesses) {
            const auto at = word.find('=');
            const Witnessed one{.name = word.substr(0, at),
                                .time = at_second(std::stoll(word.substr(at + 1)))};
            EXPECT_EQ(std::ranges::count(verified->witnesses, one), 1) << name << ' ' << word;
        }
        EXPECT_EQ(verified->witnesses.size(), witnesses) << name;
    }
    EXPECT_EQ(good, 6U);
    EXPECT_EQ(bad, 12U);
}

}  // namespace
}  // namespace witness
