// SPDX-License-Identifier: Apache-2.0
// Goal: a receipt of any kind has at most 4 KB on a large chain, also with a checkpoint that two
// witnesses cosigned and with the approvals of over two thirds of the miners. Method: a state of
// 300,000 entries and a history of about 1,000,000 transactions under a header that a miner alone
// sealed, or that 3 of 4 or 5 of 7 approved; every receipt is verified.
#include <gtest/gtest.h>

#include <vector>

#include "base/random.h"
#include "base/testing.h"
#include "crypto/merkle.h"
#include "crypto/merkle_testing.h"
#include "ledger/claim_testing.h"
#include "state/keys.h"
#include "state/values.h"
#include "wire/transaction.h"

namespace ledger {
namespace {

using crypto::testing::consistency_path;
using testing::ClaimState;
using testing::ClaimWorld;

constexpr std::size_t receipt_bytes_aim = 4'096;
/// Of a receipt with 5 approvals whose transaction and checkpoint stand apart; elsewhere the aim.
constexpr std::size_t with_five_approvals_max = 4'200;
constexpr std::size_t entries = 300'000;

std::vector<wire::Hash256> as_path(const std::vector<crypto::Digest32>& nodes) {
    std::vector<wire::Hash256> out;
    for (const auto& node : nodes) out.push_back({node});
    return out;
}

/// Where in the history a receipt's transaction, its block and its checkpoint stand.
struct Place {
    std::string name;
    std::size_t index;
    std::size_t size;
    std::size_t checkpoint_size;
};

/// Whose approvals a receipt carries.
struct Committee {
    std::string name;
    std::size_t miners;  ///< That its anchor names.
    std::size_t approvals;
    std::size_t bytes_max;
};
const std::vector<Committee> committees{{"alone", 7, 0, receipt_bytes_aim},
                                        {"3_of_4", 4, 3, receipt_bytes_aim},
                                        {"5_of_7", 7, 5, with_five_approvals_max}};

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
            changes[consent_key(grantee)] = state::encode(
                state::ConsentRecord{.consent = cast.consent,
                                     .from = world.chain.now - std::chrono::hours{1},
                                     .until = world.chain.now + std::chrono::hours{1},
                                     .granted_height = 100'000,
                                     .revoked_height = 0,
                                     .token_key_hash = base::draw<wire::Hash256>(random)});
        }
        changes[state::tombstone_of(testing::Chain::content_id())] =
            state::encode(state::Tombstone{.patient = cast.patient->id(),
                                           .cloud_server = cast.cloud_server->id(),
                                           .reference = cast.consent,
                                           .height = 100'000});
        states = std::make_unique<ClaimState>(world, changes);
        envelope = report_of_random_content(random);
        header.height = 1'000'000;
        header.history_size = 1'000'000;
        random.fill(header.previous_hash.bytes);
        random.fill(header.transactions_root.bytes);
    }
    /// Nothing in it repeats or is empty, as in the tests' plain report.
    [[nodiscard]] base::Bytes report_of_random_content(base::Random& random) {
        auto report = world.chain.report(world.cast);
        for (auto* hash : {&report.header_hash, &report.content_hash, &report.readings_root}) {
            random.fill(hash->bytes);
        }
        random.fill(report.patient_token.bytes);
        random.fill(std::span(report.content_id.bytes).subspan(4));
        return world.chain.sign(world.chain.body(world.cast.cloud_server, report),
                                {world.cast.cloud_server, world.cast.doctor});
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
    /// Of `size` transactions, one of which is the receipt's.
    [[nodiscard]] std::vector<crypto::Digest32> history(std::size_t size, std::size_t mine) const {
        base::SeededRandom random(size);
        std::vector<crypto::Digest32> leaves(size);
        for (auto& leaf : leaves) random.fill(leaf);
        leaves[mine] = crypto::merkle_leaf(envelope);
        return leaves;
    }
    /// A checkpoint, cosigned by two witnesses.
    [[nodiscard]] std::string cosigned(const wire::Header& of) const {
        auto note = world.log().sign(witness::checkpoint_of(of, wire::hash_of_header(encode(of))));
        for (const auto* name : {"regulator", "phone"}) {
            note.signatures.push_back(
                ClaimWorld::cosigner(name).cosign(note.text, world.chain.now));
        }
        return encode(note);
    }
    /// Of the compact form, once the receipt is verified with its witnesses and its approvals.
    [[nodiscard]] std::size_t size_of(const wire::Claim& plain, const std::string& name,
                                      const Committee& committee) const {
        auto trust = world.trust_with_witnesses();
        trust.miners.resize(committee.miners);
        const auto claim = world.approved(plain, committee.approvals);
        const auto verdict = verify_claim(claim, trust);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
        EXPECT_EQ(verdict.witnesses.size(), 2U);
        EXPECT_EQ(verdict.agreed, committee.approvals > 0);
        const auto bytes = wire::encode(claim);
        EXPECT_EQ(wire::decode_claim(bytes).value(), claim);
        RecordProperty(name + "_" + committee.name + "_bytes", static_cast<int>(bytes.size()));
        return bytes.size();
    }
    void expect_small(const wire::Claim& claim, const std::string& name) const {
        for (const auto& committee : committees) {
            EXPECT_LE(size_of(claim, name, committee), committee.bytes_max)
                << name << ", " << committee.name;
        }
    }
    void expect_small(wire::Fact fact, const std::string& name) const {
        auto claim = states->claim(std::move(fact), header);
        claim.checkpoint = wire::CheckpointLink{
            .note = cosigned(wire::decode_header(claim.header).value()), .path = {}};
        expect_small(claim, name);
    }

    ClaimWorld world{{.miners = 7}};
    std::unique_ptr<ClaimState> states;
    base::Bytes envelope;
    wire::Header header;
};

// A block holds up to 2,000 transactions, and its checkpoint may be of a later one.
TEST_F(ClaimSize, OfAReportHasAtMostFourKilobytesWhereverItStands) {
    const auto& cast = world.cast;
    wire::ProvenTransaction fact{.envelope = envelope,
                                 .history_index = 0,
                                 .history_path = {},
                                 .signers = {prove(state::key_of(cast.cloud_server->id())),
                                             prove(state::key_of(cast.doctor->id()))},
                                 .patient_leaf = prove(state::patient_of(cast.patient->id())),
                                 .consent = prove(consent_key(cast.doctor->id()))};
    std::vector<Place> places{{"alone_in_its_block", 999'999, 1'000'000, 1'000'000},
                              {"before_a_later_checkpoint", 999'999, 1'000'000, 1'003'000},
                              {"first_of_2000", 998'000, 1'000'000, 1'003'000},
                              {"at_the_end_of_a_full_tree", 1'048'574, 1'048'575, 1'050'000},
                              {"behind_a_full_tree", 1'048'576, 1'048'577, 1'050'000},
                              {"in_the_middle", 500'000, 1'000'000, 1'000'000}};
    if (base::testing::sanitized) places.resize(1);  // each takes a million hashes
    for (const auto& place : places) {
        const auto leaves = history(place.checkpoint_size, place.index);
        const auto begin = std::span(leaves).first(place.size);
        header.history_size = place.size;
        header.history_root.bytes = crypto::merkle_root(begin);
        fact.history_index = place.index;
        fact.history_path = as_path(crypto::merkle_path(begin, place.index));
        auto claim = states->claim(fact, header);
        auto later = wire::decode_header(claim.header).value();
        if (place.checkpoint_size > place.size) later.height += 2'000;
        later.history_size = place.checkpoint_size;
        later.history_root.bytes = crypto::merkle_root(leaves);
        claim.checkpoint = wire::CheckpointLink{
            .note = cosigned(later), .path = as_path(consistency_path(place.size, leaves))};
        expect_small(claim, place.name);
    }
}

TEST_F(ClaimSize, OfTheStateHasAtMostFourKilobytes) {
    const auto& cast = world.cast;
    const auto leaf = prove(state::patient_of(cast.patient->id()));
    expect_small(
        wire::ProvenConsent{.patient_leaf = leaf, .consent = prove(consent_key(cast.doctor->id()))},
        "consent");
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
    expect_small(none, "no_consent");
    expect_small(wire::ProvenKeyDestroyed{.content_id = testing::Chain::content_id(),
                                          .tombstone = prove(
                                              state::tombstone_of(testing::Chain::content_id()))},
                 "key_destroyed");
}

}  // namespace
}  // namespace ledger
