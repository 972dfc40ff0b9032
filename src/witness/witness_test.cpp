// SPDX-License-Identifier: Apache-2.0
#include "witness/witness.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "storage/files.h"
#include "witness/internal/test_log.h"
#include "witness/key_file.h"

namespace witness {
namespace {

using base::ErrorCode;
using testing::at_second;
using testing::TestLog;

class WitnessTest : public ::testing::Test {
protected:
    WitnessTest() {
        std::filesystem::remove_all(folder_);
        witness_.emplace(opened());
        EXPECT_TRUE(witness_->watch(testing::log_signer().verifier_key()));
    }
    ~WitnessTest() override { std::filesystem::remove_all(folder_); }

    Witness opened() { return Witness::open(folder_, testing::cosigner("phone"), clock_).value(); }
    Witness::Outcome cosign(const std::string& note,
                            const std::optional<ConsistencyProof>& proof = std::nullopt) {
        return witness_->cosign(note, proof).value();
    }
    /// The reason for a refusal; fails the test if it was cosigned.
    Refused refusal(const std::string& note,
                    const std::optional<ConsistencyProof>& proof = std::nullopt) {
        const auto outcome = cosign(note, proof);
        EXPECT_FALSE(outcome.cosigned);
        return outcome.refused.value_or(Refused{});
    }

    std::filesystem::path folder_ =
        std::filesystem::temp_directory_path() /
        ("salus-witness-" +
         std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()));
    base::ManualClock clock_{at_second(1'700'000'000)};
    std::optional<Witness> witness_;
    TestLog log_{20};
};

// Method: every pair of sizes of one log, each with its proof.
TEST_F(WitnessTest, CosignsWhatBeginsWithWhatItCosignedBefore) {
    const auto policy = policy_of(testing::trust({"phone"}), 1).value();
    for (std::uint64_t from = 1; from <= 9; ++from) {
        for (std::uint64_t to = from; to <= 9; ++to) {
            std::filesystem::remove_all(folder_);
            witness_.emplace(opened());
            ASSERT_TRUE(witness_->watch(testing::log_signer().verifier_key()));
            ASSERT_TRUE(cosign(log_.note(from)).cosigned);
            const auto outcome = cosign(log_.note(to), log_.proof(from, to));
            ASSERT_TRUE(outcome.cosigned) << from << ' ' << to;
            const auto verified = verify_checkpoint(encode(*outcome.cosigned), policy);
            ASSERT_TRUE(verified);
            EXPECT_EQ(verified->size, to);
            EXPECT_EQ(verified->witnesses[0].time, clock_.now());
        }
    }
}

TEST_F(WitnessTest, RefusesARollbackAndNamesBothCheckpoints) {
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    const auto refused = refusal(log_.note(5), log_.proof(5, 9));
    EXPECT_EQ(refused.reason, Refusal::rollback);
    EXPECT_NE(refused.words.find(words_of(log_.checkpoint(9))), std::string::npos);
    EXPECT_NE(refused.words.find(words_of(log_.checkpoint(5))), std::string::npos);
    EXPECT_EQ(witness_->size_of(origin_of(testing::chain_id)).value(), 9U);
}

// Goal: a log that shows two histories of one size is caught, with the proof in hand.
TEST_F(WitnessTest, RefusesAForkAndHandsOutTheOtherNote) {
    const TestLog other(20, "two", 7);
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    const auto refused = refusal(other.note(9));
    EXPECT_EQ(refused.reason, Refusal::fork);
    EXPECT_NE(refused.words.find(words_of(log_.checkpoint(9))), std::string::npos);
    EXPECT_NE(refused.words.find(words_of(other.checkpoint(9))), std::string::npos);
    ASSERT_TRUE(refused.cosigned_before);
    const auto log_key = testing::log_signer().verifier_key();
    EXPECT_TRUE(verify_log_signature(decode_note(*refused.cosigned_before).value(), log_key));
    EXPECT_TRUE(verify_log_signature(decode_note(other.note(9)).value(), log_key));
}

// Method: a history rewritten below what was cosigned, for every size, with its own honest proof.
TEST_F(WitnessTest, RefusesALargerLogWithARewrittenPast) {
    const TestLog other(20, "two", 7);
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    for (std::uint64_t to = 10; to <= 20; ++to) {
        const auto refused = refusal(other.note(to), other.proof(9, to));
        EXPECT_EQ(refused.reason, Refusal::not_consistent) << to;
        EXPECT_NE(refused.words.find(words_of(other.checkpoint(to))), std::string::npos);
    }
    const TestLog appended(20, "two", 9);
    EXPECT_TRUE(cosign(appended.note(20), appended.proof(9, 20)).cosigned)
        << "what comes after the cosigned size is the log's to append";
}

TEST_F(WitnessTest, RefusesProofsThatAreNotTheOnesNeeded) {
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    auto altered = log_.proof(9, 15);
    altered.path[1][0] ^= 1;
    auto longer = log_.proof(9, 15);
    longer.path.push_back(longer.path[0]);
    auto shorter = log_.proof(9, 15);
    shorter.path.pop_back();
    auto other_size = log_.proof(9, 15);
    other_size.old_size = 8;
    const std::pair<const char*, std::optional<ConsistencyProof>> bad[] = {
        {"none", std::nullopt},
        {"altered", altered},
        {"longer", longer},
        {"shorter", shorter},
        {"other size", other_size},
        {"from an older size", log_.proof(8, 15)},
        {"to another", log_.proof(9, 16)}};
    for (const auto& [name, proof] : bad) {
        EXPECT_EQ(refusal(log_.note(15), proof).reason, Refusal::not_consistent) << name;
    }
    EXPECT_EQ(refusal(log_.note(9), log_.proof(9, 15)).reason, Refusal::not_consistent);
    EXPECT_TRUE(cosign(log_.note(15), log_.proof(9, 15)).cosigned);
}

TEST_F(WitnessTest, RefusesWhatTheLogHasNotSigned) {
    auto note = decode_note(log_.note(5)).value();
    note.signatures[0].bytes[3] ^= 1;
    EXPECT_EQ(refusal(encode(note)).reason, Refusal::not_signed);
    const CheckpointSigner impostor(origin_of(testing::chain_id), testing::key_of("impostor"));
    EXPECT_EQ(refusal(encode(impostor.sign(log_.checkpoint(5)))).reason, Refusal::not_signed);
    auto elsewhere = log_.checkpoint(5);
    elsewhere.origin = "salus/elsewhere";
    const CheckpointSigner other("salus/elsewhere", testing::key_of("log"));
    EXPECT_EQ(refusal(encode(other.sign(elsewhere))).reason, Refusal::unknown_log);
    EXPECT_EQ(refusal("no note").reason, Refusal::malformed);
    Note no_checkpoint = decode_note(log_.note(5)).value();
    no_checkpoint.text = "salus/test-chain\n";
    EXPECT_EQ(refusal(encode(no_checkpoint)).reason, Refusal::malformed);
    EXPECT_EQ(witness_->size_of(origin_of(testing::chain_id)).value(), 0U);
}

// Goal: what was cosigned outlives the process. Method: open the folder again.
TEST_F(WitnessTest, RemembersAcrossARestart) {
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    witness_.emplace(opened());
    EXPECT_EQ(witness_->size_of(origin_of(testing::chain_id)).value(), 9U);
    EXPECT_EQ(refusal(log_.note(8)).reason, Refusal::rollback);
    EXPECT_EQ(refusal(TestLog(20, "two").note(9)).reason, Refusal::fork);
    EXPECT_TRUE(cosign(log_.note(12), log_.proof(9, 12)).cosigned);
}

// Goal: damage is never taken for a first meeting. Method: alter and cut the file that is kept.
TEST_F(WitnessTest, ADamagedMemoryIsRefusedAndNotForgotten) {
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    std::filesystem::path kept;
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        if (file.path().extension() == ".note") kept = file.path();
    }
    const auto whole = storage::read_file(kept, note_bytes_max).value();
    for (std::size_t cut = 0; cut < whole.size(); cut += 7) {
        ASSERT_TRUE(storage::write_file_synced(kept, base::ByteView(whole).first(cut)));
        const auto outcome = witness_->cosign(log_.note(12), log_.proof(9, 12));
        ASSERT_FALSE(outcome) << cut;
        EXPECT_EQ(outcome.error().code, ErrorCode::corrupted) << cut;
    }
    for (std::size_t at = 0; at < whole.size(); at += 5) {
        auto altered = whole;
        altered[at] ^= 1;
        ASSERT_TRUE(storage::write_file_synced(kept, altered));
        EXPECT_FALSE(witness_->cosign(log_.note(12), log_.proof(9, 12))) << at;
    }
}

TEST_F(WitnessTest, CosignsTheSameCheckpointAgainAtALaterTime) {
    const auto first = cosign(log_.note(9));
    ASSERT_TRUE(first.cosigned);
    clock_.advance(std::chrono::hours{1});
    const auto second = cosign(encode(*first.cosigned));
    ASSERT_TRUE(second.cosigned);
    EXPECT_EQ(second.cosigned->signatures.size(), 2U) << "its older cosignature is replaced";
    EXPECT_NE(second.cosigned->signatures[1], first.cosigned->signatures[1]);
}

TEST_F(WitnessTest, DoesNotSignWhileItsClockIsBehind) {
    ASSERT_TRUE(cosign(log_.note(9)).cosigned);
    clock_.set(at_second(1'699'999'999));
    const auto outcome = witness_->cosign(log_.note(12), log_.proof(9, 12));
    ASSERT_FALSE(outcome);
    EXPECT_EQ(outcome.error().code, ErrorCode::unavailable);
    EXPECT_EQ(witness_->size_of(origin_of(testing::chain_id)).value(), 9U);
}

TEST_F(WitnessTest, AnotherKeyForAWatchedLogIsAConflict) {
    EXPECT_TRUE(witness_->watch(testing::log_signer().verifier_key()));
    const CheckpointSigner impostor(origin_of(testing::chain_id), testing::key_of("impostor"));
    EXPECT_EQ(witness_->watch(impostor.verifier_key()).error().code, ErrorCode::conflict);
    EXPECT_EQ(witness_->watch(testing::cosigner("phone").verifier_key()).error().code,
              ErrorCode::malformed);
    EXPECT_EQ(witness_->size_of("salus/elsewhere").error().code, ErrorCode::not_found);
}

// Source of the text: c2sp.org/tlog-witness.
TEST(ConsistencyProof, IsTheTextOfItsSpecification) {
    const std::string text =
        "old 20852014\n"
        "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
        "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n";
    const auto proof = decode_proof(text);
    ASSERT_TRUE(proof);
    EXPECT_EQ(proof->old_size, 20852014U);
    EXPECT_EQ(proof->path.size(), 2U);
    EXPECT_EQ(encode(*proof), text);
    EXPECT_EQ(decode_proof("old 0\n").value(), ConsistencyProof{});
}

TEST(ConsistencyProof, RefusesWhatIsOutOfForm) {
    const std::string hash = "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n";
    std::string long_proof = "old 5\n";
    for (std::size_t i = 0; i <= proof_lines_max; ++i) long_proof += hash;
    const std::pair<const char*, std::string> bad[] = {
        {"empty", ""},
        {"no newline", "old 5"},
        {"no number", "old \n"},
        {"leading zero", "old 05\n"},
        {"another word", "new 5\n"},
        {"31 bytes", "old 5\nq6urq6urq6urq6urq6urq6urq6urq6urq6urq6urqw==\n"},
        {"empty line", "old 5\n" + hash + "\n"},
        {"does not end", "old 5\n" + hash.substr(0, hash.size() - 1)},
    };
    for (const auto& [name, text] : bad) {
        const auto decoded = decode_proof(text);
        ASSERT_FALSE(decoded) << name;
        EXPECT_EQ(decoded.error().code, ErrorCode::malformed) << name;
    }
    EXPECT_EQ(decode_proof(long_proof).error().code, ErrorCode::too_large);
}

TEST_F(WitnessTest, KeyFilesAreForTheirOwnerAlone) {
    const auto file = folder_ / "witness.pem";
    const auto key = create_key_file(file, "secret");
    ASSERT_TRUE(key);
    EXPECT_EQ(read_key_file(file, "secret").value().public_key(), key->public_key());
    EXPECT_EQ(create_key_file(file, "secret").error().code, ErrorCode::conflict);
    EXPECT_EQ(read_key_file(file, "other").error().code, ErrorCode::corrupted);
    EXPECT_EQ(read_key_file(folder_ / "none.pem", "secret").error().code, ErrorCode::not_found);
    std::filesystem::permissions(file, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    EXPECT_EQ(read_key_file(file, "secret").error().code, ErrorCode::not_authorised);
}

}  // namespace
}  // namespace witness
