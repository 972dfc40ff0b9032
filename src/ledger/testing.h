// SPDX-License-Identifier: Apache-2.0
// A chain in memory with people on it, for the tests of this folder and of those above.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/random.h"
#include "contracts/difficulty.h"
#include "crypto/ecdsa.h"
#include "ledger/application.h"
#include "storage/memory_store.h"
#include "wire/signer.h"

namespace ledger::testing {

/// An id with its key.
class Identity final : public wire::Signer {
public:
    Identity(wire::LedgerId id, wire::Role role)
        : id_(id), role_(role), key_(crypto::EcdsaPrivateKey::generate()) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return wire::SignatureBytes{key_.sign(message)};
    }
    [[nodiscard]] wire::Role role() const { return role_; }
    [[nodiscard]] wire::PublicKeyBytes public_key() const { return {key_.public_key()}; }
    [[nodiscard]] wire::Member member() const {
        return {.id = id_,
                .role = role_,
                .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                .public_key = public_key(),
                .custody = wire::Custody::node};
    }
    [[nodiscard]] wire::Action enrolment() const {
        return wire::Enrol{.subject = id_,
                           .role = role_,
                           .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                           .public_key = public_key(),
                           .custody = wire::Custody::node};
    }
    /// A new key for the same id; the caller puts it on the chain.
    void rotate() { key_ = crypto::EcdsaPrivateKey::generate(); }

private:
    wire::LedgerId id_;
    wire::Role role_;
    crypto::EcdsaPrivateKey key_;
};
using Person = std::shared_ptr<Identity>;

struct ChainOptions {
    std::size_t miners = 3;
    bool demo = false;
    std::uint64_t seed = 1;  ///< Of the ids; keys are always fresh.
    wire::ConsensusPolicy policy = {};
};

class Chain {
public:
    using Options = ChainOptions;
    explicit Chain(Options options = {}) : random_(options.seed) {
        genesis_ = {.chain_id = "salus-test",
                    .time = start(),
                    .demo = options.demo,
                    .members = {},
                    .policy = options.policy};
        admin = person(wire::Role::administrator);
        genesis_.members.push_back(admin->member());
        for (std::size_t i = 0; i < options.miners; ++i) {
            miners.push_back(person(wire::Role::miner));
            genesis_.members.push_back(miners.back()->member());
        }
        open();
        const auto begun = app->init_chain(genesis_);
        CHECK(begun.has_value());
    }
    static base::TimePoint start() { return base::from_unix_ms(1'767'225'600'000); }

    /// Draws an identity; it is not on the chain yet.
    Person person(wire::Role role) {
        auto drawn = std::make_shared<Identity>(base::draw<wire::LedgerId>(random_), role);
        people_[drawn->id()] = drawn;
        return drawn;
    }
    /// And enrols it in a block of its own.
    Person enrolled(wire::Role role) {
        auto drawn = person(role);
        must_accept({signed_by(admin, drawn->enrolment())});
        return drawn;
    }
    /// As after a restart: all that was in memory is gone.
    void open(Application::Options with = {}) {
        app.reset();
        auto opened = Application::open(store, *verifier, with);
        CHECK(opened.has_value());
        app = std::move(*opened);
    }

    /// The next unused sequence of `sender`; timestamp: now.
    wire::TransactionBody body(const Person& sender, wire::Action action) {
        return {.chain_id = genesis_.chain_id,
                .sender = sender->id(),
                .sequence = ++sequences_[sender->id()],
                .timestamp = now,
                .action = std::move(action)};
    }
    static base::Bytes sign(const wire::TransactionBody& body, const std::vector<Person>& signers) {
        std::vector<const wire::Signer*> raw;
        for (const auto& one : signers) raw.push_back(one.get());
        auto envelope = wire::sign_transaction(body, raw);
        CHECK(envelope.has_value());
        return *envelope;
    }
    base::Bytes signed_by(const Person& sender, wire::Action action) {
        return sign(body(sender, std::move(action)), {sender});
    }

    /// The next block: whose turn it is at `now`, if so many before are absent.
    [[nodiscard]] Candidate candidate(std::vector<base::Bytes> transactions,
                                      std::uint32_t passed_over = 0) const {
        const auto turn = app->next_turn(passed_over);
        CHECK(turn.has_value());
        return {.height = app->info().height + 1,
                .time = std::max(now, turn->not_before),
                .miner = turn->miner,
                .round = turn->round,
                .transactions = std::move(transactions),
                .passed_over = passed_over};
    }
    /// With a proof of work where one is asked for, and approved by everybody in `approving`.
    [[nodiscard]] wire::Seal seal(const Candidate& of, base::ByteView header) const {
        wire::Seal out{
            .round = of.round, .signature = {}, .approvals = {}, .passed_over = of.passed_over};
        if (genesis_.policy.engine == wire::EngineKind::proof_of_work) {
            const auto target = app->next_turn()->target;
            while (!contracts::meets_target(header, out.nonce, target)) ++out.nonce;
        }
        out.signature = *people_.at(of.miner)->sign(wire::sealed_message(header, out));
        for (const auto& miner : approving) {
            const auto signature = miner->sign(wire::approval_message(header, out));
            out.approvals.push_back({.miner = miner->id(), .signature = *signature});
        }
        return out;
    }
    /// Executes and, if anything was accepted, commits. Then a second passes.
    Finalized mine(std::vector<base::Bytes> transactions, std::uint32_t passed_over = 0) {
        const auto next = candidate(std::move(transactions), passed_over);
        now = next.time;
        auto finalized = app->finalize_block(next);
        CHECK(finalized.has_value());
        if (!finalized->header_bytes.empty()) {
            const auto block = app->commit(seal(next, finalized->header_bytes));
            CHECK(block.has_value());
        }
        now += std::chrono::seconds{1};
        return std::move(*finalized);
    }
    void must_accept(std::vector<base::Bytes> transactions) {
        for (const auto& result : mine(std::move(transactions)).results) {
            ASSERT_EQ(result.code, 0U) << result.detail;
        }
    }
    /// The code that one transaction ends with in a block of its own.
    base::ErrorCode refusal(base::Bytes transaction) {
        const auto finalized = mine({std::move(transaction)});
        return static_cast<base::ErrorCode>(finalized.results.front().code);
    }

    /// A cloud server, a doctor, and a patient who lets the doctor see vital signs.
    struct Cast {
        Person cloud_server;
        Person doctor;
        Person patient;
        wire::Hash256 consent;
    };
    Cast cast() {
        Cast out{.cloud_server = enrolled(wire::Role::cloud_server),
                 .doctor = enrolled(wire::Role::doctor),
                 .patient = enrolled(wire::Role::patient),
                 .consent = {}};
        out.consent = grant(out.patient, out.doctor);
        return out;
    }
    [[nodiscard]] wire::GrantConsent grant_to(const Person& grantee) const {
        return {.grantee = grantee->id(),
                .category = wire::Category::vital_signs,
                .purpose = wire::Purpose::treatment,
                .from = now - std::chrono::hours{1},
                .until = now + std::chrono::hours{24},
                .token_key_hash = {}};
    }
    /// Mines a consent for vital signs, treatment, from an hour ago for a day; returns its
    /// body_ref.
    wire::Hash256 grant(const Person& patient, const Person& grantee) {
        const auto granting = body(patient, grant_to(grantee));
        must_accept({sign(granting, {patient})});
        return wire::body_ref(encode(granting));
    }
    [[nodiscard]] wire::Hash256 tip_ref() const {
        const auto height = app->info().height;
        if (height == 0) return wire::header_ref(encode(genesis_));
        return wire::header_ref(app->blocks().block(height)->header_bytes);
    }
    [[nodiscard]] wire::Report report(const Cast& of) const {
        return {.receiver = of.doctor->id(),
                .patient = of.patient->id(),
                .category = wire::Category::vital_signs,
                .personal_data = false,
                .header_hash = tip_ref(),
                .consent = of.consent,
                .patient_token = {},
                .content_id = content_id(),
                .content_hash = {},
                .readings_root = {},
                .reading_count = 300,
                .period_start = now - std::chrono::minutes{5},
                .period_end = now};
    }
    base::Bytes signed_report(const Cast& of) {
        return sign(body(of.cloud_server, report(of)), {of.cloud_server, of.doctor});
    }
    static wire::ContentId content_id() {
        wire::ContentId id;
        id.bytes = {0x01, 0x55, 0x12, 0x20};
        return id;
    }

    [[nodiscard]] const wire::Genesis& genesis() const { return genesis_; }

    storage::MemoryStore store;
    std::unique_ptr<crypto::SignatureVerifier> verifier = crypto::make_serial_verifier();
    std::unique_ptr<Application> app;
    Person admin;
    std::vector<Person> miners;
    std::vector<Person> approving;  ///< Miners who approve each block.
    base::TimePoint now = start() + std::chrono::hours{2};

private:
    base::SeededRandom random_;
    wire::Genesis genesis_;
    std::map<wire::LedgerId, Person> people_;
    std::map<wire::LedgerId, std::uint64_t> sequences_;
};

}  // namespace ledger::testing
