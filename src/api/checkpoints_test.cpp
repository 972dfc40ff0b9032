// SPDX-License-Identifier: Apache-2.0
// Checkpoints over HTTP: what a witness and a verifier without a login get and give.
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "api/internal/test_node.h"
#include "crypto/merkle.h"
#include "wire/block.h"
#include "wire/claim.h"
#include "witness/witness.h"

namespace api::testing {
namespace {

class CheckpointsTest : public ::testing::Test {
protected:
    std::string note(std::size_t witnesses = 0) {
        const auto response =
            node_.get("", "/api/v1/ledger/checkpoint?witnesses=" + std::to_string(witnesses));
        EXPECT_EQ(response.status, 200U) << response.body;
        EXPECT_EQ(response.content_type, "text/plain; charset=utf-8");
        return response.body;
    }
    witness::Policy policy() {
        return {.log = node_.parts().checkpoints->log_key(),
                .witnesses = {make_witness().verifier_key()},
                .required = 0};
    }
    witness::VerifiedCheckpoint verified(const std::string& text) {
        return witness::verify_checkpoint(text, policy()).value();
    }
    Response hand_in(const std::string& text) {
        return node_.post("", "/api/v1/ledger/cosignatures",
                          boost::json::serialize(boost::json::object{{"note", text}}));
    }
    std::string cosigned(const std::string& text) {
        auto out = witness::decode_note(text).value();
        out.signatures.push_back(make_witness().cosign(out.text, node_.clock.now()));
        return encode(out);
    }
    TestNode node_;
};

// Goal: a witness that knows nobody here can do its work. Method: it takes one checkpoint, the
// chain grows, and it asks for the proof between them.
TEST_F(CheckpointsTest, AWitnessWithoutALoginFollowsTheLogAndIsHeard) {
    const std::filesystem::path folder = ::testing::TempDir() + "/salus-api-witness";
    std::filesystem::remove_all(folder);
    auto phone = witness::Witness::open(folder, make_witness(), node_.clock).value();
    ASSERT_TRUE(phone.watch(policy().log));
    const auto first = note();
    ASSERT_TRUE(phone.cosign(first, std::nullopt)->cosigned);

    node_.grant("ben", "may");
    node_.clock.advance(witness::CheckpointPublisher::interval);
    ASSERT_TRUE(node_.parts().checkpoints->publish());
    const auto second = note();
    const auto from = verified(first).size;
    const auto to = verified(second).size;
    ASSERT_GT(to, from);
    const auto proof = node_.get("", "/api/v1/ledger/consistency?from=" + std::to_string(from) +
                                         "&to=" + std::to_string(to));
    ASSERT_EQ(proof.status, 200U);
    const auto outcome = phone.cosign(second, witness::decode_proof(proof.body).value()).value();
    ASSERT_TRUE(outcome.cosigned);
    EXPECT_EQ(node_.get("", "/api/v1/ledger/checkpoint?witnesses=1").status, 404U);
    const auto handed_in = hand_in(encode(*outcome.cosigned));
    EXPECT_EQ(handed_in.status, 200U) << handed_in.body;
    EXPECT_EQ(note(1), handed_in.body);
    EXPECT_EQ(verified(note(1)).witnesses[0].name, "phone-of-ana");
    std::filesystem::remove_all(folder);
}

// Goal: a receipt brings its witnesses along. Method: the same receipt before and after one has
// cosigned, and one of a block that no cosigned checkpoint reaches.
TEST_F(CheckpointsTest, AReceiptHoldsTheNewestCheckpointThatAWitnessCosigned) {
    const auto receipt = [&](const std::string& target, std::string_view as) {
        const auto response = node_.get(as, target);
        EXPECT_EQ(response.status, 200U) << response.body;
        return wire::claim_from_json(response.body).value();
    };
    const auto grants = node_.service().parts.read_model.consents_of(node_.person("ana").id);
    const auto of_grant = "/api/v1/ledger/transactions/" +
                          base::to_hex(grants->front().transaction.view()) + "/receipt";
    const auto of_consent = "/api/v1/receipts/consent?patient=" + node_.id("ana") +
                            "&reader=" + node_.id("lee") +
                            "&category=vital_signs&purpose=treatment";
    node_.grant("ben", "may");
    node_.clock.advance(witness::CheckpointPublisher::interval);
    ASSERT_TRUE(node_.parts().checkpoints->publish());
    EXPECT_FALSE(receipt(of_grant, "ana").checkpoint) << "nobody has cosigned yet";
    ASSERT_EQ(hand_in(cosigned(note())).status, 200U);
    const auto witnessed = receipt(of_grant, "ana");
    ASSERT_TRUE(witnessed.checkpoint);
    EXPECT_EQ(verified(witnessed.checkpoint->note).witnesses.size(), 1U);
    const auto header = wire::decode_header(witnessed.header).value();
    const auto found = verified(witnessed.checkpoint->note);
    ASSERT_GT(found.size, header.history_size);
    std::vector<crypto::Digest32> path;
    for (const auto& hash : witnessed.checkpoint->path) path.push_back(hash.bytes);
    EXPECT_TRUE(crypto::verify_merkle_consistency(header.history_size, header.history_root.bytes,
                                                  found.size, found.root.bytes, path));
    EXPECT_TRUE(receipt(of_consent, "ana").checkpoint) << "of the checkpoint's own block";

    node_.grant("ben", "lee");
    EXPECT_FALSE(receipt(of_consent, "ana").checkpoint)
        << "a checkpoint says nothing of later state";
    EXPECT_TRUE(
        receipt(of_consent + "&height=" + std::to_string(found.header.height), "ana").checkpoint);
}

TEST_F(CheckpointsTest, RefusesCosignaturesThatDoNotCount) {
    const auto text = note();
    EXPECT_EQ(hand_in("x").status, 400U);
    EXPECT_EQ(hand_in(text).status, 403U) << "nobody has cosigned";
    auto stranger = witness::decode_note(text).value();
    stranger.signatures.push_back(
        witness::Cosigner("stranger", crypto::Ed25519PrivateKey::generate())
            .cosign(stranger.text, node_.clock.now()));
    EXPECT_EQ(hand_in(encode(stranger)).status, 403U);
    auto broken = witness::decode_note(cosigned(text)).value();
    broken.signatures.back().bytes.back() ^= 1;
    EXPECT_EQ(hand_in(encode(broken)).status, 422U);
    EXPECT_EQ(hand_in(cosigned(text)).status, 200U);
}

TEST_F(CheckpointsTest, RefusesQuestionsOutOfForm) {
    for (const char* target :
         {"checkpoint?witnesses=x", "checkpoint?size=1", "consistency", "consistency?from=1",
          "consistency?from=-1&to=2", "consistency?from=1&to=2&x=3"}) {
        EXPECT_EQ(node_.get("", "/api/v1/ledger/" + std::string(target)).status, 400U) << target;
    }
    EXPECT_EQ(node_.get("", "/api/v1/ledger/consistency?from=2&to=1").status, 404U);
    EXPECT_EQ(node_.get("", "/api/v1/ledger/consistency?from=1&to=99999").status, 404U);
    EXPECT_EQ(node_.get("", "/api/v1/ledger/checkpoint?witnesses=2").status, 404U);
}

}  // namespace
}  // namespace api::testing
