// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_ledger.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "base/random.h"
#include "consensus/embedded_engine.h"
#include "crypto/ecdsa.h"
#include "ledger/application.h"
#include "storage/rocks_store.h"
#include "wire/signer.h"
#include "wire/transaction.h"

namespace consensus {

using base::Result;

namespace {

using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) {
    return std::chrono::duration<double>(Steady::now() - begin).count();
}

/// An id and its key; copies share the key.
class BenchSigner final : public wire::Signer {
public:
    BenchSigner(wire::LedgerId id, wire::Role role)
        : id_(id),
          role_(role),
          key_(std::make_shared<const crypto::EcdsaPrivateKey>(
              crypto::EcdsaPrivateKey::generate())) {}
    [[nodiscard]] wire::LedgerId id() const override { return id_; }
    [[nodiscard]] Result<wire::SignatureBytes> sign(base::ByteView message) const override {
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
/// i is cloud server i, doctor i and patient i.
class Cast {
public:
    Cast(std::size_t pairs, base::TimePoint time) : random_(2026) {
        genesis = {.chain_id = "salus-bench", .time = time, .demo = false, .members = {}};
        add(wire::Role::administrator, 1);
        miners = add(wire::Role::miner, 100);
        cloud_servers = add(wire::Role::cloud_server, pairs);
        doctors = add(wire::Role::doctor, pairs);
        patients = add(wire::Role::patient, pairs);
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
    /// The n-th report of the run; each has bytes of its own.
    [[nodiscard]] Result<base::Bytes> report(std::size_t n,
                                             const std::vector<wire::Hash256>& consents) const {
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
        const std::array<const wire::Signer*, 2> signers{&cloud_servers[pair], &doctors[pair]};
        return wire::sign_transaction(body(cloud_servers[pair], n / doctors.size() + 1, report),
                                      signers);
    }
    [[nodiscard]] Result<std::unique_ptr<wire::Signer>> miner(const wire::LedgerId& id) const {
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

/// Times each synced write.
class TimedStore final : public storage::KeyValueStore {
public:
    explicit TimedStore(storage::KeyValueStore& below) : below_(below) {}
    Result<std::optional<base::Bytes>> get(base::ByteView key) const override {
        return below_.get(key);
    }
    Result<std::vector<std::optional<base::Bytes>>> multi_get(
        const std::vector<base::Bytes>& keys) const override {
        return below_.multi_get(keys);
    }
    Result<void> scan(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override {
        return below_.scan(begin, end, visit);
    }
    Result<void> scan_reverse(
        base::ByteView begin, base::ByteView end,
        const std::function<bool(base::ByteView, base::ByteView)>& visit) const override {
        return below_.scan_reverse(begin, end, visit);
    }
    Result<void> write(const storage::WriteBatch& batch) override {
        const auto begin = Steady::now();
        auto written = below_.write(batch);
        seconds += seconds_since(begin);
        return written;
    }
    double seconds = 0;  ///< Read only while nobody writes.

private:
    storage::KeyValueStore& below_;
};

/// Counts outcomes and keeps the first error.
class Tally {
public:
    chain::TransactionSubmitter::Done take() {
        return [this](const Result<chain::Committed>& outcome) {
            const std::lock_guard lock(mutex_);
            ++count_;
            if (!outcome && !error_) error_ = outcome.error();
            changed_.notify_all();
        };
    }
    Result<void> wait_for(std::size_t count) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return count_ >= count; });
        if (error_) return std::unexpected(*error_);
        return {};
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t count_ = 0;
    std::optional<base::Error> error_;
};

/// Signs all reports on all cores.
Result<std::vector<base::Bytes>> sign_reports(const Cast& cast, std::size_t count,
                                              const std::vector<wire::Hash256>& consents) {
    std::vector<Result<base::Bytes>> signed_ones(count, base::Bytes{});
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
        for (std::size_t n = next++; n < count; n = next++) {
            signed_ones[n] = cast.report(n, consents);
        }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        threads.emplace_back(work);
    }
    work();
    for (auto& thread : threads) thread.join();
    std::vector<base::Bytes> out;
    out.reserve(count);
    for (auto& one : signed_ones) {
        if (!one) return base::pass(one);
        out.push_back(std::move(*one));
    }
    return out;
}

/// The bound: verifications a second of the run's own signatures, keys decoded before.
class VerificationMeter {
public:
    VerificationMeter(const Cast& cast, const std::vector<base::Bytes>& envelopes,
                      crypto::SignatureVerifier& verifier)
        : verifier_(verifier) {
        const std::size_t count = std::min<std::size_t>(envelopes.size(), 10'000);
        for (std::size_t n = 0; n < count; ++n) {
            transactions_.push_back(*wire::decode_transaction(envelopes[n]));
            keys_.push_back(cast.cloud_servers[n % cast.doctors.size()].member().public_key);
            keys_.push_back(cast.doctors[n % cast.doctors.size()].member().public_key);
        }
        for (std::size_t i = 0; i < keys_.size(); ++i) {
            const auto& tx = transactions_[i / 2];
            checks_.push_back({.public_key = keys_[i].view(),
                               .message = tx.body_bytes,
                               .signature = tx.signatures[i % 2].value.view()});
        }
        measure();  // decodes the keys
    }
    double measure() {
        const auto begin = Steady::now();
        const auto verdicts = verifier_.verify(checks_);
        const double seconds = seconds_since(begin);
        CHECK(std::ranges::all_of(verdicts, [](bool good) { return good; }));
        return static_cast<double>(checks_.size()) / seconds;
    }

private:
    crypto::SignatureVerifier& verifier_;
    std::vector<wire::Transaction> transactions_;
    std::vector<wire::PublicKeyBytes> keys_;
    std::vector<crypto::SignatureCheck> checks_;
};

Result<void> submit_all(EmbeddedEngine& engine, std::vector<base::Bytes> envelopes) {
    Tally tally;
    const std::size_t count = envelopes.size();
    for (auto& envelope : envelopes) engine.submit(std::move(envelope), tally.take());
    return tally.wait_for(count);
}

/// Every patient lets the doctor of the pair see vital signs; the consents' references, in order.
Result<std::vector<wire::Hash256>> grant_all(const Cast& cast, EmbeddedEngine& engine) {
    std::vector<base::Bytes> grants;
    std::vector<wire::Hash256> consents;
    for (std::size_t pair = 0; pair < cast.patients.size(); ++pair) {
        const auto body = cast.grant(pair);
        const std::array<const wire::Signer*, 1> signer{&cast.patients[pair]};
        auto envelope = wire::sign_transaction(body, signer);
        if (!envelope) return base::pass(envelope);
        grants.push_back(std::move(*envelope));
        consents.push_back(wire::body_ref(encode(body)));
    }
    if (auto granted = submit_all(engine, std::move(grants)); !granted) {
        return base::pass(granted);
    }
    return consents;
}

}  // namespace

Result<LedgerBench> run_ledger_bench(const std::filesystem::path& folder,
                                     const LedgerBenchOptions& options) {
    const base::SystemClock clock;
    const Cast cast(std::max<std::size_t>(options.signers / 2, 1), clock.now());
    auto rocks = storage::RocksStore::open(folder);
    if (!rocks) return base::pass(rocks);
    TimedStore store(**rocks);
    const auto verifier = crypto::make_parallel_verifier(options.threads);
    auto application = ledger::Application::open(store, *verifier);
    if (!application) return base::pass(application);
    if (auto begun = (*application)->init_chain(cast.genesis); !begun) return base::pass(begun);
    auto engine = EmbeddedEngine::start(
        {.application = **application,
         .verifier = *verifier,
         .clock = clock,
         .signer_of = [&](const wire::LedgerId& id) { return cast.miner(id); },
         .on_error = {}},
        {.block_transactions_max = options.block_transactions,
         .block_wait = std::chrono::milliseconds{50},
         .pending_max = std::max(options.transactions, options.signers)});
    if (!engine) return base::pass(engine);

    const auto consents = grant_all(cast, **engine);
    if (!consents) return base::pass(consents);
    auto reports = sign_reports(cast, options.transactions, *consents);
    if (!reports) return base::pass(reports);

    LedgerBench bench;
    bench.cores = std::max(1U, std::thread::hardware_concurrency());
    bench.transactions = reports->size();
    for (const auto& one : *reports) bench.transaction_bytes += static_cast<double>(one.size());
    bench.transaction_bytes /= static_cast<double>(std::max<std::size_t>(reports->size(), 1));
    VerificationMeter meter(cast, *reports, *verifier);
    const double before = meter.measure();
    const auto height = (*engine)->height();
    store.seconds = 0;
    const auto begin = Steady::now();
    if (auto done = submit_all(**engine, std::move(*reports)); !done) return base::pass(done);
    const double seconds = seconds_since(begin);
    bench.verifications_per_second = (before + meter.measure()) / 2;
    bench.blocks = (*engine)->height() - height;
    bench.transactions_per_second = static_cast<double>(bench.transactions) / seconds;
    bench.bound_per_second = bench.verifications_per_second / 2;
    bench.ratio = bench.transactions_per_second / bench.bound_per_second;
    bench.write_ms_mean = store.seconds * 1'000 / static_cast<double>(bench.blocks);
    return bench;
}

}  // namespace consensus
