// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_receipts.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

#include "base/check.h"
#include "crypto/ecdsa.h"
#include "crypto/hash.h"
#include "crypto/signature_verifier.h"
#include "ledger/application.h"
#include "ledger/claims.h"
#include "ledger/long_chain.h"
#include "ledger/verify_claim.h"
#include "state/values.h"
#include "storage/memory_store.h"
#include "wire/batch.h"
#include "wire/claim.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace cli {
namespace {

using base::Bytes;
using base::Result;
using Steady = std::chrono::steady_clock;

constexpr std::size_t miner_count = 100;
constexpr std::size_t doctor_count = 1'000;
constexpr std::size_t consents = 20;
constexpr std::uint64_t report_blocks = 1'000;
constexpr std::size_t rounds = 2'001;  // odd, for a median

class Member final : public wire::Signer {
public:
    Member(std::size_t number, wire::Role role)
        : role_(role), key_(crypto::EcdsaPrivateKey::generate()) {
        const auto digest = crypto::sha256(base::as_bytes(std::to_string(number)));
        std::copy_n(digest.begin(), id_.bytes.size(), id_.bytes.begin());
    }
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return wire::SignatureBytes{key_.sign(message)};
    }
    [[nodiscard]] wire::PublicKeyBytes public_key() const { return {key_.public_key()}; }
    [[nodiscard]] wire::Member member() const {
        return {.id = id_,
                .role = role_,
                .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                .public_key = public_key(),
                .custody = wire::Custody::node};
    }

private:
    wire::LedgerId id_;
    wire::Role role_;
    crypto::EcdsaPrivateKey key_;
};

/// Everybody is a member of the genesis. The first doctor decides; to the last nobody consented.
class Chain {
public:
    Result<void> make();
    /// Of each kind one.
    [[nodiscard]] Result<std::vector<wire::Claim>> receipts();
    [[nodiscard]] wire::Trust trust() const;
    struct Approved {
        wire::Claim claim;
        wire::Trust trust;
    };
    /// As if the chain had so many miners, of whom so many approved the receipt's block.
    [[nodiscard]] Result<Approved> approved(wire::Claim claim, std::size_t miners,
                                            std::size_t approvals) const;
    [[nodiscard]] wire::Height height() const { return application_->info().height; }

private:
    std::vector<const Member*> add(wire::Role role, std::size_t count);
    [[nodiscard]] const Member* find(const wire::LedgerId& id) const;
    Result<Bytes> sign(std::uint64_t sequence, const wire::Action& action,
                       std::span<const wire::Signer* const> signers) const;
    Result<void> mine(std::vector<Bytes> transactions);
    Result<void> grant_all();
    Result<void> report_all();
    Result<void> destroy_key();
    [[nodiscard]] wire::Report report() const;

    storage::MemoryStore store_;
    std::unique_ptr<crypto::SignatureVerifier> verifier_ = ledger::make_trusting_verifier();
    std::unique_ptr<ledger::Application> application_;
    std::vector<std::unique_ptr<Member>> people_;
    std::vector<const Member*> miners_;
    std::vector<const Member*> doctors_;
    const Member* cloud_server_ = nullptr;
    const Member* patient_ = nullptr;
    wire::Genesis genesis_;
    wire::Hash256 consent_;  ///< Of the first doctor.
    std::uint64_t next_sequence_ = 1;
    wire::Height report_height_ = 0;
};

std::vector<const Member*> Chain::add(wire::Role role, std::size_t count) {
    std::vector<const Member*> out;
    for (std::size_t i = 0; i < count; ++i) {
        people_.push_back(std::make_unique<Member>(people_.size(), role));
        genesis_.members.push_back(people_.back()->member());
        out.push_back(people_.back().get());
    }
    return out;
}

const Member* Chain::find(const wire::LedgerId& id) const {
    const auto found = std::ranges::find(people_, id, [](const auto& one) { return one->id(); });
    return found == people_.end() ? nullptr : found->get();
}

Result<Bytes> Chain::sign(std::uint64_t sequence, const wire::Action& action,
                          std::span<const wire::Signer* const> signers) const {
    return wire::sign_transaction({.chain_id = genesis_.chain_id,
                                   .sender = signers.front()->id(),
                                   .sequence = sequence,
                                   .timestamp = application_->info().time,
                                   .action = action},
                                  signers);
}

Result<void> Chain::mine(std::vector<Bytes> transactions) {
    const auto turn = application_->next_turn();
    if (!turn) return base::pass(turn);
    ledger::Candidate candidate;
    candidate.height = height() + 1;
    candidate.time = application_->info().time + std::chrono::seconds{1};
    candidate.miner = turn->miner;
    candidate.round = turn->round;
    candidate.transactions = std::move(transactions);
    const auto finalized = application_->finalize_block(candidate);
    if (!finalized) return base::pass(finalized);
    for (const auto& result : finalized->results) {
        if (result.code == 0) continue;
        return base::fail(static_cast<base::ErrorCode>(result.code), result.detail);
    }
    wire::Seal seal;
    seal.round = turn->round;
    const auto signature =
        find(turn->miner)->sign(wire::sealed_message(finalized->header_bytes, seal));
    if (!signature) return base::pass(signature);
    seal.signature = *signature;
    const auto block = application_->commit(seal);
    if (!block) return base::pass(block);
    return {};
}

Result<void> Chain::grant_all() {
    const std::array<const wire::Signer*, 1> signers{patient_};
    std::vector<Bytes> grants;
    for (std::size_t i = 0; i < consents; ++i) {
        auto grant = sign(i + 1,
                          wire::GrantConsent{.grantee = doctors_[i]->id(),
                                             .category = wire::Category::vital_signs,
                                             .purpose = wire::Purpose::treatment,
                                             .from = genesis_.time,
                                             .until = genesis_.time + std::chrono::years{1},
                                             .token_key_hash = {}},
                          signers);
        if (!grant) return base::pass(grant);
        grants.push_back(std::move(*grant));
    }
    const auto first = wire::decode_transaction(grants.front());
    if (!first) return base::pass(first);
    consent_ = wire::body_ref(encode(first->body));
    return mine(std::move(grants));
}

wire::Report Chain::report() const {
    wire::Report out{};
    out.receiver = doctors_.front()->id();
    out.patient = patient_->id();
    out.category = wire::Category::vital_signs;
    out.consent = consent_;
    out.content_id.bytes = {0x01, 0x55, 0x12, 0x20};  // CIDv1, raw, SHA-256
    out.reading_count = 300;
    out.period_start = genesis_.time - std::chrono::minutes{5};
    out.period_end = genesis_.time;
    return out;
}

Result<void> Chain::report_all() {
    const auto next =
        ledger::extend_chain(*application_,
                             {.cloud_server = *cloud_server_,
                              .doctor = *doctors_.front(),
                              .miner = [this](const wire::LedgerId& id) { return find(id); },
                              .report = report(),
                              .first_sequence = 1,
                              .on_block = {}},
                             report_blocks);
    if (!next) return base::pass(next);
    next_sequence_ = *next;
    report_height_ = height();
    return {};
}

Result<void> Chain::destroy_key() {
    const std::array<const wire::Signer*, 2> signers{cloud_server_, patient_};
    auto destroy = sign(
        next_sequence_,
        wire::DestroyKey{.patient = patient_->id(), .content_id = report().content_id}, signers);
    if (!destroy) return base::pass(destroy);
    return mine({std::move(*destroy)});
}

Result<void> Chain::make() {
    genesis_.chain_id = "salus-bench";
    genesis_.time = base::from_unix_ms(1'767'225'600'000);
    add(wire::Role::administrator, 1);
    miners_ = add(wire::Role::miner, miner_count);
    doctors_ = add(wire::Role::doctor, doctor_count);
    cloud_server_ = add(wire::Role::cloud_server, 1).front();
    patient_ = add(wire::Role::patient, 1).front();
    auto application = ledger::Application::open(store_, *verifier_);
    if (!application) return base::pass(application);
    application_ = std::move(*application);
    if (auto begun = application_->init_chain(genesis_); !begun) return begun;
    if (auto granted = grant_all(); !granted) return granted;
    if (auto reported = report_all(); !reported) return reported;
    return destroy_key();
}

wire::Trust Chain::trust() const {
    wire::Trust out{
        .chain_id = genesis_.chain_id, .genesis_hash = wire::hash_of(genesis_), .miners = {}};
    for (const auto* miner : miners_) {
        out.miners.push_back({.id = miner->id(), .public_key = miner->public_key()});
    }
    return out;
}

Result<std::vector<wire::Claim>> Chain::receipts() {
    const auto tree = state::StateTree::open(store_);
    if (!tree) return base::pass(tree);
    const auto history = ledger::HistoryLog::open(store_);
    if (!history) return base::pass(history);
    const ledger::ClaimBuilder builder({application_->blocks(), **tree, **history});
    const state::ConsentKey key{.patient = patient_->id(),
                                .grantee = doctors_.front()->id(),
                                .category = wire::Category::vital_signs,
                                .purpose = wire::Purpose::treatment};
    const std::array stranger{doctors_.back()->id()};
    std::vector<wire::Claim> out;
    for (auto& claim : {builder.transaction({.height = report_height_, .index = 0}),
                        builder.consent(key, height()),
                        builder.no_consent({.patient = key.patient,
                                            .category = key.category,
                                            .purpose = key.purpose,
                                            .readers = stranger},
                                           height()),
                        builder.key_destroyed(report().content_id, key.patient, height())}) {
        if (!claim) return base::pass(claim);
        out.push_back(*claim);
    }
    return out;
}

Result<Chain::Approved> Chain::approved(wire::Claim claim, std::size_t miners,
                                        std::size_t approvals) const {
    const auto header = wire::decode_header(claim.header);
    if (!header) return base::pass(header);
    auto seal = wire::decode_seal(claim.seal);
    if (!seal) return base::pass(seal);
    auto anchor = trust();
    const auto sealer = std::ranges::find(anchor.miners, header->miner, &wire::Trust::Miner::id);
    CHECK(sealer != anchor.miners.end());
    std::iter_swap(anchor.miners.begin(), sealer);
    anchor.miners.resize(miners);
    const auto message = wire::approval_message(claim.header, *seal);
    for (std::size_t i = 0; i < approvals; ++i) {
        const auto& id = anchor.miners[i].id;
        const auto signature = find(id)->sign(message);
        if (!signature) return base::pass(signature);
        seal->approvals.push_back({id, *signature});
    }
    claim.seal = wire::encode(*seal);
    return Approved{.claim = std::move(claim), .trust = std::move(anchor)};
}

/// A signature that a receipt holds, ready to be verified.
struct Verification {
    crypto::EcdsaPublicKey key;
    Bytes message;
    wire::SignatureBytes signature;
};
Result<void> add_signature(std::vector<Verification>& out, const wire::PublicKeyBytes& point,
                           Bytes message, const wire::SignatureBytes& signature) {
    auto key = crypto::EcdsaPublicKey::decode(point.view());
    if (!key) return base::pass(key);
    out.push_back({.key = std::move(*key), .message = std::move(message), .signature = signature});
    return {};
}

Result<void> add_signers(std::vector<Verification>& out, const wire::ProvenTransaction& fact) {
    const auto tx = wire::decode_transaction(fact.envelope);
    if (!tx) return base::pass(tx);
    for (std::size_t i = 0; i < tx->signatures.size(); ++i) {
        const auto record = state::decode_key_record(fact.signers.at(i).value);
        if (!record) return base::pass(record);
        auto added = add_signature(out, record->public_key, wire::signed_message(*tx, i),
                                   tx->signatures[i].value);
        if (!added) return added;
    }
    return {};
}

Result<std::vector<Verification>> signatures_of(const wire::Claim& claim,
                                                const wire::Trust& trust) {
    std::vector<Verification> out;
    if (const auto* fact = std::get_if<wire::ProvenTransaction>(&claim.fact)) {
        if (auto added = add_signers(out, *fact); !added) return base::pass(added);
    }
    const auto header = wire::decode_header(claim.header);
    if (!header) return base::pass(header);
    const auto seal = wire::decode_seal(claim.seal);
    if (!seal) return base::pass(seal);
    const auto miner = std::ranges::find(trust.miners, header->miner, &wire::Trust::Miner::id);
    CHECK(miner != trust.miners.end());
    auto added = add_signature(out, miner->public_key, wire::sealed_message(claim.header, *seal),
                               seal->signature);
    if (!added) return base::pass(added);
    for (const auto& approval : seal->approvals) {
        const auto approver =
            std::ranges::find(trust.miners, approval.miner, &wire::Trust::Miner::id);
        CHECK(approver != trust.miners.end());
        added = add_signature(out, approver->public_key,
                              wire::approval_message(claim.header, *seal), approval.signature);
        if (!added) return base::pass(added);
    }
    return out;
}

double median(std::vector<double>& values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::ranges::nth_element(values, middle);
    return *middle;
}

template <class Work>
double us_of(const Work& work) {
    const auto begin = Steady::now();
    CHECK(work());
    return std::chrono::duration<double, std::micro>(Steady::now() - begin).count();
}

Result<ReceiptFigures> measure(const wire::Claim& claim, const std::optional<wire::Trust>& trust,
                               crypto::SignatureVerifier& verifier) {
    const auto signatures = signatures_of(claim, *trust);
    if (!signatures) return base::pass(signatures);
    const auto compact = wire::encode(claim);
    const auto json = wire::to_json(claim);
    const auto holds = [&](base::ByteView bytes) {
        return ledger::verify_claim(bytes, trust).status == ledger::ClaimStatus::verified;
    };
    std::vector<double> alone;
    std::vector<double> from_compact;
    std::vector<double> from_json;
    std::vector<double> side_by_side;
    for (std::size_t round = 0; round < rounds; ++round) {
        alone.push_back(us_of([&] {
            return std::ranges::all_of(*signatures, [](const Verification& one) {
                return one.key.verify(one.message, one.signature.view());
            });
        }));
        from_compact.push_back(us_of([&] { return holds(compact); }));
        from_json.push_back(us_of([&] { return holds(base::as_bytes(json)); }));
        side_by_side.push_back(us_of([&] {
            return ledger::verify_claim(compact, trust, verifier).status ==
                   ledger::ClaimStatus::verified;
        }));
    }
    return ReceiptFigures{.kind = std::string(wire::name_of(claim.fact)),
                          .verifications = signatures->size(),
                          .verifications_us = median(alone),
                          .compact_us = median(from_compact),
                          .json_us = median(from_json),
                          .side_by_side_us = median(side_by_side),
                          .compact_bytes = compact.size(),
                          .json_bytes = json.size(),
                          .text_bytes = wire::to_text(claim).size()};
}

}  // namespace

Result<ReceiptsBench> run_receipts_bench() {
    Chain chain;
    if (auto made = chain.make(); !made) return base::pass(made);
    const auto receipts = chain.receipts();
    if (!receipts) return base::pass(receipts);
    struct Committee {
        const char* name;
        std::size_t miners;
        std::size_t approvals;
    };
    constexpr std::array committees{Committee{"", miner_count, 0},
                                    Committee{", 3 of 4 approved", 4, 3},
                                    Committee{", 5 of 7 approved", 7, 5}};
    const auto verifier = crypto::make_parallel_verifier(0);
    ReceiptsBench bench{.miners = miner_count, .blocks = chain.height(), .kinds = {}};
    for (const auto& committee : committees) {
        for (const auto& receipt : *receipts) {
            const auto made = chain.approved(receipt, committee.miners, committee.approvals);
            if (!made) return base::pass(made);
            auto figures = measure(made->claim, made->trust, *verifier);
            if (!figures) return base::pass(figures);
            figures->kind += committee.name;
            bench.kinds.push_back(std::move(*figures));
        }
    }
    return bench;
}

}  // namespace cli
