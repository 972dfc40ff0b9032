// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt of any kind has at most 4 KB on a large chain. Method: a state of 200,000 entries
// and a history of 1,000,000 transactions under a header of one of 100 miners, every receipt
// verified.
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "crypto/merkle.h"
#include "ledger/claim_testing.h"
#include "state/keys.h"
#include "state/values.h"
#include "wire/transaction.h"

namespace ledger {
namespace {

using testing::ClaimState;
using testing::ClaimWorld;

constexpr std::size_t receipt_bytes_aim = 4'096;
constexpr std::size_t transactions = 1'000'000;
constexpr std::size_t entries = 200'000;
constexpr std::size_t mine = 500'000;

class ClaimSize : public ::testing::Test {
protected:
    void SetUp() override {
        base::SeededRandom random(9);
        const auto& cast = world.cast;
        state::Changes changes;
        for (std::size_t i = 0; i < entries; ++i) {
            changes[state::sequence_of(base::draw<wire::LedgerId>(random))] = base::Bytes{1};
        }
        for (const auto& person : {cast.cloud_server, cast.doctor, cast.patient}) {
            changes[state::key_of(person->id())] =
                state::encode(state::KeyRecord{.role = person->role(),
                                               .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                                               .public_key = person->public_key(),
                                               .custody = wire::Custody::node,
                                               .valid_from = 100});
        }
        for (int i = 0; i < 20; ++i) {
            const auto grantee = i == 0 ? cast.doctor->id() : base::draw<wire::LedgerId>(random);
            changes[consent_key(grantee)] =
                state::encode(state::ConsentRecord{.consent = cast.consent,
                                                   .from = world.chain.now - std::chrono::hours{1},
                                                   .until = world.chain.now + std::chrono::hours{1},
                                                   .granted_height = 100'000,
                                                   .revoked_height = 0,
                                                   .token_key_hash = cast.consent});
        }
        changes[state::tombstone_of(testing::Chain::content_id())] =
            state::encode(state::Tombstone{.patient = cast.patient->id(),
                                           .cloud_server = cast.cloud_server->id(),
                                           .reference = cast.consent,
                                           .height = 100'000});
        states = std::make_unique<ClaimState>(world, changes);
        envelope = world.chain.signed_report(cast);
        leaves.resize(transactions);
        for (auto& leaf : leaves) random.fill(leaf);
        leaves[mine] = crypto::merkle_leaf(envelope);
        header.height = 200'000;
        header.history_size = transactions;
        header.history_root.bytes = crypto::merkle_root(leaves);
    }
    [[nodiscard]] base::Bytes consent_key(const wire::LedgerId& reader) const {
        return state::consent_of({.patient = world.cast.patient->id(),
                                  .grantee = reader,
                                  .category = wire::Category::vital_signs,
                                  .purpose = wire::Purpose::treatment});
    }
    [[nodiscard]] wire::StateProof prove(const base::Bytes& key) const {
        return states->tree().prove(key, 1).value();
    }
    /// The receipt, verified; then with a checkpoint of its block that two witnesses cosigned.
    [[nodiscard]] std::pair<std::size_t, std::size_t> sizes_of(wire::Fact fact) const {
        const auto trust = world.trust_with_witnesses();
        auto claim = states->claim(std::move(fact), header);
        EXPECT_EQ(verify_claim(claim, trust).status, ClaimStatus::verified)
            << verify_claim(claim, trust).words;
        const auto alone = wire::encode(claim).size();
        auto note = world.log().sign(witness::checkpoint_of(
            wire::decode_header(claim.header).value(), wire::hash_of_header(claim.header)));
        for (const auto* name : {"regulator", "phone"}) {
            note.signatures.push_back(
                ClaimWorld::cosigner(name).cosign(note.text, world.chain.now));
        }
        claim.checkpoint = wire::CheckpointLink{.note = encode(note), .path = {}};
        EXPECT_EQ(verify_claim(claim, trust).witnesses.size(), 2U);
        const auto name = std::string(wire::name_of(claim.fact));
        RecordProperty(name + "_bytes", static_cast<int>(alone));
        RecordProperty(name + "_witnessed_bytes", static_cast<int>(wire::encode(claim).size()));
        return {alone, wire::encode(claim).size()};
    }

    ClaimWorld world{{.miners = 100}};
    std::unique_ptr<ClaimState> states;
    base::Bytes envelope;
    std::vector<crypto::Digest32> leaves;
    wire::Header header;
};

TEST_F(ClaimSize, OfATransactionHasAtMostFourKilobytes) {
    const auto& cast = world.cast;
    wire::ProvenTransaction fact{.envelope = envelope,
                                 .history_index = mine,
                                 .history_path = {},
                                 .signers = {prove(state::key_of(cast.cloud_server->id())),
                                             prove(state::key_of(cast.doctor->id()))},
                                 .patient_leaf = prove(state::patient_of(cast.patient->id())),
                                 .consent = prove(consent_key(cast.doctor->id()))};
    for (const auto& node : crypto::merkle_path(leaves, mine)) fact.history_path.push_back({node});
    EXPECT_LE(sizes_of(fact).first, receipt_bytes_aim);
}

TEST_F(ClaimSize, OfTheStateHasAtMostFourKilobytesAlsoWitnessed) {
    const auto& cast = world.cast;
    const auto leaf = prove(state::patient_of(cast.patient->id()));
    EXPECT_LE(sizes_of(wire::ProvenConsent{.patient_leaf = leaf,
                                           .consent = prove(consent_key(cast.doctor->id()))})
                  .second,
              receipt_bytes_aim);
    wire::ProvenNoConsent none{.patient = cast.patient->id(),
                               .category = wire::Category::vital_signs,
                               .purpose = wire::Purpose::treatment,
                               .patient_leaf = leaf,
                               .patient_absence = {},
                               .readers = {}};
    std::vector<wire::LedgerId> readers{world.stranger->id(), world.chain.admin->id(),
                                        world.other_patient->id()};
    std::ranges::sort(readers);
    for (const auto& reader : readers) {
        none.readers.push_back(
            {.id = reader,
             .absence = states->tree().prove_absence(consent_key(reader), 1).value().reached,
             .record = {}});
    }
    EXPECT_LE(sizes_of(none).second, receipt_bytes_aim);
    EXPECT_LE(sizes_of(wire::ProvenKeyDestroyed{
                           .content_id = testing::Chain::content_id(),
                           .tombstone = prove(state::tombstone_of(testing::Chain::content_id()))})
                  .second,
              receipt_bytes_aim);
}

}  // namespace
}  // namespace ledger
