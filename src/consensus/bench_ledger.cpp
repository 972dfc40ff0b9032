// SPDX-License-Identifier: Apache-2.0
#include "consensus/bench_ledger.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "consensus/embedded_engine.h"
#include "consensus/internal/bench_cast.h"
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
