// SPDX-License-Identifier: Apache-2.0
// For tests: receipts of a chain in memory, its anchor, and those who approve and witness its
// blocks.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "chain/queries.h"
#include "crypto/signature_verifier.h"
#include "ledger/claims.h"
#include "ledger/testing.h"
#include "ledger/verify_claim.h"
#include "state/keys.h"
#include "storage/memory_store.h"
#include "witness/checkpoint.h"
#include "witness/signer.h"

namespace ledger::testing {

inline crypto::Ed25519PrivateKey witness_key(std::string_view name) {
    return crypto::Ed25519PrivateKey::from_seed(crypto::sha256(base::as_bytes(name)));
}

/// A chain whose miners approve, with a checkpoint key and two witnesses that its anchor names.
class ClaimWorld {
public:
    explicit ClaimWorld(ChainOptions options = {.miners = 4}) : chain(std::move(options)) {
        cast = chain.cast();
        other_patient = chain.enrolled(wire::Role::patient);
        stranger = chain.enrolled(wire::Role::doctor);
    }

    [[nodiscard]] wire::Trust trust() const {
        wire::Trust out{.chain_id = chain.genesis().chain_id,
                        .genesis_hash = wire::hash_of(chain.genesis()),
                        .miners = {}};
        for (const auto& miner : chain.miners) {
            out.miners.push_back({.id = miner->id(), .public_key = miner->public_key()});
        }
        return out;
    }
    /// The same, with the keys of the log and of the witnesses.
    [[nodiscard]] wire::Trust trust_with_witnesses() const {
        auto out = trust();
        out.checkpoint_key = encode(log().verifier_key());
        for (const auto* name : {"regulator", "phone"}) {
            out.witnesses.push_back(encode(cosigner(name).verifier_key()));
        }
        return out;
    }

    [[nodiscard]] wire::Claim receipt_of(base::ByteView envelope) const {
        const auto tx = wire::decode_transaction(envelope).value();
        return wire::decode_claim(
                   chain.app->query(chain::path::receipt, wire::id_of(tx).view()).value())
            .value();
    }
    [[nodiscard]] base::Result<wire::Claim> ask(const chain::ClaimQuestion& question) const {
        const auto answer = chain.app->query(chain::path::claim, chain::encoding::encode(question));
        if (!answer) return base::pass(answer);
        return wire::decode_claim(*answer);
    }
    [[nodiscard]] chain::ClaimQuestion consent_question(const Person& reader) const {
        return {.kind = chain::ClaimKind::consent,
                .patient = cast.patient->id(),
                .readers = {reader->id()},
                .content_id = {}};
    }
    [[nodiscard]] chain::ClaimQuestion no_consent_question(
        std::vector<wire::LedgerId> readers) const {
        return {.kind = chain::ClaimKind::no_consent,
                .patient = cast.patient->id(),
                .readers = std::move(readers),
                .content_id = {}};
    }

    /// The claim's header, sealed by its miner anew, with approvals of so many miners.
    [[nodiscard]] wire::Claim approved(wire::Claim claim, std::size_t approvals) const {
        const auto header = wire::decode_header(claim.header).value();
        auto seal = wire::decode_seal(claim.seal).value();
        for (const auto& miner : chain.miners) {
            if (miner->id() == header.miner) {
                seal.signature = miner->sign(wire::sealed_message(claim.header, seal)).value();
            }
        }
        seal.approvals.clear();
        for (std::size_t i = 0; i < approvals; ++i) {
            const auto& miner = chain.miners[i];
            seal.approvals.push_back(
                {miner->id(), miner->sign(wire::approval_message(claim.header, seal)).value()});
        }
        claim.seal = encode(seal);
        return claim;
    }

    [[nodiscard]] witness::CheckpointSigner log() const {
        return {witness::origin_of(chain.genesis().chain_id), witness_key("log")};
    }
    [[nodiscard]] static witness::Cosigner cosigner(const std::string& name) {
        return {name, witness_key(name)};
    }
    /// Of the block at `height`, cosigned by those named at `time`.
    [[nodiscard]] std::string note(wire::Height height, const std::vector<std::string>& witnesses,
                                   base::TimePoint time) const {
        const auto block = chain.app->blocks().block(height).value();
        auto out = log().sign(
            witness::checkpoint_of(block.header, wire::hash_of_header(block.header_bytes)));
        for (const auto& name : witnesses) {
            out.signatures.push_back(cosigner(name).cosign(out.text, time));
        }
        return encode(out);
    }
    /// With the checkpoint of `height`, cosigned by both witnesses.
    [[nodiscard]] wire::Claim witnessed(wire::Claim claim, wire::Height height) {
        const auto tree = state::StateTree::open(chain.store).value();
        const auto history = HistoryLog::open(chain.store).value();
        const ClaimBuilder builder({chain.app->blocks(), *tree, *history});
        const auto added = builder.attach(claim, note(height, {"regulator", "phone"}, chain.now));
        CHECK(added.has_value());
        return claim;
    }

    Chain chain;
    Chain::Cast cast;
    Person other_patient;  ///< Has never granted anything.
    Person stranger;       ///< A doctor to whom nobody has granted anything.
};

/// A tree of state of its own, with a header over it that a miner of `world` seals: for states that
/// no short chain comes to.
class ClaimState {
public:
    /// Borrows `world`.
    ClaimState(const ClaimWorld& world, const state::Changes& changes) : world_(world) {
        tree_ = state::StateTree::open(store_).value();
        storage::WriteBatch batch;
        CHECK(tree_->stage(1, changes, batch).has_value());
        CHECK(store_.write(batch).has_value());
        tree_->adopt();
    }
    [[nodiscard]] const state::StateTree& tree() const { return *tree_; }
    [[nodiscard]] wire::Claim claim(wire::Fact fact, wire::Header header = {}) const {
        header.chain_id = world_.chain.genesis().chain_id;
        header.height = header.height == 0 ? 7 : header.height;
        header.state_root = tree_->root();
        header.history_size = header.history_size == 0 ? 1 : header.history_size;
        header.time = world_.chain.now;
        header.miner = world_.chain.miners.front()->id();
        wire::Claim out{.header = encode(header),
                        .seal = encode(wire::Seal{}),
                        .fact = std::move(fact),
                        .checkpoint = {}};
        return world_.approved(std::move(out), 0);
    }

private:
    const ClaimWorld& world_;
    storage::MemoryStore store_;
    std::unique_ptr<state::StateTree> tree_;
};

/// Asks the verifier and expects a verdict.
class VerifyClaim : public ::testing::Test {
protected:
    void expect_failure(const wire::Claim& claim, std::string_view step,
                        base::ErrorCode code) const {
        expect_failure(claim, trust, step, code);
    }
    static void expect_failure(const wire::Claim& claim, const std::optional<wire::Trust>& anchor,
                               std::string_view step, base::ErrorCode code) {
        const auto verdict = verify_claim(claim, anchor);
        expect_same_at_once(claim, anchor, verdict);
        EXPECT_EQ(verdict.status, ClaimStatus::failed) << verdict.words;
        EXPECT_EQ(verdict.steps.back().name, step) << verdict.words;
        EXPECT_FALSE(verdict.steps.back().ok);
        ASSERT_TRUE(verdict.code);
        EXPECT_EQ(*verdict.code, code) << name_of(*verdict.code) << ": " << verdict.words;
        EXPECT_NE(verdict.words.find(verdict.steps.back().words), std::string::npos);
        EXPECT_EQ(verdict.says, "");
    }
    /// With the signatures verified all at once it is the same verdict, step for step.
    static void expect_same_at_once(const wire::Claim& claim,
                                    const std::optional<wire::Trust>& anchor,
                                    const ClaimVerdict& verdict) {
        const auto bytes = wire::encode(claim);
        if (!wire::decode_claim(bytes)) return;
        const auto verifier = crypto::make_serial_verifier();
        const auto at_once = verify_claim(bytes, anchor, *verifier);
        EXPECT_EQ(at_once.status, verdict.status);
        EXPECT_EQ(at_once.words, verdict.words);
        EXPECT_EQ(at_once.code, verdict.code);
        ASSERT_EQ(at_once.steps.size(), verdict.steps.size());
        for (std::size_t i = 0; i < verdict.steps.size(); ++i) {
            EXPECT_EQ(at_once.steps[i].words, verdict.steps[i].words);
            EXPECT_EQ(at_once.steps[i].ok, verdict.steps[i].ok);
        }
    }
    static void expect_verified(const wire::Claim& claim, const wire::Trust& anchor) {
        const auto verdict = verify_claim(claim, anchor);
        expect_same_at_once(claim, anchor, verdict);
        EXPECT_EQ(verdict.status, ClaimStatus::verified) << verdict.words;
        EXPECT_NE(verdict.says, "");
    }
    ClaimWorld world;
    wire::Trust trust = world.trust();
};

}  // namespace ledger::testing
