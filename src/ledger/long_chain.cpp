// SPDX-License-Identifier: Apache-2.0
#include "ledger/long_chain.h"

#include <array>
#include <utility>
#include <vector>

#include "base/check.h"
#include "crypto/ecdsa.h"
#include "state/values.h"

namespace ledger {

using base::Result;

namespace {

class TrustingVerifier final : public crypto::SignatureVerifier {
public:
    [[nodiscard]] std::vector<bool> verify(
        std::span<const crypto::SignatureCheck> checks) override {
        return std::vector<bool>(checks.size(), true);
    }
};

Result<void> append_block(Application& application, const Filling& filling,
                          wire::TransactionBody body) {
    const auto turn = application.next_turn();
    if (!turn) return base::pass(turn);
    Candidate candidate;
    candidate.height = application.info().height + 1;
    candidate.time = application.info().time + std::chrono::seconds{1};
    candidate.miner = turn->miner;
    candidate.round = turn->round;
    body.timestamp = candidate.time;
    const std::array<const wire::Signer*, 2> signers{&filling.cloud_server, &filling.doctor};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    candidate.transactions.push_back(std::move(*envelope));
    const auto finalized = application.finalize_block(candidate);
    if (!finalized) return base::pass(finalized);
    if (const auto& result = finalized->results.front(); result.code != 0) {
        return base::fail(static_cast<base::ErrorCode>(result.code), result.detail);
    }
    const auto* miner = filling.miner(turn->miner);
    CHECK(miner != nullptr);
    wire::Seal seal;
    seal.round = turn->round;
    const auto signature = miner->sign(wire::sealed_message(finalized->header_bytes, seal));
    if (!signature) return base::pass(signature);
    seal.signature = *signature;
    const auto block = application.commit(seal);
    if (!block) return base::pass(block);
    return {};
}

Result<wire::Hash256> tip_ref(const Application& application) {
    const auto height = application.info().height;
    if (height == 0) {
        const auto genesis = application.blocks().genesis();
        if (!genesis) return base::pass(genesis);
        return wire::header_ref(encode(**genesis));
    }
    const auto block = application.blocks().block(height);
    if (!block) return base::pass(block);
    return wire::header_ref(block->header_bytes);
}

class Person final : public wire::Signer {
public:
    Person(std::uint8_t number, wire::Role role)
        : role_(role), key_(crypto::EcdsaPrivateKey::generate()) {
        id_.bytes.back() = number;
    }
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return wire::SignatureBytes{key_.sign(message)};
    }
    [[nodiscard]] wire::Member member() const {
        return {.id = id_,
                .role = role_,
                .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                .public_key = {key_.public_key()},
                .custody = wire::Custody::node};
    }

private:
    wire::LedgerId id_;
    wire::Role role_;
    crypto::EcdsaPrivateKey key_;
};

}  // namespace

std::unique_ptr<crypto::SignatureVerifier> make_trusting_verifier() {
    return std::make_unique<TrustingVerifier>();
}

Result<std::uint64_t> extend_chain(Application& application, const Filling& filling,
                                   std::uint64_t blocks) {
    wire::TransactionBody body{.chain_id = application.info().chain_id,
                               .sender = filling.cloud_server.id(),
                               .sequence = filling.first_sequence,
                               .timestamp = {},
                               .action = {}};
    for (std::uint64_t i = 0; i < blocks; ++i) {
        auto report = filling.report;
        const auto newest = tip_ref(application);
        if (!newest) return base::pass(newest);
        report.header_hash = *newest;
        body.action = std::move(report);
        if (auto appended = append_block(application, filling, body); !appended) {
            return base::pass(appended);
        }
        // So far apart, the sequences leave the window of those used empty, and the state as small
        // as at the beginning.
        body.sequence += state::SequenceRecord::window + 1;
        if (filling.on_block) filling.on_block(application.info().height);
    }
    return body.sequence;
}

struct LongChain::State {
    State(storage::KeyValueStore& below, base::TimePoint time) : store(below, bytes_max) {
        genesis.chain_id = "salus-long-chain";
        genesis.time = time;
        add(wire::Role::administrator);
        for (std::size_t i = 0; i < miner_count; ++i) add(wire::Role::miner);
        cloud_server = add(wire::Role::cloud_server);
        doctor = add(wire::Role::doctor);
        patient = add(wire::Role::patient);
    }
    const Person* add(wire::Role role) {
        people.push_back(std::make_unique<Person>(people.size() + 1, role));
        genesis.members.push_back(people.back()->member());
        return people.back().get();
    }
    [[nodiscard]] const wire::Signer* find(const wire::LedgerId& id) const {
        for (const auto& person : people) {
            if (person->id() == id) return person.get();
        }
        return nullptr;
    }
    [[nodiscard]] Result<void> grant();
    [[nodiscard]] wire::Report report() const;

    static constexpr std::size_t bytes_max = 16 * 1024 * 1024;
    static constexpr std::size_t miner_count = 4;
    storage::GatheringStore store;
    std::unique_ptr<crypto::SignatureVerifier> verifier = make_trusting_verifier();
    std::unique_ptr<Application> application;
    std::vector<std::unique_ptr<Person>> people;
    const Person* cloud_server = nullptr;
    const Person* doctor = nullptr;
    const Person* patient = nullptr;
    wire::Genesis genesis;
    wire::Hash256 consent;
    std::uint64_t next_sequence = 1;
};

/// The patient lets the doctor see vital signs, in the first block.
Result<void> LongChain::State::grant() {
    wire::TransactionBody body{
        .chain_id = genesis.chain_id,
        .sender = patient->id(),
        .sequence = 1,
        .timestamp = genesis.time,
        .action = wire::GrantConsent{.grantee = doctor->id(),
                                     .category = wire::Category::vital_signs,
                                     .purpose = wire::Purpose::treatment,
                                     .from = genesis.time,
                                     .until = genesis.time + std::chrono::years{100},
                                     .token_key_hash = {}}};
    consent = wire::body_ref(encode(body));
    const std::array<const wire::Signer*, 1> signers{patient};
    auto envelope = wire::sign_transaction(body, signers);
    if (!envelope) return base::pass(envelope);
    const auto turn = application->next_turn();
    if (!turn) return base::pass(turn);
    Candidate candidate;
    candidate.height = 1;
    candidate.time = genesis.time;
    candidate.miner = turn->miner;
    candidate.round = turn->round;
    candidate.transactions.push_back(std::move(*envelope));
    const auto finalized = application->finalize_block(candidate);
    if (!finalized) return base::pass(finalized);
    wire::Seal seal;
    seal.round = turn->round;
    const auto message = wire::sealed_message(finalized->header_bytes, seal);
    const auto signature = find(turn->miner)->sign(message);
    if (!signature) return base::pass(signature);
    seal.signature = *signature;
    const auto block = application->commit(seal);
    if (!block) return base::pass(block);
    return {};
}

wire::Report LongChain::State::report() const {
    wire::Report out{};
    out.receiver = doctor->id();
    out.patient = patient->id();
    out.category = wire::Category::vital_signs;
    out.consent = consent;
    out.content_id.bytes = {0x01, 0x55, 0x12, 0x20};  // CIDv1, raw, SHA-256
    out.reading_count = 300;
    out.period_start = genesis.time - std::chrono::minutes{5};
    out.period_end = genesis.time;
    return out;
}

LongChain::LongChain(std::unique_ptr<State> state) : state_(std::move(state)) {}
LongChain::~LongChain() = default;

Result<std::unique_ptr<LongChain>> LongChain::begin(storage::KeyValueStore& store,
                                                    base::TimePoint time) {
    auto state = std::make_unique<State>(store, time);
    auto application = Application::open(state->store, *state->verifier);
    if (!application) return base::pass(application);
    state->application = std::move(*application);
    auto begun = state->application->init_chain(state->genesis);
    if (!begun) return base::pass(begun);
    if (auto granted = state->grant(); !granted) return base::pass(granted);
    if (auto flushed = state->store.flush(); !flushed) return base::pass(flushed);
    return std::unique_ptr<LongChain>(new LongChain(std::move(state)));
}

Result<void> LongChain::append(std::uint64_t blocks,
                               const std::function<void(wire::Height)>& on_block) {
    auto& state = *state_;
    const auto next =
        extend_chain(*state.application,
                     {.cloud_server = *state.cloud_server,
                      .doctor = *state.doctor,
                      .miner = [&state](const wire::LedgerId& id) { return state.find(id); },
                      .report = state.report(),
                      .first_sequence = state.next_sequence,
                      .on_block = on_block},
                     blocks);
    if (!next) return base::pass(next);
    state.next_sequence = *next;
    return state.store.flush();
}

wire::Height LongChain::height() const {
    return state_->application->info().height;
}

const wire::Genesis& LongChain::genesis() const {
    return state_->genesis;
}

}  // namespace ledger
