// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <memory>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/random.h"
#include "chain/transaction_submitter.h"
#include "crypto/ecdsa.h"
#include "wire/block.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace consensus {

/// An id and its key; copies share the key.
class BenchSigner final : public wire::Signer {
public:
    BenchSigner(wire::LedgerId id, wire::Role role)
        : id_(id),
          role_(role),
          key_(std::make_shared<const crypto::EcdsaPrivateKey>(
              crypto::EcdsaPrivateKey::generate())) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] base::Result<wire::SignatureBytes> sign(base::ByteView message) const override {
        return wire::SignatureBytes{key_->sign(message)};
    }
    [[nodiscard]] wire::Member member() const {
        return {.id = id_,
                .role = role_,
                .scheme = wire::SignatureScheme::ecdsa_p256_sha512,
                .public_key = {key_->public_key()},
                .custody = wire::Custody::node};
    }

private:
    wire::LedgerId id_;
    wire::Role role_;
    std::shared_ptr<const crypto::EcdsaPrivateKey> key_;
};

/// Everybody on the bench's chain: all members of its genesis, so that no set-up is measured. Pair
/// i is cloud server i, doctor i and patient i. Bystanders are nurses who never act: each adds two
/// entries to the state.
class Cast {
public:
    Cast(std::size_t pairs, base::TimePoint time, std::size_t miner_count = 100,
         std::size_t bystanders = 0)
        : random_(2026) {
        genesis = {.chain_id = "salus-bench", .time = time, .demo = false, .members = {}};
        add(wire::Role::administrator, 1);
        miners = add(wire::Role::miner, miner_count);
        cloud_servers = add(wire::Role::cloud_server, pairs);
        doctors = add(wire::Role::doctor, pairs);
        patients = add(wire::Role::patient, pairs);
        add(wire::Role::nurse, bystanders);
        genesis_ref = wire::header_ref(encode(genesis));
    }
    [[nodiscard]] wire::TransactionBody body(const BenchSigner& sender, std::uint64_t sequence,
                                             const wire::Action& action) const {
        return {.chain_id = genesis.chain_id,
                .sender = sender.id(),
                .sequence = sequence,
                .timestamp = genesis.time,
                .action = action};
    }
    [[nodiscard]] wire::TransactionBody grant(std::size_t pair) const {
        return body(patients[pair], 1,
                    wire::GrantConsent{.grantee = doctors[pair].id(),
                                       .category = wire::Category::vital_signs,
                                       .purpose = wire::Purpose::treatment,
                                       .from = genesis.time,
                                       .until = genesis.time + std::chrono::years{1},
                                       .token_key_hash = genesis_ref});
    }
    /// The n-th report of the run, which is pair n mod pairs'; each has bytes of its own.
    [[nodiscard]] wire::TransactionBody report_body(
        std::size_t n, const std::vector<wire::Hash256>& consents) const {
        const std::size_t pair = n % doctors.size();
        wire::Report report{.receiver = doctors[pair].id(),
                            .patient = patients[pair].id(),
                            .category = wire::Category::vital_signs,
                            .personal_data = false,
                            .header_hash = genesis_ref,
                            .consent = consents[pair],
                            .patient_token = consents[pair],
                            .content_id = {},
                            .content_hash = {},
                            .readings_root = genesis_ref,
                            .reading_count = 1'200,
                            .period_start = genesis.time - std::chrono::minutes{5},
                            .period_end = genesis.time};
        base::SeededRandom bytes(n);
        bytes.fill(report.content_hash.bytes);
        bytes.fill(report.content_id.bytes);
        std::copy_n(std::array<std::uint8_t, 4>{0x01, 0x55, 0x12, 0x20}.begin(), 4,
                    report.content_id.bytes.begin());
        return body(cloud_servers[pair], n / doctors.size() + 1, report);
    }
    /// Who sign a report of the pair.
    [[nodiscard]] std::array<const wire::Signer*, 2> signers(std::size_t pair) const {
        return {&cloud_servers[pair], &doctors[pair]};
    }
    [[nodiscard]] base::Result<std::unique_ptr<wire::Signer>> miner(
        const wire::LedgerId& id) const {
        for (const auto& one : miners) {
            if (one.id() == id) return std::make_unique<BenchSigner>(one);
        }
        return base::fail(base::ErrorCode::not_found, "no such miner");
    }

    wire::Genesis genesis;
    wire::Hash256 genesis_ref;
    std::vector<BenchSigner> miners;
    std::vector<BenchSigner> cloud_servers;
    std::vector<BenchSigner> doctors;
    std::vector<BenchSigner> patients;

private:
    std::vector<BenchSigner> add(wire::Role role, std::size_t count) {
        std::vector<BenchSigner> out;
        for (std::size_t i = 0; i < count; ++i) {
            out.emplace_back(base::draw<wire::LedgerId>(random_), role);
            genesis.members.push_back(out.back().member());
        }
        return out;
    }
    base::SeededRandom random_;
};

/// Signs `count` reports on all cores, from the `first` on; `consents` are those of `grant_all`.
[[nodiscard]] base::Result<std::vector<base::Bytes>> sign_reports(
    const Cast& cast, std::size_t count, const std::vector<wire::Hash256>& consents,
    std::size_t first = 0);
/// The same in batches of `batch` under one signature a signer, one batch after the other.
struct BatchPlan {
    std::size_t count = 0;
    std::size_t batch = 0;
    std::size_t first = 0;
};
[[nodiscard]] base::Result<std::vector<base::Bytes>> sign_batches(
    const Cast& cast, const BatchPlan& plan, const std::vector<wire::Hash256>& consents);

/// Waits for all of them. Errors: the first that one ended with.
[[nodiscard]] base::Result<void> submit_all(chain::TransactionSubmitter& submitter,
                                            std::vector<base::Bytes> envelopes);

/// Every patient lets the doctor of the pair see vital signs; the consents' references, in order.
[[nodiscard]] base::Result<std::vector<wire::Hash256>> grant_all(
    const Cast& cast, chain::TransactionSubmitter& submitter);

}  // namespace consensus
